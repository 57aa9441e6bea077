"""Lessons: start, extend, end; which devices they hold, and how one passes from a teacher to another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import fn

from appliance.clock import Clock
from appliance.domain.lessons import EndReason, checked_end
from appliance.domain.people import APPLIANCE, Actor, Role, display_name
from appliance.domain.receipts import OPEN, ReceiptState
from appliance.domain.restrictions import Hold
from appliance.errors import Conflict, Denied, Invalid, NotFound
from appliance.ids import new_command_id
from appliance.nudge import NudgeSender
from appliance.services.desired import bump, hold_as_json
from appliance.services.journal import record
from appliance.store.models import Cart, Classroom, Device, Handover, Lesson, LessonDevice, Receipt, database


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
            bump(_held_by([lesson.id]), now)
            record(now, actor, "lesson.extend", f"lesson:{lesson.id}", minutes=minutes)
        self._nudge.send()
        return lesson.ends_at  # type: ignore[no-any-return]  # a MomentField's value is a datetime

    def end(self, actor: Actor, lesson_id: str) -> None:
        """Ending what has ended already is no error: two fingers, one lesson."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            lesson = Lesson.get_or_none(Lesson.id == lesson_id)
            if lesson is None:
                raise NotFound("no_lesson")
            must_hold(actor, lesson)
            if lesson.ended_at is None:
                close_lessons([lesson.id], now, EndReason.PRESSED)
                record(now, actor, "lesson.end", f"lesson:{lesson.id}")
        self._nudge.send()

    def end_due(self) -> list[str]:
        """Those whose end is reached; called by the bridge, whatever the teacher's laptop does."""
        now = self._clock.now()
        due = [row.id for row in Lesson.select(Lesson.id).where(Lesson.ended_at.is_null() & (Lesson.ends_at <= now))]
        if due:
            with database.atomic("IMMEDIATE"):
                close_lessons(due, now, EndReason.REACHED)
                for lesson_id in due:
                    record(now, APPLIANCE, "lesson.end", f"lesson:{lesson_id}")
        return due

    def open_of(self, actor: Actor) -> list[Lesson]:
        """The teacher's own lessons in progress, the latest first; an administrator sees all."""
        query = Lesson.select().where(Lesson.ended_at.is_null()).order_by(Lesson.started_at.desc())
        return list(query if actor.role is Role.ADMINISTRATOR else query.where(Lesson.teacher == actor.user_id))

    def held(self, device_ids: Collection[str] | None = None) -> list[Held]:
        """Which devices are in a lesson now, and whose."""
        query = LessonDevice.select(LessonDevice, Lesson).join(Lesson).where(LessonDevice.left_at.is_null())
        if device_ids is not None:
            query = query.where(LessonDevice.device.in_(list(device_ids)))
        return [Held(part.device_id, part.lesson_id, part.lesson.teacher.name) for part in query]

    def ask(self, actor: Actor, device_ids: Sequence[str]) -> int:
        """Ask the teachers who hold these devices; how many were asked about."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            held = self.held(device_ids)
            for part in held:
                Handover.create(lesson=part.lesson_id, device=part.device_id, asker=actor.user_id, asked_at=now)
                record(now, actor, "device.ask", f"device:{part.device_id}", lesson=part.lesson_id)
        self._nudge.send()
        return len(held)

    def answer(self, actor: Actor, handover_id: int, granted: bool) -> None:
        """Granted: the device goes to the asker's lesson, or is free. The first answer counts."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            handover = Handover.get_or_none(Handover.id == handover_id)
            if handover is None:
                raise NotFound("no_request")
            must_hold(actor, handover.lesson)
            if handover.answered_at is not None:
                return
            handover.answered_at, handover.granted = now, granted
            handover.save()
            if granted:
                self._hand_over(actor, handover)
            record(now, actor, "device.answer", f"device:{handover.device_id}", granted=granted)
        self._nudge.send()

    def _hand_over(self, actor: Actor, handover: Handover) -> None:
        waiting = (
            Lesson.select()
            .where((Lesson.teacher == handover.asker) & Lesson.ended_at.is_null())
            .order_by(Lesson.started_at.desc())
            .first()
        )
        if waiting is None:
            release_devices([handover.device_id], self._clock.now())
        else:
            self._hold(actor, waiting.id, [handover.device_id], frozenset({str(handover.lesson_id)}))

    def _hold(self, actor: Actor, lesson_id: str, device_ids: Sequence[str], take_from: frozenset[str]) -> None:
        now = self._clock.now()
        wanted = list(dict.fromkeys(device_ids))
        active = {row.id for row in Device.select(Device.id).where(Device.id.in_(wanted) & (Device.status == "active"))}
        if len(active) < len(wanted):
            raise NotFound("no_device")
        others = [part for part in self.held(wanted) if part.lesson_id != lesson_id]
        kept = [part for part in others if part.lesson_id not in take_from]
        if kept:
            names = ", ".join(sorted({part.teacher for part in kept}))
            raise Conflict("device_held", teacher=names, count=len(kept))
        for part in others:
            record(now, actor, "device.take_over", f"device:{part.device_id}", lesson=part.lesson_id)
        release_devices([part.device_id for part in others], now)
        already = {part.device_id for part in self.held(wanted)}
        for device_id in wanted:
            if device_id not in already:
                LessonDevice.create(lesson=lesson_id, device=device_id, base=hold_as_json(Hold()), joined_at=now)
        bump(wanted, now)
        _end_emptied({part.lesson_id for part in others}, now)


def _title(plan: Plan) -> str:
    """As typed, or the classroom's name, or the cart's."""
    if plan.title.strip():
        return display_name(plan.title, "title")
    places = (Classroom.get_or_none(Classroom.id == plan.classroom_id), Cart.get_or_none(Cart.id == plan.cart_id))
    return next((str(place.name) for place in places if place is not None), "Séance")


def open_lesson(lesson_id: str) -> Lesson:
    """Raises NotFound, or Conflict when it is over."""
    lesson = Lesson.get_or_none(Lesson.id == lesson_id)
    if lesson is None:
        raise NotFound("no_lesson")
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
    Lesson.update(ended_at=now, end_reason=reason).where(Lesson.id.in_(list(lesson_ids))).execute()


def release_devices(device_ids: Collection[str], now: datetime) -> None:
    """Within the caller's transaction: these devices leave their lesson and become free again."""
    if not device_ids:
        return
    ids = list(device_ids)
    LessonDevice.update(left_at=now).where(LessonDevice.device.in_(ids) & LessonDevice.left_at.is_null()).execute()
    Receipt.update(state=ReceiptState.CANCELED, updated_at=now).where(
        Receipt.device.in_(ids) & Receipt.state.in_(list(OPEN))
    ).execute()
    bump(ids, now)


def _held_by(lesson_ids: Collection[str]) -> list[str]:
    query = LessonDevice.select(LessonDevice.device).where(
        LessonDevice.lesson.in_(list(lesson_ids)) & LessonDevice.left_at.is_null()
    )
    return [part.device_id for part in query]


def _end_emptied(lesson_ids: Collection[str], now: datetime) -> None:
    for lesson_id in lesson_ids:
        left = (
            LessonDevice.select(fn.COUNT(LessonDevice.id))
            .where((LessonDevice.lesson == lesson_id) & LessonDevice.left_at.is_null())
            .scalar()
        )
        if left == 0:
            close_lessons([lesson_id], now, EndReason.EMPTIED)
