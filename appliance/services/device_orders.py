"""A command for one device outside any lesson, and what became of it. The bridge sends it as it sends a teacher's.

In the caller's transaction. The command's id is what makes a device do it once, however often it is sent.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from appliance.domain.devices import DeviceStatus
from appliance.domain.receipts import OPEN, ReceiptState
from appliance.errors import Conflict, NotFound
from appliance.ids import new_command_id
from appliance.store.models import Device, Gesture, LessonDevice, Receipt
from protocol.device import CommandType

ENROLLED_ANEW = "reenrolled"
"""`error` of a command that was open when its device enrolled again: nobody knows what became of it."""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """`tries`: how often it was handed to the broker, since the device was last away."""

    state: ReceiptState
    error: str
    tries: int

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def was_sent(self) -> bool:
        return self.tries > 0 or self.state in {ReceiptState.SENT, ReceiptState.ACKNOWLEDGED}


def school_device(device_id: str) -> Device:
    """A guest is none of the city's business. Raises NotFound, Conflict when it is out of service."""
    row = Device.get_or_none((Device.id == device_id) & Device.guest_lesson_id.is_null())
    if row is None:
        raise NotFound("no_device")
    if row.status != DeviceStatus.ACTIVE:
        raise Conflict("device_not_in_service")
    return row


def order_device(device_id: str, command: CommandType, expires_at: datetime, now: datetime) -> str:
    """Stored to be sent; the command's id."""
    command_id = new_command_id(now)
    Gesture.create(id=command_id, lesson=None, actor=None, kind=command.value, args={}, at=now, force_insert=True)
    Receipt.create(
        id=command_id,
        gesture=command_id,
        device=device_id,
        state=ReceiptState.QUEUED,
        command={"type": command.value, "args": {}},
        expires_at=expires_at,
        updated_at=now,
        force_insert=True,
    )
    return command_id


def outcome_of(command_id: str) -> CommandOutcome | None:
    """None: it is gone with its device."""
    row = Receipt.get_or_none(Receipt.id == command_id)
    return None if row is None else CommandOutcome(ReceiptState(row.state), row.error or "", row.tries)


def withdraw(command_id: str, now: datetime) -> bool:
    """Whether it had never been sent, and never will be."""
    unsent = (Receipt.id == command_id) & (Receipt.state == ReceiptState.QUEUED) & (Receipt.tries == 0)
    return bool(Receipt.update(state=ReceiptState.CANCELED, updated_at=now).where(unsent).execute())


def close_commands(ids: Collection[str], now: datetime) -> None:
    """Whoever gave them has no say here any more: they are sent to nobody, not even again."""
    ours = Receipt.id.in_(list(ids)) & Receipt.state.in_([state.value for state in OPEN])
    Receipt.update(state=ReceiptState.CANCELED, updated_at=now).where(ours).execute()


def close_for_new_enrollment(device_id: str, now: datetime) -> None:
    """In the enrollment's transaction: its agent has forgotten every id, and would do again what it has done.

    A wipe that the device had said it would do is done: here it is, with nothing. Of all else that was sent nobody
    knows. What was never sent is the lesson's still; the city's was for the device as it was.
    """
    ours = (Receipt.device == device_id) & Receipt.command.is_null(False)
    of_the_city = Receipt.gesture.in_(Gesture.select(Gesture.id).where(Gesture.lesson.is_null()))
    promised = ours & (Receipt.state == ReceiptState.ACKNOWLEDGED)
    wipes = [row.id for row in Receipt.select().where(promised) if row.command.get("type") == CommandType.WIPE]
    Receipt.update(state=ReceiptState.SUCCEEDED, updated_at=now).where(Receipt.id.in_(wipes)).execute()
    sent = Receipt.state.in_([ReceiptState.SENT, ReceiptState.ACKNOWLEDGED])
    closed = {"state": ReceiptState.CANCELED, "error": ENROLLED_ANEW, "updated_at": now}
    Receipt.update({**closed, "tries": fn.MAX(Receipt.tries, 1)}).where(ours & sent).execute()
    unsent = (Receipt.state == ReceiptState.QUEUED) & of_the_city
    Receipt.update(closed).where(ours & unsent).execute()


def is_in_lesson(device_id: str) -> bool:
    held = (LessonDevice.device == device_id) & LessonDevice.left_at.is_null()
    return bool(LessonDevice.select().where(held).exists())
