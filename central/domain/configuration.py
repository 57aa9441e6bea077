"""The configuration of a school: what city, group and school wish, merged; the nearest wins. Pure rules.

A document is what one scope says; what it leaves out is left to the scope above it, and in the end to the school.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from central.errors import Invalid
from protocol.strict_json import Malformed, write_object
from protocol.uplink_config import CityUser, Configuration, encode_configuration, parse_configuration

FIELDS = ("restrictions", "quiet_hours", "retention_days", "languages")
SWITCHES = ("sound", "camera", "internet")
# What a school keeps, and the longest that a city may ask for: the law's and the box's own terms are upper bounds.
RETENTION_KINDS: Mapping[str, int] = {"lessons": 30, "journal": 396, "usage": 62}
LANGUAGES = ("fr", "en")
ROLES = ("teacher", "administrator")
_MOST_QUIET = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """`kind`: city, group or school; `id`: the group's number or the school's UAI."""

    kind: str
    id: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


CITY = Scope("city")


def scope_of(key: str) -> Scope:
    kind, _, rest = key.partition(":")
    if (kind == "city" and not rest) or (kind in ("group", "school") and rest):
        return Scope(kind, rest)
    raise Invalid("bad_scope", {"scope": "unknown_value"})


def checked_document(document: Mapping[str, object]) -> dict[str, object]:
    """In its one form. Raises Invalid with the field's name."""
    unknown = set(document) - set(FIELDS)
    if unknown:
        raise Invalid("bad_configuration", dict.fromkeys(sorted(unknown), "unknown_value"))
    given = {name: value for name, value in document.items() if value not in (None, {}, [], ())}
    try:
        read = parse_configuration(write_object({"v": 1, "version": 0, **given}))
    except (Malformed, TypeError, ValueError) as error:
        raise Invalid("bad_configuration", {_field_in(str(error)): "wrong_type"}) from None
    _check(read)
    told = _as_document(read)
    return {name: told[name] for name in given}


def _field_in(complaint: str) -> str:
    return next((name for name in FIELDS if name in complaint), "document")


def _check(read: Configuration) -> None:
    wrong = {
        "restrictions": not set(read.restrictions) <= set(SWITCHES)
        or any(value not in ("allowed", "blocked") for value in read.restrictions.values()),
        "quiet_hours": len(read.quiet_hours or ()) > _MOST_QUIET
        or any(one.begins == one.ends or not one.days for one in read.quiet_hours or ()),
        "retention_days": any(
            name not in RETENTION_KINDS or days > RETENTION_KINDS[name] for name, days in read.retention_days.items()
        ),
        "languages": not set(read.languages or ()) <= set(LANGUAGES),
    }
    fields = {name: "out_of_range" for name, is_wrong in wrong.items() if is_wrong}
    if fields:
        raise Invalid("bad_configuration", fields)


def _as_document(read: Configuration) -> dict[str, object]:
    return {
        "restrictions": dict(read.restrictions),
        "quiet_hours": [
            {"days": sorted(set(one.days)), "begins": one.begins, "ends": one.ends} for one in read.quiet_hours or ()
        ],
        "retention_days": dict(read.retention_days),
        "languages": list(dict.fromkeys(read.languages or ())),
    }


def merge(documents: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """From the farthest to the nearest. Tables are merged entry by entry; a list replaces the one before as a whole."""
    merged: dict[str, object] = {}
    for document in documents:
        for name, value in document.items():
            before = merged.get(name)
            is_table = isinstance(before, Mapping) and isinstance(value, Mapping)
            merged[name] = {**before, **value} if is_table else value  # type: ignore[dict-item]  # both are mappings
    return merged


def origins(documents: Iterable[tuple[Scope, Mapping[str, object]]]) -> dict[str, Scope]:
    """For people: of which scope each field, or each entry of a table (`restrictions.camera`), is."""
    found: dict[str, Scope] = {}
    for scope, document in documents:
        for name, value in document.items():
            for entry in value if isinstance(value, Mapping) else ("",):
                found[f"{name}.{entry}" if entry else name] = scope
    return found


def unite(users: Iterable[tuple[Scope, CityUser]]) -> tuple[CityUser, ...]:
    """Of one login the nearest entry counts; all logins of all scopes are there, in order."""
    rank = {"city": 0, "group": 1, "school": 2}
    found: dict[str, CityUser] = {}
    for _, user in sorted(users, key=lambda pair: rank[pair[0].kind]):
        found[user.login] = user
    return tuple(found[login] for login in sorted(found))


def effective(version: int, merged: Mapping[str, object], users: tuple[CityUser, ...] | None) -> bytes:
    """The bytes that are signed. `users` None: the city keeps no staff for this school, which keeps its own."""
    read = parse_configuration(write_object({"v": 1, "version": version, **merged}))
    return encode_configuration(
        Configuration(version, read.restrictions, read.quiet_hours, read.retention_days, read.languages, users)
    )


def says_the_same(one: bytes, other: bytes) -> bool:
    """But for the version."""
    return _unversioned(one) == _unversioned(other)


def _unversioned(document: bytes) -> Configuration:
    read = parse_configuration(document)
    return Configuration(0, read.restrictions, read.quiet_hours, read.retention_days, read.languages, read.users)
