"""When a school is at work: its days, its hours, French public holidays. The zone and the calendar come in.

Silence is only worrying while somebody could notice it: a box that is switched off on Friday evening is not down.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Monday, Tuesday, Thursday, Friday. Wednesday is free in most cities (four-day week), half a day in the others: a
# silence is not counted on it, which is late by a day at worst and never a false alarm.
WEEKDAYS = frozenset({0, 1, 3, 4})
OPENS, CLOSES = time(8, 0), time(17, 0)
_FURTHEST_DAYS = 370
_DEFAULT_ZONE = ZoneInfo("Europe/Paris")
_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # Monday of Easter, Ascension, Monday of Pentecost

# First and last day, both without school.
Closure = tuple[date, date]


def zone_of(name: str) -> ZoneInfo:
    """A zone that nobody knows must not stop the page of a whole city."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return _DEFAULT_ZONE


@lru_cache(maxsize=32)
def public_holidays(year: int) -> frozenset[date]:
    sunday = _easter(year)
    fixed = (date(year, month, day) for month, day in _FIXED)
    return frozenset((*fixed, *(sunday + timedelta(days=days) for days in _AFTER_EASTER)))


def _easter(year: int) -> date:
    """Gregorian computus (Meeus, Jones, Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def is_school_day(day: date, closures: Sequence[Closure] = ()) -> bool:
    if day.weekday() not in WEEKDAYS or day in public_holidays(day.year):
        return False
    return not any(first <= day <= last for first, last in closures)


def school_day_before(day: date, count: int, closures: Sequence[Closure] = ()) -> date:
    """The `count`-th school day before `day`; a year back at most."""
    for back in range(1, _FURTHEST_DAYS):
        other = day - timedelta(days=back)
        count -= is_school_day(other, closures)
        if count <= 0:
            return other
    return day - timedelta(days=_FURTHEST_DAYS)


def school_days_since(since: date, today: date, closures: Sequence[Closure] = ()) -> int:
    """School days after `since`, today not counted: it is not over."""
    first = max(since, today - timedelta(days=_FURTHEST_DAYS))
    return sum(is_school_day(first + timedelta(days=n), closures) for n in range(1, (today - first).days))


def worked_seconds(
    since: datetime, until: datetime, zone: ZoneInfo, closures: Sequence[Closure] = (), enough: float = 8 * 3600
) -> float:
    """How much of [since, until] was school time, counted until it is `enough`."""
    total = 0.0
    for opens, closes in _hours_back(until.astimezone(zone), since.astimezone(zone).date(), closures):
        total += max(0.0, (min(closes, until) - max(opens, since)).total_seconds())
        if total >= enough:
            break
    return total


def _hours_back(until: datetime, first: date, closures: Sequence[Closure]) -> Iterator[tuple[datetime, datetime]]:
    """School hours of each school day, the latest first."""
    for back in range(min((until.date() - first).days, _FURTHEST_DAYS) + 1):
        day = until.date() - timedelta(days=back)
        if is_school_day(day, closures):
            yield datetime.combine(day, OPENS, until.tzinfo), datetime.combine(day, CLOSES, until.tzinfo)
