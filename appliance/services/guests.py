"""Guests: a visitor's or a spare device that takes part in one lesson, and of which nothing is kept afterwards.

Leaving has two steps, so that no cut in between leaves anything behind. First, in the transaction that ends its part,
a guest loses its credential and its service; the broker is told. Then the bridge clears what the broker retains for it,
and only then are its rows deleted: while they are there, what was not finished is seen and done again.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

from peewee import fn

from appliance.clock import Clock
from appliance.domain.devices import DeviceStatus
from appliance.domain.naming import guest_name
from appliance.domain.people import Actor
from appliance.errors import Conflict, NotFound, NotSignedIn
from appliance.ids import new_device_id
from appliance.nudge import NudgeSender
from appliance.services.city_wishes import default_hold
from appliance.services.desired import hold_as_json
from appliance.services.journal import record
from appliance.services.lessons import must_hold, open_lesson, release_devices
from appliance.store.models import Device, Dropped, EnrollmentToken, Lesson, LessonDevice, database
from protocol.device import Capability, EnrollmentRequest

MOST_GUESTS = 40
_BRIDGE_IS_LATE = timedelta(hours=1)


class Guests:
    def __init__(self, clock: Clock, nudge: NudgeSender) -> None:
        self._clock = clock
        self._nudge = nudge

    def leave(self, device_id: str) -> None:
        """The guest itself goes. Raises NotFound for a device that is no guest."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            guest = _guest(device_id)
            record(now, "guest", "guest.leave", f"lesson:{guest.guest_lesson_id}")
            release_devices([device_id], now)
        self._nudge.send()

    def remove(self, actor: Actor, lesson_id: str, device_id: str) -> None:
        """The teacher sends it away. Raises NotFound, Denied, Conflict when the lesson is over."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            must_hold(actor, open_lesson(lesson_id))
            if _guest(device_id).guest_lesson_id != lesson_id:
                raise NotFound("no_guest")
            record(now, actor, "guest.remove", f"lesson:{lesson_id}")
            release_devices([device_id], now)
        self._nudge.send()

    def forget(self, device_ids: Collection[str]) -> int:
        """Delete all rows of those among them that are guests and gone; how many. The broker has forgotten them."""
        with database.atomic("IMMEDIATE"):
            deleted = _delete(Device.id.in_(list(device_ids)))
        if deleted:
            database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")  # what they were leaves the journal file, too
        return deleted

    def tidy(self) -> bool:
        """For upkeep: what should not be there, and would stay for ever if it were. True when there was any."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            in_progress = Lesson.select(Lesson.id).where(Lesson.ended_at.is_null())
            stray = Device.guest_lesson_id.is_null(False) & Device.guest_lesson_id.not_in(in_progress)
            strays = [row.id for row in Device.select(Device.id).where(stray & (Device.status == DeviceStatus.ACTIVE))]
            release_devices(strays, now)
            deleted = _delete(Device.version_at < now - _BRIDGE_IS_LATE)
            # Counted after its guest's rows had gone: no other device's row is ever deleted.
            deleted += Dropped.delete().where(Dropped.device_id.not_in(Device.select(Device.id))).execute()
        if strays:
            self._nudge.send()
        return bool(strays or deleted)


def admit(request: EnrollmentRequest, token: EnrollmentToken, known: Device | None, now: datetime) -> Device:
    """In the transaction of its enrollment: the record of a guest, new or back again, in its lesson. Not saved yet.

    Of the browser nothing is kept that could tell who or what it was.
    """
    lesson = _open_for_guests(token)
    there = list(Device.select().where((Device.guest_lesson_id == lesson.id) & (Device.status == DeviceStatus.ACTIVE)))
    if known is None and len(there) >= MOST_GUESTS:
        raise Conflict("guests_full", most=MOST_GUESTS)
    guest = known or Device(
        id=new_device_id(), guest_lesson_id=lesson.id, enrolled_at=now, token_used_at=now, version_at=now
    )
    if guest.status != DeviceStatus.ACTIVE or known is None:
        guest.number, guest.name = _next_number(lesson.id), _next_name({one.name for one in there})
    guest.serial = guest_serial(request.serial, lesson.id)
    guest.status = DeviceStatus.ACTIVE
    guest.token = token
    guest.kind = request.kind
    guest.capabilities = sorted(request.capabilities - {Capability.USAGE})
    return guest


def seat(guest: Device, now: datetime) -> None:
    """Right after its record was saved: it takes part."""
    part = LessonDevice.select().where((LessonDevice.device == guest.id) & LessonDevice.left_at.is_null())
    if not part.exists():
        LessonDevice.create(
            lesson=guest.guest_lesson_id, device=guest.id, base=hold_as_json(default_hold()), joined_at=now
        )


def guest_serial(serial: str, lesson_id: str) -> str:
    """The same browser is the same guest within its lesson; no request can carry it, for it cannot be printed."""
    return "guest\x1f" + hashlib.sha256(f"{lesson_id}\x1f{serial}".encode()).hexdigest()[:32]


def _open_for_guests(token: EnrollmentToken) -> Lesson:
    """What is wrong is not told: the token opens nothing."""
    lesson = Lesson.get_or_none((Lesson.id == token.lesson_id) & Lesson.ended_at.is_null())
    if lesson is None:
        raise NotSignedIn("bad_token")
    return lesson


def _next_number(lesson_id: str) -> int:
    """After all the others of the lesson."""
    held = (LessonDevice.lesson == lesson_id) & LessonDevice.left_at.is_null()
    highest = Device.select(fn.MAX(Device.number)).join(LessonDevice).where(held).scalar()
    return int(highest or 0) + 1


def _next_name(taken: Collection[str]) -> str:
    return next(name for number in range(1, len(taken) + 2) if (name := guest_name(number)) not in taken)


def count_guests(lesson_id: str) -> int:
    there = (Device.guest_lesson_id == lesson_id) & (Device.status == DeviceStatus.ACTIVE)
    return int(Device.select().where(there).count())


def is_guest(device_id: str) -> bool:
    found = Device.select().where((Device.id == device_id) & Device.guest_lesson_id.is_null(False))
    return bool(found.exists())


def _guest(device_id: str) -> Device:
    guest = Device.get_or_none((Device.id == device_id) & (Device.status == DeviceStatus.ACTIVE))
    if guest is None or guest.guest_lesson_id is None:
        raise NotFound("no_guest")
    return guest


def _delete(which: object) -> int:
    """Parts, receipts, inventory and usage go with the device's row; counters of dropped messages have no key."""
    gone = which & Device.guest_lesson_id.is_null(False) & (Device.status != DeviceStatus.ACTIVE)
    ids = [row.id for row in Device.select(Device.id).where(gone)]
    if ids:
        Dropped.delete().where(Dropped.device_id.in_(ids)).execute()
        Device.delete().where(Device.id.in_(ids)).execute()
    return len(ids)
