"""Schools and their groups: created, named, archived. A school is its UAI."""

from dataclasses import dataclass
from datetime import datetime

from central.clock import Clock
from central.domain.roles import Viewer
from central.errors import Conflict, Invalid, NotFound
from central.services.journal import record
from central.store.database import writing
from central.store.models import Appliance, ClaimTicket, School, SchoolGroup
from protocol.uai import is_uai
from protocol.uplink_words import Standing

_NAME_CHARS = 120


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """`appliances`: those that are neither revoked nor replaced."""

    uai: str
    name: str
    group: str
    appliances: tuple[str, ...]
    created_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    latitude: float
    longitude: float


class Schools:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def add(self, actor: Viewer | str, uai: str, name: str, group: str = "", place: Place | None = None) -> str:
        """Raises Invalid with `uai`: `control_letter`, or Conflict when the school is there. Returns the UAI."""
        uai = read_uai(uai)
        name = _name(name)
        _check_place(place)
        with writing(f"school:{uai}"):
            if School.get_or_none(School.uai == uai) is not None:
                raise Conflict("school_exists", uai=uai)
            School.create(
                uai=uai,
                name=name,
                group=_group_id(group, self._clock.now()) if group else None,
                latitude=None if place is None else place.latitude,
                longitude=None if place is None else place.longitude,
                created_at=self._clock.now(),
            )
            record(self._clock.now(), actor, "school.add", f"school:{uai}", uai)
        return uai

    def change(self, actor: Viewer | str, uai: str, name: str, group: str, place: Place | None) -> None:
        name = _name(name)
        _check_place(place)
        with writing(f"school:{uai}"):
            find_school(uai)
            School.update(
                name=name,
                group=_group_id(group, self._clock.now()) if group else None,
                latitude=None if place is None else place.latitude,
                longitude=None if place is None else place.longitude,
            ).where(School.uai == uai).execute()
            record(self._clock.now(), actor, "school.change", f"school:{uai}", uai)

    def archive(self, actor: Viewer | str, uai: str) -> None:
        """A school that has closed; its codes go with it. Refused while a box of it may still call."""
        with writing(f"school:{uai}"):
            find_school(uai)
            if _standing_appliances([uai]):
                raise Conflict("school_has_appliance")
            now = self._clock.now()
            School.update(archived_at=now).where(School.uai == uai).execute()
            ClaimTicket.update(revoked_at=now).where(
                ClaimTicket.school == uai, ClaimTicket.used_at.is_null(), ClaimTicket.revoked_at.is_null()
            ).execute()
            record(self._clock.now(), actor, "school.archive", f"school:{uai}", uai)

    def restore(self, actor: Viewer | str, uai: str) -> None:
        with writing(f"school:{uai}"):
            find_school(uai)
            School.update(archived_at=None).where(School.uai == uai).execute()
            record(self._clock.now(), actor, "school.restore", f"school:{uai}", uai)

    def all(self) -> list[SchoolLine]:
        rows = list(School.select(School, SchoolGroup).left_outer_join(SchoolGroup).order_by(School.name, School.uai))
        appliances = _standing_appliances([row.uai for row in rows])
        return [
            SchoolLine(
                uai=row.uai,
                name=row.name,
                group="" if row.group is None else row.group.name,
                appliances=tuple(appliances.get(row.uai, ())),
                created_at=row.created_at,
                archived_at=row.archived_at,
            )
            for row in rows
        ]

    def groups(self) -> list[str]:
        return [row.name for row in SchoolGroup.select().order_by(SchoolGroup.name)]


def read_uai(typed: str) -> str:
    """As people type it. Raises Invalid: a letter that does not fit the digits is a slip of the pen."""
    uai = "".join(typed.split()).upper()
    if not is_uai(uai):
        raise Invalid("uai_wrong", {"uai": "control_letter"}, uai=uai[:20])
    return uai


def find_school(uai: str) -> School:
    school = School.get_or_none(School.uai == uai)
    if school is None:
        raise NotFound("no_school", uai=uai)
    return school


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > _NAME_CHARS or not name.isprintable():
        raise Invalid("name_wrong", {"name": "text"})
    return name


def _check_place(place: Place | None) -> None:
    if place is not None and not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):
        raise Invalid("place_wrong", {"place": "out_of_range"})


def _group_id(typed: str, now: datetime) -> int:
    """The group of that name, made when there is none."""
    name = _name(typed)
    SchoolGroup.insert(name=name, created_at=now).on_conflict_ignore().execute()
    return int(SchoolGroup.get(SchoolGroup.name == name).id)


def _standing_appliances(uais: list[str]) -> dict[str, list[str]]:
    rows = Appliance.select(Appliance.id, Appliance.school).where(
        Appliance.school.in_(uais), Appliance.standing.in_([Standing.ACTIVE, Standing.FENCED])
    )
    found: dict[str, list[str]] = {}
    for row in rows.order_by(Appliance.claimed_at):
        found.setdefault(row.school_id, []).append(row.id)
    return found
