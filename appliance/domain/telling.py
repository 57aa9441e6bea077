"""When is a state worth telling the city again? Not at each heartbeat: a line costs bytes, a card wears out."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from protocol.times import parse_time

QUIET = timedelta(minutes=10)  # between two tellings of a device of which only live facts differ
SEEN_EVERY = timedelta(hours=1)
BATTERY_STEP = 5  # percent
FREE_STEP = 256 * 1024 * 1024
DISK_SHARE = 50  # a fiftieth of the appliance's disk: 2 %
CLOCK_STEP = 60  # seconds
DAILY = timedelta(days=1)

_LIVE = ("seen_at", "battery", "charging", "free_bytes", "in_lesson", "lesson_day", "held")
_DRIFTING = ("disk_free", "clock_ahead_seconds", "outbox_records", "booted_at")

Told = Mapping[str, object]


def is_device_news(before: Told, after: Told, age: timedelta) -> bool:
    """`age`: since it was last told. What is no live fact (a name), or the first sight, is news at once."""
    is_first_sight = before.get("seen_at") is None and after.get("seen_at") is not None
    if is_first_sight or _without(before, _LIVE) != _without(after, _LIVE):
        return True
    if timedelta(0) <= age < QUIET:
        return False
    return (
        any(bool(before.get(name)) != bool(after.get(name)) for name in ("charging", "in_lesson"))
        or _moved(before.get("battery"), after.get("battery"), BATTERY_STEP)
        or _moved(before.get("free_bytes"), after.get("free_bytes"), FREE_STEP)
        or _is_seen_anew(before.get("seen_at"), after.get("seen_at"))
        or _is_later(before.get("lesson_day"), after.get("lesson_day"))
    )


def is_appliance_news(before: Told, after: Told, age: timedelta) -> bool:
    """At least daily, whatever happens: it is this box's sign that it looks after itself."""
    total = after.get("disk_total")
    step = max(1, total // DISK_SHARE) if isinstance(total, int) else 1
    return (
        not timedelta(0) <= age < DAILY
        or _without(before, _DRIFTING) != _without(after, _DRIFTING)
        or _moved(before.get("disk_free"), after.get("disk_free"), step)
        or _moved(before.get("clock_ahead_seconds"), after.get("clock_ahead_seconds"), CLOCK_STEP)
    )


def _without(told: Told, names: tuple[str, ...]) -> dict[str, object]:
    return {name: value for name, value in told.items() if name not in names}


def _moved(before: object, after: object, step: int) -> bool:
    """What is not known any more is no news; what was not known before is."""
    if not isinstance(after, int):
        return False
    return not isinstance(before, int) or abs(after - before) >= step


def _is_seen_anew(before: object, after: object) -> bool:
    seen, told = _moment(after), _moment(before)
    return seen is not None and (told is None or seen - told >= SEEN_EVERY)


def _is_later(before: object, after: object) -> bool:
    """A day that is forgotten is no news."""
    return isinstance(after, str) and after > str(before or "")


def _moment(value: object) -> datetime | None:
    return parse_time(value) if isinstance(value, str) else None
