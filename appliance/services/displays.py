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
from appliance.store.live import read_live_rows
from appliance.store.models import Device, Lesson, LessonDevice, User, database
from protocol.device import Kind, Presence, display_as_json

# As the board names them: the pupil where one is known, else the device.
_OTHERS = (
    "SELECT d.id, coalesce((SELECT pupil.first_name || "
    "CASE pupil.initial WHEN '' THEN '' ELSE ' ' || pupil.initial || '.' END FROM pupil "
    "WHERE pupil.device_id = d.id AND (l.classroom_id IS NULL OR pupil.classroom_id = l.classroom_id) "
    "LIMIT 1), d.name) "
    "FROM lesson_device p JOIN device d ON d.id = p.device_id JOIN lesson l ON l.id = p.lesson_id "
    "WHERE p.lesson_id = ? AND p.left_at IS NULL AND d.kind <> 'screen' ORDER BY d.number, d.id"
)


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

    def who_is_there(self, device_id: str) -> dict[str, Any]:
        """For a screen of a lesson, and for no other device: names of those that are present and of those that are not.

        Raises NotFound.
        """
        held = (LessonDevice.device == device_id) & LessonDevice.left_at.is_null()
        is_screen = (Device.kind == Kind.SCREEN) & Device.guest_lesson_id.is_null()
        part = LessonDevice.select(LessonDevice, Lesson, User).join(Lesson).join(User).switch(LessonDevice)
        found = part.join(Device).where(held & is_screen).first()
        if found is None:
            raise NotFound("no_lesson")
        rows = database.execute_sql(_OTHERS, (found.lesson_id,)).fetchall()
        live = read_live_rows([row[0] for row in rows])
        online = {one for one, row in live.items() if row.presence == Presence.ONLINE}
        return {
            "lesson": {"title": found.lesson.title, "teacher": found.lesson.teacher.name},
            "present": [row[1] for row in rows if row[0] in online],
            "missing": [row[1] for row in rows if row[0] not in online],
        }


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
