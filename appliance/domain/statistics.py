"""Statistics of a school day: what may leave the school, and in which grain.

A cell is a day, a classroom level and an app. Cells under five device-days never leave: they are merged into the app
without a name, what is still too small there into the level without a name; what is too small even there is not told.
No sum leaves from which it could be found by subtraction.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocol.uplink_records import OTHERS, SMALLEST_CELL

LONGEST_USE = 86_400  # seconds: what a device claims for one record never counts for more than a day
_BELIEVED = timedelta(days=62)  # how long ago a device may say that something was, before its clock is called wrong


@dataclass(frozen=True, slots=True)
class Use:
    """One device had one app in front, on a day of the school."""

    day: date
    device: str
    level: str
    app: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Cell:
    day: date
    level: str
    app: str
    device_days: int
    seconds: int


@dataclass(slots=True)
class _Heap:
    """Devices are counted once, however many records and apps they bring."""

    devices: set[str] = field(default_factory=set)
    seconds: int = 0

    def add(self, devices: Iterable[str], seconds: int) -> None:
        self.devices.update(devices)
        self.seconds += seconds


_Key = tuple[date, str, str]  # day, level, app


def cells(uses: Iterable[Use]) -> list[Cell]:
    heaps: dict[_Key, _Heap] = {}
    for use in uses:
        heap = heaps.setdefault((use.day, use.level, use.app), _Heap())
        heap.add((use.device,), max(0, min(use.seconds, LONGEST_USE)))
    heaps = _merged(heaps, lambda level, _app: (level, OTHERS))
    heaps = _merged(heaps, lambda level, app: (OTHERS, OTHERS) if app == OTHERS else (level, app))
    told = {key: heap for key, heap in heaps.items() if len(heap.devices) >= SMALLEST_CELL}
    return [Cell(*key, len(heap.devices), heap.seconds) for key, heap in sorted(told.items())]


def _merged(heaps: Mapping[_Key, _Heap], into: Callable[[str, str], tuple[str, str]]) -> dict[_Key, _Heap]:
    merged: dict[_Key, _Heap] = {}
    for (day, level, app), heap in heaps.items():
        is_small = len(heap.devices) < SMALLEST_CELL
        key = (day, *into(level, app)) if is_small else (day, level, app)
        merged.setdefault(key, _Heap()).add(heap.devices, heap.seconds)
    return merged


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day of the school, in UTC: days of 23 and 25 hours are none the less days."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def believed(claimed_at: datetime, received_at: datetime) -> datetime:
    """When something was, by a device whose clock may be wrong: never after it was told, never long before."""
    return claimed_at if received_at - _BELIEVED <= claimed_at <= received_at else received_at


def minutes_within(began: datetime, ended: datetime, day: date, zone: ZoneInfo) -> int:
    """Of a lesson, on one day: one over midnight counts on both."""
    since, until = max(began, midnight(day, zone)), min(ended, midnight(day + timedelta(days=1), zone))
    return max(0, round((until - since).total_seconds() / 60))


def days_to_count(through: date, now: datetime, zone: ZoneInfo) -> list[date]:
    """Days that are over and were not counted; those of which nothing is kept any more are left out."""
    today = day_of(now, zone)
    first = max(through + timedelta(days=1), today - _BELIEVED)
    return [first + timedelta(days=place) for place in range(max(0, (today - first).days))]


def week_of(period: str) -> str:
    """`2026-11-23` -> `2026-W48`; a week stays what it is."""
    if "W" in period:
        return period
    year, week, _ = date.fromisoformat(period).isocalendar()
    return f"{year:04}-W{week:02}"
