"""Configurations: what each scope wishes, every version kept; what each school gets, merged, versioned and signed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from central.clock import Clock
from central.domain.configuration import (
    CITY,
    Scope,
    checked_document,
    effective,
    merge,
    origins,
    says_the_same,
    scope_of,
)
from central.domain.roles import Viewer
from central.errors import NotFound
from central.services.journal import record
from central.services.school_users import users_for
from central.services.signing import Signing
from central.store.database import writing
from central.store.desk_models import Configuration, EffectiveConfiguration
from central.store.models import Appliance, School, SchoolGroup
from protocol.uplink_config import CityUser, parse_configuration
from protocol.uplink_orders import SignedDocument

_LOCK = "configuration"
_HIGHEST_BELIEVED = 1_000_000


@dataclass(frozen=True, slots=True)
class Version:
    id: int
    document: Mapping[str, object]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Effective:
    """`from_scope`: where each field comes from. `applied`: the version that the school's box has."""

    version: int
    document: Mapping[str, object]
    from_scope: Mapping[str, Scope]
    at: datetime | None
    applied: int


class Configurations:
    def __init__(self, clock: Clock, signing: Signing) -> None:
        self._clock = clock
        self._signing = signing

    def document(self, scope_key: str) -> dict[str, object]:
        """What this scope wishes now; empty: nothing of its own."""
        row = _latest(checked_scope(scope_key).key)
        return {} if row is None else dict(row.document)

    def told(self) -> list[tuple[Scope, dict[str, object]]]:
        """Every scope that wishes something of its own now."""
        newest = Configuration.select(fn.MAX(Configuration.id)).group_by(Configuration.scope)
        rows = Configuration.select().where(Configuration.id.in_(newest)).order_by(Configuration.scope)
        return [(scope_of(row.scope), dict(row.document)) for row in rows if row.document]

    def versions(self, scope_key: str, limit: int = 20) -> list[Version]:
        rows = Configuration.select().where(Configuration.scope == checked_scope(scope_key).key)
        return [
            Version(row.id, row.document, row.by, row.at) for row in rows.order_by(Configuration.id.desc()).limit(limit)
        ]

    def change(self, actor: Viewer, scope_key: str, document: Mapping[str, object]) -> int:
        """How many schools get something new. Raises Invalid with the field's name."""
        scope, checked, now = checked_scope(scope_key), checked_document(document), self._clock.now()
        with writing(_LOCK):
            row = _latest(scope.key)
            if (row is None and not checked) or (row is not None and row.document == checked):
                return 0
            Configuration.insert(scope=scope.key, document=checked, by=actor.login, at=now).execute()
            school = scope.id if scope.kind == "school" else ""
            record(now, actor, "configuration.change", f"scope:{scope.key}", school, fields=sorted(checked))
            return self._renew(schools_of(scope), now)

    def refresh(self, scope_key: str) -> int:
        """After a change of users, or of a school's group."""
        with writing(_LOCK):
            return self._renew(schools_of(checked_scope(scope_key)), self._clock.now())

    def version_of(self, school: str) -> int:
        """0: nothing was ever wished for this school."""
        row = EffectiveConfiguration.get_or_none(EffectiveConfiguration.school == school)
        return 0 if row is None else int(row.version)

    def signed_for(self, school: str, have: int = 0) -> SignedDocument | None:
        """`have`: what the box says. One that is ahead of us (we were restored) would take nothing of what we know."""
        row = EffectiveConfiguration.get_or_none(EffectiveConfiguration.school == school)
        if (0 if row is None else row.version) < have < _HIGHEST_BELIEVED:
            row = self._overtake(school, have)
        # Signed when it is asked for: the online key may have been replaced since.
        return None if row is None else self._signing.sign_document(row.document.encode("utf-8"))

    def _overtake(self, school: str, have: int) -> EffectiveConfiguration:
        with writing(_LOCK):
            found = _school(school)
            row = EffectiveConfiguration.get_or_none(EffectiveConfiguration.school == school)
            merged = merge(document for _, document in _layers(found))
            _store(found, have + 1, effective(have + 1, merged, _staff(found, row)), self._clock.now())
            return EffectiveConfiguration.get_by_id(school)

    def effective(self, school: str) -> Effective:
        """For people: what this school gets, and why."""
        layers = _layers(_school(school))
        row = EffectiveConfiguration.get_or_none(EffectiveConfiguration.school == school)
        box = Appliance.get_or_none((Appliance.school == school) & (Appliance.standing == "active"))
        return Effective(
            version=0 if row is None else row.version,
            document=merge(document for _, document in layers),
            from_scope=origins(layers),
            at=None if row is None else row.at,
            applied=0 if box is None else box.config_version,
        )

    def _renew(self, schools: Iterable[School], now: datetime) -> int:
        changed = 0
        for school in schools:
            row = EffectiveConfiguration.get_or_none(EffectiveConfiguration.school == school.uai)
            version = 1 if row is None else row.version + 1
            merged = merge(document for _, document in _layers(school))
            users = _staff(school, row)
            document = effective(version, merged, users)
            if row is None and not merged and users is None:
                continue
            if row is not None and says_the_same(document, row.document.encode("utf-8")):
                continue
            _store(school, version, document, now)
            changed += 1
        return changed


def checked_scope(key: str) -> Scope:
    """One that exists. Raises Invalid, NotFound."""
    scope = scope_of(key)
    if scope.kind == "school":
        _school(scope.id)
    if scope.kind == "group" and (not scope.id.isdecimal() or SchoolGroup.get_or_none(id=int(scope.id)) is None):
        raise NotFound("unknown_group")
    return scope


def schools_of(scope: Scope) -> list[School]:
    query = School.select().where(School.archived_at.is_null())
    if scope.kind == "school":
        query = query.where(School.uai == scope.id)
    if scope.kind == "group":
        query = query.where(School.group == int(scope.id))
    return list(query.order_by(School.uai))


def _school(uai: str) -> School:
    row = School.get_or_none(School.uai == uai)
    if row is None:
        raise NotFound("unknown_school")
    return row


def _layers(school: School) -> list[tuple[Scope, Mapping[str, object]]]:
    """From the farthest to the nearest."""
    scopes = [CITY, Scope("school", school.uai)]
    if school.group_id is not None:
        scopes.insert(1, Scope("group", str(school.group_id)))
    rows = [(scope, _latest(scope.key)) for scope in scopes]
    return [(scope, row.document) for scope, row in rows if row is not None]


def _store(school: School, version: int, document: bytes, now: datetime) -> None:
    table = EffectiveConfiguration
    table.insert(school=school.uai, version=version, document=document.decode("utf-8"), at=now).on_conflict(
        conflict_target=[table.school], preserve=[table.version, table.document, table.at]
    ).execute()


def _staff(school: School, row: EffectiveConfiguration | None) -> tuple[CityUser, ...] | None:
    """Where the city kept people (of a group) and keeps none now, that is said: else they would stay for ever."""
    users = users_for(school)
    if users is None and row is not None and parse_configuration(row.document.encode("utf-8")).users is not None:
        return ()
    return users


def _latest(scope_key: str) -> Configuration | None:
    rows: list[Configuration] = list(
        Configuration.select().where(Configuration.scope == scope_key).order_by(Configuration.id.desc()).limit(1)
    )
    return rows[0] if rows else None
