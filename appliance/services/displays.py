"""What a lesson's screens show between two commands. Links and documents are gestures, as for any device."""

from collections.abc import Sequence
from typing import Any

from appliance.clock import Clock
from appliance.domain.displays import checked_display
from appliance.domain.people import Actor
from appliance.errors import NotFound
from appliance.nudge import NudgeSender
from appliance.services.desired import bump
from appliance.services.journal import record
from appliance.services.lessons import must_hold, open_lesson
from appliance.store.models import Device, LessonDevice, database
from protocol.device import Kind, display_as_json


class Displays:
    def __init__(self, clock: Clock, nudge: NudgeSender) -> None:
        self._clock = clock
        self._nudge = nudge

    def show(self, actor: Actor, lesson_id: str, device_ids: Sequence[str] | None, display: object) -> None:
        """`display` as a page sends it (domain/displays.py); null shows nothing. `device_ids` None: every screen.

        Raises NotFound, Denied, Conflict when the lesson is over, Invalid.
        """
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            lesson = open_lesson(lesson_id)
            must_hold(actor, lesson)
            checked = checked_display(display, lesson.started_at, now)
            screens = _screens(lesson_id, device_ids)
            stored = None if checked is None else display_as_json(checked)
            parts = LessonDevice.lesson.in_([lesson_id]) & LessonDevice.left_at.is_null()
            LessonDevice.update(display=stored).where(parts & LessonDevice.device.in_(screens)).execute()
            bump(screens, now)
            shown = None if checked is None else str(checked.show)
            record(now, actor, "display.show", f"lesson:{lesson_id}", show=shown, devices=len(screens))
        self._nudge.send()

    def of(self, lesson_id: str) -> dict[str, dict[str, Any]]:
        """Device id -> what it is to show, of this lesson's screens that show something."""
        rows = LessonDevice.select(LessonDevice.device, LessonDevice.display).where(
            (LessonDevice.lesson == lesson_id) & LessonDevice.left_at.is_null() & LessonDevice.display.is_null(False)
        )
        return {row.device_id: row.display for row in rows}


def _screens(lesson_id: str, device_ids: Sequence[str] | None) -> list[str]:
    query = (
        LessonDevice.select(LessonDevice.device)
        .join(Device)
        .where((LessonDevice.lesson == lesson_id) & LessonDevice.left_at.is_null() & (Device.kind == Kind.SCREEN))
    )
    there = [part.device_id for part in query]
    asked = there if device_ids is None else list(dict.fromkeys(device_ids))
    if not asked or set(asked) - set(there):
        raise NotFound("no_screen")
    return asked
