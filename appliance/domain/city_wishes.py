"""What a city wishes for a school, as this box understands it: checked as a whole before any of it is applied.

A word that is newer than this box is left out where leaving it out is harmless, and refused where it is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.domain.people import Language, Role, display_name, language_of, login_name, role_of
from appliance.domain.restrictions import Hold, changed
from appliance.errors import Invalid
from protocol.device import UNRESTRICTED
from protocol.uplink_config import CityUser, Configuration, QuietHours

DEFAULTS = ("sound", "camera", "internet")  # a lock or a list of apps is a teacher's choice
KEPT = ("lessons", "journal", "usage")


@dataclass(frozen=True, slots=True)
class Wishes:
    """`users` None: the city keeps nobody here."""

    version: int
    restrictions: Mapping[str, str]
    quiet_hours: tuple[QuietHours, ...]
    retention_days: Mapping[str, int]
    languages: tuple[str, ...]
    users: tuple[CityUser, ...] | None


def wishes_of(told: Configuration) -> Wishes:
    """Raises Invalid: then nothing of it is applied."""
    restrictions = {name: str(told.restrictions[name]) for name in DEFAULTS if name in told.restrictions}
    hold_of(restrictions)
    return Wishes(
        told.version,
        restrictions,
        told.quiet_hours or (),
        {name: days for name, days in told.retention_days.items() if name in KEPT},
        tuple(one for one in told.languages or () if one in list(Language)),
        None if told.users is None else _users(told.users),
    )


def hold_of(restrictions: Mapping[str, str]) -> Hold:
    """With which a device enters a lesson."""
    return Hold(changed(UNRESTRICTED, restrictions)) if restrictions else Hold()


def is_quiet(hours: Iterable[QuietHours], now: datetime, zone: str) -> bool:
    """By the school's own clock. Hours that end before they begin last over midnight, and belong to the day before."""
    local = now.astimezone(ZoneInfo(zone))
    return any(_holds(one, local) for one in hours)


def _holds(one: QuietHours, local: datetime) -> bool:
    told, day = f"{local:%H:%M}", local.isoweekday()
    if one.begins < one.ends:
        return day in one.days and one.begins <= told < one.ends
    before = (local - timedelta(days=1)).isoweekday()
    return (day in one.days and told >= one.begins) or (before in one.days and told < one.ends)


def _users(users: Iterable[CityUser]) -> tuple[CityUser, ...]:
    checked = tuple(
        CityUser(
            login_name(one.login),
            display_name(one.name),
            role_of(one.role).value,
            str(language_of(one.locale)) if one.locale in list(Language) else str(Language.FRENCH),
            one.active,
        )
        for one in users
    )
    if len({one.login for one in checked}) < len(checked):
        raise Invalid("bad_configuration", {"users": "twice"})
    return checked


def is_administrator(user: CityUser) -> bool:
    return user.active and user.role == Role.ADMINISTRATOR
