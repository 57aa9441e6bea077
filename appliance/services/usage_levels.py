"""Of which classroom level a device was at some moment: that of its lesson, else that of the pupils it is given to."""

from bisect import bisect_right
from collections.abc import Callable, Collection
from datetime import datetime

from appliance.store.fields import to_milliseconds
from appliance.store.models import Classroom, Lesson, LessonDevice, Pupil

_FOREVER = 1 << 62


def levels_of(device_ids: Collection[str]) -> Callable[[str, datetime], str]:
    """Empty where nothing tells it, or where two would."""
    parts: dict[str, list[tuple[int, int, str]]] = {}
    rows = (
        LessonDevice.select(LessonDevice.device, LessonDevice.joined_at, LessonDevice.left_at, Classroom.level)
        .join(Lesson)
        .join(Classroom)
        .where(LessonDevice.device.in_(list(device_ids)))
        .order_by(LessonDevice.joined_at)
    )
    for device_id, joined_at, left_at, level in rows.tuples().execute():
        until = _FOREVER if left_at is None else to_milliseconds(left_at)
        parts.setdefault(device_id, []).append((to_milliseconds(joined_at), until, level))
    usual = _usual(device_ids)

    def level_at(device_id: str, moment: datetime) -> str:
        at = to_milliseconds(moment)
        held = parts.get(device_id, [])
        place = bisect_right(held, at, key=lambda part: part[0]) - 1
        if place >= 0 and at < held[place][1]:
            return held[place][2]
        return usual.get(device_id, "")

    return level_at


def _usual(device_ids: Collection[str]) -> dict[str, str]:
    rows = (
        Pupil.select(Pupil.device, Classroom.level).join(Classroom).where(Pupil.device.in_(list(device_ids))).distinct()
    )
    found: dict[str, set[str]] = {}
    for device_id, level in rows.tuples().execute():
        found.setdefault(device_id, set()).add(level)
    return {device_id: next(iter(levels)) for device_id, levels in found.items() if len(levels) == 1}
