"""Days of statistics merged into weeks: sums and extremes stay true, only the day is lost."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from appliance.domain.statistics import week_of
from protocol.uplink_words import RecordType

Body = dict[str, Any]


def merged(record_type: RecordType, bodies: Iterable[Mapping[str, Any]]) -> list[Body]:
    """In the order in which their weeks and subjects first came."""
    names, join = _RULES[record_type]
    weeks: dict[tuple[object, ...], Body] = {}
    for body in bodies:
        week = {**body, "period": week_of(str(body["period"]))}
        key = tuple(week.get(name) for name in names)
        weeks[key] = join(weeks[key], week) if key in weeks else week
    return list(weeks.values())


def _usage(one: Body, other: Body) -> Body:
    return {**one, **_sums(one, other, ("device_days", "seconds"))}


def _activity(one: Body, other: Body) -> Body:
    counted = ("lessons", "lesson_minutes", "enrollments", "enrollment_failures")
    largest = {name: max(one[name], other[name]) for name in ("devices", "seen")}
    gestures: dict[str, dict[str, int]] = {}
    for kind in sorted({*one["gestures"], *other["gestures"]}):
        mine, theirs = one["gestures"].get(kind, {}), other["gestures"].get(kind, {})
        gestures[kind] = {word: mine.get(word, 0) + theirs.get(word, 0) for word in sorted({*mine, *theirs})}
    return {**one, **_sums(one, other, counted), **largest, "gestures": gestures}


def _battery(one: Body, other: Body) -> Body:
    return {
        **one,
        "lowest": min(one["lowest"], other["lowest"]),
        "highest": max(one["highest"], other["highest"]),
    }


def _sums(one: Body, other: Body, names: tuple[str, ...]) -> Body:
    return {name: one[name] + other[name] for name in names}


# What makes two records the same subject, and how they become one.
_RULES: dict[RecordType, tuple[tuple[str, ...], Callable[[Body, Body], Body]]] = {
    RecordType.USAGE: (("period", "level", "app"), _usage),
    RecordType.ACTIVITY: (("period",), _activity),
    RecordType.BATTERY: (("period", "device"), _battery),
}
