"""Lessons: start, extend, end; which devices they hold, and how one passes from a teacher to another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.domain.lessons import EndReason, checked_end
from appliance.domain.people import APPLIANCE, Actor, Role, display_name
from appliance.errors import Conflict, Denied, Invalid, NotFound
from appliance.ids import new_command_id
from appliance.nudge import NudgeSender
from appliance.services.city_wishes import default_hold
from appliance.services.desired import bump, hold_as_json
from appliance.services.journal import record
from appliance.store.bulk import execute_many
from appliance.store.fields import to_milliseconds
from appliance.store.models import (
    OPEN_RECEIPTS,
    Cart,
    Classroom,
    Device,
    EnrollmentToken,
    Handover,
    JoinCode,
    Lesson,
    LessonDevice,
    User,
    database,
)

# Commands of a lesson expire with the lesson: earlier or later than was said when they were given.
_PROLONG = (
    f"UPDATE receipt SET expires_at = ? WHERE {OPEN_RECEIPTS} "  # noqa: S608 - our own words
    "AND gesture_id IN (SELECT id FROM gesture WHERE lesson_id = ?)"
)
# What the city asked of a device outlives the lesson.
_CANCEL = (
    f"UPDATE receipt SET state = 'canceled', updated_at = ? WHERE device_id = ? AND {OPEN_RECEIPTS} "  # noqa: S608 - as above
    "AND +gesture_id IN (SELECT id FROM gesture WHERE lesson_id IS NOT NULL)"
)
# A guest's part is over: it may not come back by itself, and services/guests.py forgets it.
_END_GUEST = "UPDATE device SET status = 'removed', credential = NULL WHERE id = ? AND guest_lesson_id IS NOT NULL"

UNNAMED = "Séance"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a teacher asks for. `take_from`: the lessons from which devices may be taken over."""

    title: str
    minutes: int
    device_ids: Sequence[str]
    cart_id: int | None = None
    classroom_id: int | None = None
    take_from: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    device_id: str
    lesson_id: str
    teacher: str
    teacher_id: int


class Lessons:
    def __init__(self, clock: Clock, nudge: NudgeSender) -> None:
        self._clock = clock
        self._nudge = nudge

    def start(self, actor: Actor, plan: Plan) -> str:
        """The new lesson's id. Raises Conflict naming who holds a device, unless the plan takes it over from there."""
        now = self._clock.now()
        if actor.user_id is None or not plan.device_ids:
            raise Invalid("no_devices", {"source": "no_devices"})
        ends_at = checked_end(now + timedelta(minutes=plan.minutes), now, now)
        with database.atomic("IMMEDIATE"):
            _must_exist(plan)
            lesson = Lesson.create(
                id=new_command_id(now),
                teacher=actor.user_id,
                title=_title(plan),
                cart=plan.cart_id,
                classroom=plan.classroom_id,
                started_at=now,
                ends_at=ends_at,
                force_insert=True,
            )
            self._hold(actor, lesson.id, plan.device_ids, plan.take_from)
            record(now, actor, "lesson.start", f"lesson:{lesson.id}", devices=len(plan.device_ids))
        self._nudge.send()
        return str(lesson.id)

    def add(
        self, actor: Actor, lesson_id: str, device_ids: Sequence[str], take_from: frozenset[str] = frozenset()
    ) -> None:
        with database.atomic("IMMEDIATE"):
            lesson = open_lesson(lesson_id)
            must_hold(actor, lesson)
            self._hold(actor, lesson.id, device_ids, take_from)
        self._nudge.send()

    def extend(self, actor: Actor, lesson_id: str, minutes: int) -> datetime:
        """The new end. Devices that are restricted get a longer lease."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            lesson = open_lesson(lesson_id)
            must_hold(actor, lesson)
            lesson.ends_at = checked_end(lesson.ends_at + timedelta(minutes=minutes), lesson.started_at, now)
            lesson.save()
            execute_many(_PROLONG, [(to_milliseconds(lesson.ends_at), lesson.id)])
            bump(_held_by([lesson.id]), now)
            record(now, actor, "lesson.extend", f"lesson:{lesson.id}", minutes=minutes)
        self._nudge.send()
        return lesson.ends_at  # type: ignore[no-any-return]  # a MomentField's value is a datetime

    def end(self, actor: Actor, lesson_id: str) -> None:
        """Ending what has ended already is no error: two fingers, one lesson."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            lesson = lesson_of(lesson_id)
            must_hold(actor, lesson)
            if lesson.ended_at is None:
                close_lessons([lesson.id], now, EndReason.PRESSED)
                record(now, actor, "lesson.end", f"lesson:{lesson.id}")
        self._nudge.send()

    def end_due(self) -> list[str]:
        """Those whose end is reached; called by the bridge, whatever the teacher's laptop does."""
        now = self._clock.now()
        if not _due(now):
            return []
        with database.atomic("IMMEDIATE"):
            due = _due(now)  # asked again: a teacher may have prolonged or ended it in this moment
            close_lessons(due, now, EndReason.REACHED)
            for lesson_id in due:
                record(now, APPLIANCE, "lesson.end", f"lesson:{lesson_id}")
        return due

    def open_of(self, actor: Actor) -> list[Lesson]:
        """The teacher's own lessons in progress, the latest first; an administrator sees all."""
        if actor.role is not Role.ADMINISTRATOR:
            return self._own(actor.user_id)
        return list(Lesson.select().where(Lesson.ended_at.is_null()).order_by(Lesson.started_at.desc()))

    def _own(self, user_id: int | None) -> list[Lesson]:
        query = Lesson.select().where(Lesson.ended_at.is_null() & (Lesson.teacher == user_id))
        return list(query.order_by(Lesson.started_at.desc()))

    def named(self, lesson_ids: Collection[str]) -> dict[str, tuple[str, str]]:
        """Title and teacher's name of those that are still known."""
        query = Lesson.select(Lesson, User).join(User).where(Lesson.id.in_(list(lesson_ids)))
        return {lesson.id: (lesson.title, lesson.teacher.name) for lesson in query}

    def check_watch(self, actor: Actor, lesson_id: str) -> None:
        """A board shows pupils' names: it is its teacher's, as acting is. Raises NotFound, Denied."""
        must_hold(actor, lesson_of(lesson_id))

    def held(self, device_ids: Collection[str] | None = None) -> list[Held]:
        """Which devices are in a lesson now, and whose."""
        query = LessonDevice.select(LessonDevice, Lesson, User).join(Lesson).join(User)
        query = query.where(LessonDevice.left_at.is_null())
        if device_ids is not None:
            query = query.where(LessonDevice.device.in_(list(device_ids)))
        return [
            Held(part.device_id, part.lesson_id, part.lesson.teacher.name, part.lesson.teacher_id) for part in query
        ]

    def ask(self, actor: Actor, device_ids: Sequence[str]) -> int:
        """Ask the teachers who hold these devices; how many were asked about. Asking twice is asking once."""
        now = self._clock.now()
        if actor.user_id is None:
            raise Denied("not_a_teacher")
        with database.atomic("IMMEDIATE"):
            mine = {lesson.id for lesson in self._own(actor.user_id)}
            guests = {row.id for row in Device.select(Device.id).where(Device.guest_lesson_id.is_null(False))}
            asked = set(device_ids) - guests  # a guest is in its lesson or nowhere
            held = [part for part in self.held(asked) if part.lesson_id not in mine]
            waiting = Handover.select().where((Handover.asker == actor.user_id) & Handover.answered_at.is_null())
            already = {(one.lesson_id, one.device_id) for one in waiting}
            for part in held:
                if (part.lesson_id, part.device_id) not in already:
                    Handover.create(lesson=part.lesson_id, device=part.device_id, asker=actor.user_id, asked_at=now)
                    record(now, actor, "device.ask", f"device:{part.device_id}", lesson=part.lesson_id)
        self._nudge.send()
        return len(held)

    def answer(self, actor: Actor, handover_id: int, granted: bool) -> None:
        """Of all that was asked for together. Granted: the devices go to the asker's lesson, or are free.

        The first answer counts.
        """
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            handover = Handover.get_or_none(Handover.id == handover_id)
            if handover is None:
                raise NotFound("no_request")
            must_hold(actor, handover.lesson)
            asked = _asked_with(handover)
            if not asked:
                return
            ids = [one.id for one in asked]
            Handover.update(answered_at=now, granted=granted).where(Handover.id.in_(ids)).execute()
            if granted:
                self._hand_over(actor, handover, [one.device_id for one in asked])
            for one in asked:
                record(now, actor, "device.answer", f"device:{one.device_id}", granted=granted)
        self._nudge.send()

    def _hand_over(self, actor: Actor, handover: Handover, device_ids: Sequence[str]) -> None:
        """Only what this lesson still holds: a device may be in another one by now."""
        now = self._clock.now()
        still = set(_held_by([handover.lesson_id]))
        given = [device_id for device_id in device_ids if device_id in still]
        release_devices(given, now)
        waiting = self._own(handover.asker_id)
        if waiting:
            self._hold(actor, waiting[0].id, given, frozenset())
        _end_emptied(actor, {handover.lesson_id}, now)

    def _hold(self, actor: Actor, lesson_id: str, device_ids: Sequence[str], take_from: frozenset[str]) -> None:
        now = self._clock.now()
        wanted = list(dict.fromkeys(device_ids))
        own = Device.guest_lesson_id.is_null() | (Device.guest_lesson_id == lesson_id)
        active = Device.id.in_(wanted) & (Device.status == "active") & own
        if Device.select().where(active).count() < len(wanted):
            raise NotFound("device_gone")
        others = [part for part in self.held(wanted) if part.lesson_id != lesson_id]
        kept = [part for part in others if part.lesson_id not in take_from]
        if kept:
            names = ", ".join(sorted({part.teacher for part in kept}))
            raise Conflict("device_held", teacher=names, count=len(kept))
        for part in others:
            record(now, actor, "device.take_over", f"device:{part.device_id}", lesson=part.lesson_id)
            Handover.create(
                lesson=part.lesson_id, device=part.device_id, asker=actor.user_id, asked_at=now, answered_at=now
            )
        release_devices([part.device_id for part in others], now)
        already = {part.device_id for part in self.held(wanted)}
        base = LessonDevice.base.db_value(hold_as_json(default_hold()))
        execute_many(
            "INSERT INTO lesson_device (lesson_id, device_id, base, joined_at) VALUES (?, ?, ?, ?)",
            [(lesson_id, device_id, base, to_milliseconds(now)) for device_id in wanted if device_id not in already],
        )
        bump(wanted, now)
        _end_emptied(actor, {part.lesson_id for part in others}, now)


def _must_exist(plan: Plan) -> None:
    """A cart or a classroom that somebody removed while the form was open."""
    if plan.cart_id is not None and Cart.get_or_none(Cart.id == plan.cart_id) is None:
        raise NotFound("no_cart")
    if plan.classroom_id is not None and Classroom.get_or_none(Classroom.id == plan.classroom_id) is None:
        raise NotFound("no_classroom")


def _title(plan: Plan) -> str:
    """As typed, or the classroom's name, or the cart's."""
    if plan.title.strip():
        return display_name(plan.title, "title")
    places = (Classroom.get_or_none(Classroom.id == plan.classroom_id), Cart.get_or_none(Cart.id == plan.cart_id))
    return next((str(place.name) for place in places if place is not None), UNNAMED)


def lesson_of(lesson_id: str) -> Lesson:
    """In progress or over. Raises NotFound."""
    lesson = Lesson.get_or_none(Lesson.id == lesson_id)
    if lesson is None:
        raise NotFound("no_lesson")
    return lesson


def open_lesson(lesson_id: str) -> Lesson:
    """Raises NotFound, or Conflict when it is over."""
    lesson = lesson_of(lesson_id)
    if lesson.ended_at is not None:
        raise Conflict("lesson_over")
    return lesson


def must_hold(actor: Actor, lesson: Lesson) -> None:
    """A lesson is its teacher's; an administrator may step in."""
    if lesson.teacher_id != actor.user_id and actor.role is not Role.ADMINISTRATOR:
        raise Denied("not_your_lesson")


def close_lessons(lesson_ids: Collection[str], now: datetime, reason: EndReason) -> None:
    """Within the caller's transaction: ended, devices let go, orders without an answer canceled."""
    device_ids = _held_by(lesson_ids)
    release_devices(device_ids, now)
    ids = list(lesson_ids)
    Lesson.update(ended_at=now, end_reason=reason).where(Lesson.id.in_(ids)).execute()
    for way_in in (JoinCode, EnrollmentToken):  # of guests: they open nothing any more
        way_in.delete().where(way_in.lesson_id.in_(ids)).execute()


def release_devices(device_ids: Collection[str], now: datetime) -> None:
    """Within the caller's transaction: they leave their lesson and are free again; nothing waits for them any more."""
    if not device_ids:
        return
    ids = list(device_ids)
    execute_many(_END_GUEST, [(device_id,) for device_id in ids])
    LessonDevice.update(left_at=now, display=None).where(
        LessonDevice.device.in_(ids) & LessonDevice.left_at.is_null()
    ).execute()
    moment = to_milliseconds(now)
    execute_many(_CANCEL, [(moment, device_id) for device_id in ids])
    unanswered = Handover.device.in_(ids) & Handover.answered_at.is_null()
    Handover.update(answered_at=now, granted=False).where(unanswered).execute()
    bump(ids, now)


def _due(now: datetime) -> list[str]:
    return [row.id for row in Lesson.select(Lesson.id).where(Lesson.ended_at.is_null() & (Lesson.ends_at <= now))]


def _asked_with(handover: Handover) -> list[Handover]:
    """It and what its asker asked of the same lesson at the same moment, as far as nobody has answered."""
    together = (Handover.lesson == handover.lesson_id) & (Handover.asker == handover.asker_id)
    moment = (Handover.asked_at == handover.asked_at) & Handover.answered_at.is_null()
    return list(Handover.select().where(together & moment).order_by(Handover.id))


def _held_by(lesson_ids: Collection[str]) -> list[str]:
    query = LessonDevice.select(LessonDevice.device).where(
        LessonDevice.lesson.in_(list(lesson_ids)) & LessonDevice.left_at.is_null()
    )
    return [part.device_id for part in query]


def _end_emptied(actor: Actor, lesson_ids: Collection[str], now: datetime) -> None:
    """A lesson without a device is over."""
    for lesson_id in lesson_ids:
        if not _held_by([lesson_id]):
            close_lessons([lesson_id], now, EndReason.EMPTIED)
            record(now, actor, "lesson.end", f"lesson:{lesson_id}", reason=EndReason.EMPTIED)
