"""Sums for those who decide: what is used, at which levels, when, and which schools need help. Never a device.

Cells under the viewer's floor are merged by `domain.cells` after summing, so what is shown is what is protected.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from peewee import fn

from central.domain.cells import Cell, CellKey, merged
from central.domain.privacy import floor_of
from central.domain.roles import Viewer
from central.services.scope import counted_schools
from central.store.models import Activity, School, SchoolGroup, Usage
from central.store.rows import tuples_of

WEEKS = (4, 12, 36)
_LEVELS = ("TPS", "PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")
_KEPT_FOR, _MOST_KEPT = timedelta(minutes=10), 200
_FAILING_SHARE, _SEEN_SHARE = 0.2, 0.4


class Help(StrEnum):
    """Why a school may want a visit."""

    NO_LESSON = "no_lesson"
    FEW_DEVICES = "few_devices"
    GESTURES_FAIL = "gestures_fail"
    ENROLLMENTS_FAIL = "enrollments_fail"


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One app (empty: others), or one level."""

    name: str
    device_days: int
    seconds: int


@dataclass(frozen=True, slots=True)
class DayPoint:
    """One day or week of all schools together. `seen`: devices that were online at some time."""

    period: str
    lessons: int
    minutes: int
    seen: int
    devices: int


@dataclass(frozen=True, slots=True)
class SchoolSums:
    uai: str
    name: str
    group: str
    lessons: int
    seen_share: float | None
    reasons: tuple[Help, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    since: date
    floor: int
    apps: tuple[UsageLine, ...]
    levels: tuple[UsageLine, ...]
    grid: Mapping[tuple[str, str], int]  # (level, app) -> device-days
    days: tuple[DayPoint, ...]
    schools: tuple[SchoolSums, ...]
    school_count: int


@dataclass(frozen=True, slots=True)
class Wanted:
    weeks: int = 4
    group: int | None = None


class Statistics:
    """Boxes send their sums once a day: a picture is kept for ten minutes in the worker that drew it."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Wanted, int, str | None], tuple[datetime, Picture]] = {}

    def picture(self, wanted: Wanted, viewer: Viewer, now: datetime) -> Picture:
        key = (wanted, floor_of(viewer), viewer.school)
        drawn_at, picture = self._kept.get(key, (None, None))
        if drawn_at is None or picture is None or not timedelta() <= now - drawn_at < _KEPT_FOR:
            picture = self._drawn(wanted, viewer, now)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (now, picture)
        return picture

    def _drawn(self, wanted: Wanted, viewer: Viewer, now: datetime) -> Picture:
        since = (now - timedelta(weeks=wanted.weeks)).date()
        schools = _schools(wanted, viewer)
        floor = floor_of(viewer)
        cells = merged(_cells(schools, since), floor)
        activity = tuples_of(_activity(schools, since))
        return Picture(
            since=since,
            floor=floor,
            apps=_lines(cells, lambda key: key.app),
            levels=_in_school_order(_lines(cells, lambda key: key.level)),
            grid={(key.level, key.app): cell.device_days for key, cell in cells.items()},
            days=_days(activity, floor),
            schools=_sums(activity, schools, floor),
            school_count=schools.count(),
        )


def _schools(wanted: Wanted, viewer: Viewer) -> Any:
    query = counted_schools(viewer).where(School.archived_at.is_null())
    return query if wanted.group is None else query.where(School.group == wanted.group)


def _is_since(period: Any, since: date) -> Any:
    """Days and weeks as ranges of text, year by year: as text, a week is after every day of its year."""
    year, week, _ = since.isocalendar()
    days = (period >= since.isoformat()) & (period < f"{since.year}-W")
    weeks = (period >= f"{year}-W{week:02d}") & (period < f"{year}-X")
    later = period >= f"{since.year + 1}-01"
    return days | weeks | later


def _cells(schools: Any, since: date) -> list[tuple[CellKey, Cell]]:
    query = (
        Usage.select(Usage.level, Usage.app, fn.SUM(Usage.device_days), fn.SUM(Usage.seconds))
        .where(Usage.school.in_(schools.select(School.uai)), _is_since(Usage.period, since))
        .group_by(Usage.level, Usage.app)
    )
    return [(CellKey("", level, app), Cell(int(days), int(seconds))) for level, app, days, seconds in tuples_of(query)]


def _lines(cells: Mapping[CellKey, Cell], name_of: Any) -> tuple[UsageLine, ...]:
    sums: dict[str, Cell] = defaultdict(lambda: Cell(0, 0))
    for key, cell in cells.items():
        sums[name_of(key)] = sums[name_of(key)].plus(cell)
    lines = [UsageLine(name, cell.device_days, cell.seconds) for name, cell in sums.items()]
    return tuple(sorted(lines, key=lambda one: (one.name == "", -one.device_days, one.name)))


def _in_school_order(levels: tuple[UsageLine, ...]) -> tuple[UsageLine, ...]:
    """From the youngest to the oldest; words that are none of these after them."""
    order = {name: place for place, name in enumerate(_LEVELS)}
    return tuple(sorted(levels, key=lambda one: (order.get(one.name.upper(), len(order)), one.name)))


def _activity(schools: Any, since: date) -> Any:
    """(school, period, lessons, minutes, seen, devices, enrollments, failures, gestures)"""
    return (
        Activity.select(
            Activity.school, Activity.period, Activity.lessons, Activity.lesson_minutes, Activity.seen,
            Activity.devices, Activity.enrollment_failures, Activity.gestures,
        )
        .where(Activity.school.in_(schools.select(School.uai)), _is_since(Activity.period, since))
        .order_by(Activity.period)
    )  # fmt: skip


def _days(activity: list[tuple[Any, ...]], floor: int) -> tuple[DayPoint, ...]:
    """A day on which fewer devices were seen than the floor is not shown."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for _, period, *counts in activity:
        for place, count in enumerate(counts[:4]):
            sums[period][place] += count
    points = [DayPoint(period, *counts) for period, counts in sorted(sums.items())]
    return tuple(point for point in points if point.seen >= floor)


def _sums(activity: list[tuple[Any, ...]], schools: Any, floor: int) -> tuple[SchoolSums, ...]:
    """Schools that need help first."""
    by_school: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for uai, *rest in activity:
        by_school[uai].append(tuple(rest))
    names = schools.select(School.uai, School.name, SchoolGroup.name).left_outer_join(SchoolGroup)
    sums = [_sum(uai, name, group or "", by_school.get(uai, []), floor) for uai, name, group in tuples_of(names)]
    return tuple(sorted(sums, key=lambda one: (-len(one.reasons), one.lessons, one.name)))


def _sum(uai: str, name: str, group: str, days: list[tuple[Any, ...]], floor: int) -> SchoolSums:
    lessons = sum(day[1] for day in days)
    seen, devices = sum(day[3] for day in days), sum(day[4] for day in days)
    share = seen / devices if devices and seen >= floor else None
    asked, failed = _gestures(day[6] for day in days)
    checks = (
        (lessons == 0, Help.NO_LESSON),
        (share is not None and share < _SEEN_SHARE, Help.FEW_DEVICES),
        (asked >= 50 and failed > _FAILING_SHARE * asked, Help.GESTURES_FAIL),
        (sum(day[5] for day in days) >= 5, Help.ENROLLMENTS_FAIL),
    )
    return SchoolSums(uai, name, group, lessons, share, tuple(reason for is_so, reason in checks if is_so))


def _gestures(told: Any) -> tuple[int, int]:
    kinds = [kind for day in told for kind in (day or {}).values()]
    return sum(int(kind.get("asked", 0)) for kind in kinds), sum(int(kind.get("failed", 0)) for kind in kinds)
