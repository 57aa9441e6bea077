"""What the city wishes and this box goes by: read where it counts. Written by `city_configuration` only."""

import json
from datetime import datetime, timedelta

from appliance.domain.city_wishes import hold_of, is_quiet
from appliance.domain.restrictions import Hold
from appliance.domain.schools import DEFAULT_ZONE
from appliance.services.settings import read_setting, write_setting
from protocol.uplink_config import QuietHours

_KEY = "city_wishes"


def write_wishes(wishes: dict[str, object]) -> None:
    """In the caller's transaction."""
    write_setting(_KEY, json.dumps(wishes, sort_keys=True))


def default_hold() -> Hold:
    """With which a device enters a lesson."""
    return hold_of(_read("restrictions", {}))


def term_of(kind: str, own: timedelta) -> timedelta:
    """How long something is kept: the city may only shorten it."""
    days = _read("retention_days", {}).get(kind)
    return own if days is None else min(own, timedelta(days=days))


def is_quiet_now(now: datetime) -> bool:
    """Nothing heavy is sent or fetched then."""
    hours = [QuietHours(tuple(one["days"]), one["begins"], one["ends"]) for one in _read("quiet_hours", [])]
    return is_quiet(hours, now, read_setting("time_zone", DEFAULT_ZONE))


def offered_languages() -> tuple[str, ...]:
    """Empty: all that there are."""
    return tuple(_read("languages", []))


def present_wishes() -> dict[str, object]:
    """All of them, for the page that says what the city fixes."""
    return dict(json.loads(read_setting(_KEY, "{}")))


def _read(name: str, default):  # type: ignore[no-untyped-def]  # as it was written by ourselves
    return json.loads(read_setting(_KEY, "{}")).get(name, default)
