"""The configuration that a city wishes for a school: one document, the nearest scope wins (docs/decisions/city.md).

Owns its form. What is absent is left to the school.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from protocol.fields import Fields, array, flag, remark, text, whole
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.uplink import MAX_BODY_BYTES, VERSION, any_object, check_version

_clock = text(5, 5)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times `HH:MM`; `days` 1 (Monday) to 7. Then nothing heavy is sent or fetched."""

    days: tuple[int, ...]
    begins: str
    ends: str


@dataclass(frozen=True, slots=True)
class CityUser:
    """A member of staff. No password travels: who is new gets an invitation in the school."""

    login: str
    name: str
    role: str
    locale: str = "fr"
    active: bool = True


@dataclass(frozen=True, slots=True)
class Configuration:
    """`restrictions`: defaults of a new lesson, in the device protocol's words. `retention_days`: by kind of record."""

    version: int
    restrictions: Mapping[str, object] = field(default_factory=dict)
    quiet_hours: tuple[QuietHours, ...] | None = None
    retention_days: Mapping[str, int] = field(default_factory=dict)
    languages: tuple[str, ...] | None = None
    users: tuple[CityUser, ...] | None = None


def _time_of_day(value: object, path: str) -> str:
    told = _clock(value, path)
    hour, colon, minute = told.partition(":")
    if not (colon and hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise Malformed(Reason.BAD_TIME, f"{path}: not HH:MM")
    return told


def _quiet(value: object, path: str) -> QuietHours:
    fields = Fields(value, path)
    return QuietHours(
        days=fields.need("days", array(whole(1, 7))),
        begins=fields.need("begins", _time_of_day),
        ends=fields.need("ends", _time_of_day),
    )


def _user(value: object, path: str) -> CityUser:
    fields = Fields(value, path)
    active = fields.maybe("active", flag)
    return CityUser(
        login=fields.need("login", text(64)),
        name=fields.need("name", remark(120)),
        role=fields.need("role", text(32)),
        locale=fields.maybe("locale", text(8)) or "fr",
        active=active is not False,
    )


def _days(value: object, path: str) -> dict[str, int]:
    return {name: whole(1, 3660)(days, f"{path}{{}}") for name, days in any_object(value, path).items()}


def parse_configuration(raw: bytes) -> Configuration:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    return Configuration(
        version=fields.need("version", whole()),
        restrictions=fields.maybe("restrictions", any_object) or {},
        quiet_hours=fields.maybe("quiet_hours", array(_quiet)),
        retention_days=fields.maybe("retention_days", _days) or {},
        languages=fields.maybe("languages", array(text(8))),
        users=fields.maybe("users", array(_user)),
    )


def encode_configuration(configuration: Configuration) -> bytes:
    """Canonical: these very bytes are signed by the online key."""
    value: dict[str, object] = {
        "v": VERSION,
        "version": configuration.version,
        "restrictions": dict(configuration.restrictions),
        "retention_days": dict(configuration.retention_days),
    }
    if configuration.quiet_hours is not None:
        value["quiet_hours"] = [
            {"days": list(one.days), "begins": one.begins, "ends": one.ends} for one in configuration.quiet_hours
        ]
    if configuration.languages is not None:
        value["languages"] = list(configuration.languages)
    if configuration.users is not None:
        value["users"] = [
            {"login": one.login, "name": one.name, "role": one.role, "locale": one.locale, "active": one.active}
            for one in configuration.users
        ]
    return write_object(value, MAX_BODY_BYTES, in_order=True)
