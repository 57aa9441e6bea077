"""Short codes: shown on a board, typed by a person, exchanged for a token that enrolls one browser.

A lesson's code lets guests in until it is closed or the lesson ends; a device's code brings that device back, once.
Guessing is the web's to prevent (it counts the failures); here every code that opens nothing gets the same answer.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from appliance.clock import Clock
from appliance.domain.join_codes import DEVICE_CODE_LIFE, TOKEN_LIFE, new_code, read_code
from appliance.domain.lessons import LONGEST
from appliance.domain.people import Actor
from appliance.errors import Conflict, NotFound, NotSignedIn, TooMany
from appliance.ids import new_secret
from appliance.logs import Secret
from appliance.services.enrollment import hash_token
from appliance.services.guests import MOST_GUESTS, count_guests
from appliance.services.journal import record
from appliance.services.lessons import must_hold, open_lesson
from appliance.store.models import Device, EnrollmentToken, JoinCode, Lesson, LessonDevice, database

CODE = "code"  # who made a token that a short code was exchanged for
_MOST_UNUSED = 100  # tokens of one lesson that nobody has used yet


@dataclass(frozen=True, slots=True)
class OpenCode:
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """`kind`: of the device that comes back; None: the browser says it."""

    token: Secret
    guest: bool
    kind: str | None


class JoinCodes:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open_for_lesson(self, actor: Actor, lesson_id: str) -> OpenCode:
        """The lesson's code, made at the first call. Raises NotFound, Denied, Conflict when the lesson is over."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            lesson = open_lesson(lesson_id)
            must_hold(actor, lesson)
            row = JoinCode.get_or_none(JoinCode.lesson_id == lesson_id)
            if row is None:
                row = _create(now, lesson.started_at + LONGEST, lesson_id=lesson_id)
                record(now, actor, "join.open", f"lesson:{lesson_id}")
        return OpenCode(row.code, lesson.ends_at)

    def close_for_lesson(self, actor: Actor, lesson_id: str) -> None:
        """Nobody else comes in; who is in stays. Closing what is closed is no error."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            must_hold(actor, open_lesson(lesson_id))
            if JoinCode.delete().where(JoinCode.lesson_id == lesson_id).execute():
                record(now, actor, "join.close", f"lesson:{lesson_id}")
            unused = EnrollmentToken.used < EnrollmentToken.uses
            EnrollmentToken.delete().where((EnrollmentToken.lesson_id == lesson_id) & unused).execute()

    def of_lesson(self, lesson_id: str) -> OpenCode | None:
        """For its board; whose lesson it is was checked."""
        row = JoinCode.get_or_none(JoinCode.lesson_id == lesson_id)
        lesson = Lesson.get_or_none((Lesson.id == lesson_id) & Lesson.ended_at.is_null())
        return None if row is None or lesson is None else OpenCode(row.code, lesson.ends_at)

    def new_for_device(self, actor: Actor, device_id: str) -> OpenCode:
        """For 15 minutes and one use; the code before it opens nothing any more.

        A teacher may for the devices of a lesson in progress, an administrator for all. Raises NotFound.
        """
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            _must_be_theirs(actor, device_id)
            JoinCode.delete().where(JoinCode.device_id == device_id).execute()
            row = _create(now, now + DEVICE_CODE_LIFE, device_id=device_id)
            record(now, actor, "device.code", f"device:{device_id}")
        return OpenCode(row.code, row.expires_at)

    def exchange(self, typed: object) -> Joined:
        """Raises Invalid for what is no code, NotSignedIn for one that opens nothing: why is not told.

        Conflict: the lesson has as many guests as it may; TooMany: too many are on their way.
        """
        code = read_code(typed)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            row = JoinCode.get_or_none((JoinCode.code == code) & (JoinCode.expires_at > now))
            if row is None:
                raise NotSignedIn("bad_code")
            kind = _use(row)
            secret = new_secret()
            EnrollmentToken.create(
                token_hash=hash_token(secret),
                uses=1,
                created_at=now,
                created_by=CODE,
                expires_at=now + TOKEN_LIFE,
                device_id=row.device_id,
                lesson_id=row.lesson_id,
            )
            target = f"device:{row.device_id}" if row.device_id else f"lesson:{row.lesson_id}"
            record(now, CODE, "join.use", target)
        return Joined(Secret(secret), row.lesson_id is not None, kind)


def _create(now: datetime, expires_at: datetime, **way: str) -> JoinCode:
    JoinCode.delete().where(JoinCode.expires_at <= now).execute()
    code = new_code({row.code for row in JoinCode.select(JoinCode.code)}, secrets.randbelow)
    return JoinCode.create(code=code, created_at=now, expires_at=expires_at, force_insert=True, **way)


def _use(row: JoinCode) -> str | None:
    """The kind of the device that comes back. A device's code is used up; a lesson's stays."""
    if row.lesson_id is not None:
        _must_have_room(row.lesson_id)
        return None
    device = Device.get_or_none((Device.id == row.device_id) & (Device.status == "active"))
    if device is None:
        raise NotSignedIn("bad_code")
    row.delete_instance()
    return str(device.kind)


def _must_have_room(lesson_id: str) -> None:
    if Lesson.get_or_none((Lesson.id == lesson_id) & Lesson.ended_at.is_null()) is None:
        raise NotSignedIn("bad_code")
    if count_guests(lesson_id) >= MOST_GUESTS:
        raise Conflict("guests_full", most=MOST_GUESTS)
    of_lesson = (EnrollmentToken.lesson_id == lesson_id) & (EnrollmentToken.used < EnrollmentToken.uses)
    if EnrollmentToken.select().where(of_lesson).count() >= _MOST_UNUSED:
        raise TooMany("too_many_codes", int(TOKEN_LIFE.total_seconds()))


def _must_be_theirs(actor: Actor, device_id: str) -> None:
    device = Device.get_or_none((Device.id == device_id) & (Device.status == "active"))
    if device is None or device.guest_lesson_id is not None:
        raise NotFound("no_device")
    if actor.is_administrator:
        return
    held = (LessonDevice.device == device_id) & LessonDevice.left_at.is_null() & (Lesson.teacher == actor.user_id)
    if not LessonDevice.select().join(Lesson).where(held).exists():
        raise NotFound("device_not_in_lesson")
