"""Devices as the administrator keeps them: found, renamed, moved, replaced, retired, revoked.

Enrollment is `enrollment`'s; what lessons do to devices is theirs.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from appliance.clock import Clock
from appliance.domain.devices import DeviceStatus, checked_number
from appliance.domain.naming import device_name, next_number
from appliance.domain.people import Actor, display_name
from appliance.errors import Conflict, NotFound
from appliance.nudge import NudgeSender
from appliance.services.desired import bump
from appliance.services.journal import record
from appliance.services.lessons import release_devices
from appliance.store.models import Cart, Device, Pupil, database
from protocol.device import Kind

MAX_DEVICE_NAME = 60


class Devices:
    """`apply_credentials`: the broker takes the store's credentials over; who has none any more is out at once."""

    def __init__(self, clock: Clock, nudge: NudgeSender, apply_credentials: Callable[[], object]) -> None:
        self._clock = clock
        self._nudge = nudge
        self._apply = apply_credentials

    def rename(self, device_id: str, name: object, actor: Actor) -> None:
        text = display_name(name, longest=MAX_DEVICE_NAME)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            device = _active(device_id)
            Device.update(name=text).where(Device.id == device.id).execute()
            bump([device_id], now)
            record(now, actor, "device.rename", f"device:{device_id}")
        self._nudge.send()

    def renumber(self, device_id: str, number: object, actor: Actor) -> None:
        """A device that still bears its first name ("Tablette 04") is renamed with it."""
        wanted = checked_number(number)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            device = _active(device_id)
            if wanted in _numbers_in(device.cart_id, but=device_id):
                raise Conflict("number_taken", number=wanted)
            _give_number(device, wanted)
            bump([device_id], now)
            record(now, actor, "device.renumber", f"device:{device_id}", number=wanted)
        self._nudge.send()

    def move(self, device_ids: Sequence[str], cart_id: int | None, actor: Actor) -> None:
        """A number that is taken over there changes to the next free one; those that are free are kept first."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            if cart_id is not None and Cart.get_or_none(Cart.id == cart_id) is None:
                raise NotFound("no_cart")
            there = _numbers_in(cart_id, but="")
            moved = sorted(map(_active, dict.fromkeys(device_ids)), key=lambda device: device.number in there)
            for device in moved:
                taken = _numbers_in(cart_id, but=device.id)
                Device.update(cart=cart_id).where(Device.id == device.id).execute()
                if device.number in taken:
                    _give_number(device, next_number(taken))
                record(now, actor, "device.move", f"device:{device.id}", cart=cart_id)
            bump([device.id for device in moved], now)
        self._nudge.send()

    def replace(self, old_id: str, new_id: str, actor: Actor) -> None:
        """The new one takes the old one's number, name, cart and pupils; the old one is retired."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            if old_id == new_id:
                raise Conflict("same_device")
            old, _ = _found(old_id), _active(new_id)
            Pupil.update(device=None).where(Pupil.device == new_id).execute()
            Pupil.update(device=new_id).where(Pupil.device == old_id).execute()
            if old.status == DeviceStatus.ACTIVE:
                self._end(old, DeviceStatus.RETIRED, now)
            if old.number in _numbers_in(old.cart_id, but=new_id):
                raise Conflict("number_taken", number=old.number)
            Device.update(number=old.number, name=old.name, cart=old.cart_id).where(Device.id == new_id).execute()
            bump([new_id], now)
            record(now, actor, "device.replace", f"device:{old_id}", by=new_id)
        self._put_out()

    def retire(self, device_id: str, actor: Actor) -> None:
        """End of service. Its record stays; enrolling it again brings it back."""
        self._end_service([device_id], DeviceStatus.RETIRED, actor)

    def revoke(self, device_id: str, actor: Actor) -> None:
        """It loses its password and its live connection at once, its lesson lets it go (contract, section 1)."""
        self._end_service([device_id], DeviceStatus.REMOVED, actor)

    def _end_service(self, device_ids: Iterable[str], status: DeviceStatus, actor: Actor) -> None:
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            for device_id in device_ids:
                device = _found(device_id)
                if device.status == status and device.credential is None:
                    continue  # two clicks, one end
                self._end(device, status, now)
                Pupil.update(device=None).where(Pupil.device == device_id).execute()
                verb = "retire" if status is DeviceStatus.RETIRED else "revoke"
                record(now, actor, f"device.{verb}", f"device:{device_id}")
        self._put_out()

    def _end(self, device: Device, status: DeviceStatus, now: datetime) -> None:
        release_devices([device.id], now)
        Device.update(status=status, credential=None).where(Device.id == device.id).execute()

    def _put_out(self) -> None:
        """After the commit: whoever reads the store now reads this."""
        try:
            self._apply()
        finally:
            self._nudge.send()  # last: a device that is still connected should not see its retained messages cleared


def _found(device_id: str) -> Device:
    """A guest is none of the school's devices: its lesson keeps it."""
    device = Device.get_or_none((Device.id == device_id) & Device.guest_lesson_id.is_null())
    if device is None:
        raise NotFound("no_device")
    return device


def _active(device_id: str) -> Device:
    device = _found(device_id)
    if device.status != DeviceStatus.ACTIVE:
        raise Conflict("device_not_in_service")
    return device


def _numbers_in(cart_id: int | None, but: str) -> set[int]:
    where = Device.cart.is_null() if cart_id is None else Device.cart == cart_id
    query = Device.select(Device.number).where(where & (Device.status == DeviceStatus.ACTIVE) & (Device.id != but))
    return {row.number for row in query}


def _give_number(device: Device, number: int) -> None:
    name = (
        device_name(Kind(device.kind), number) if device.name == device_name(Kind(device.kind), device.number) else None
    )
    Device.update(number=number, name=name or device.name).where(Device.id == device.id).execute()
