"""What each kind of instruction does here, and how to tell later whether it was done.

Acts are called after `started` is committed. `repeat`: doing it twice is the same as once; the others are looked for in
the world. Nothing here knows states, receipts or signatures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from appliance.clock import Clock
from appliance.domain.devices import DeviceStatus
from appliance.domain.people import Actor, Role
from appliance.domain.receipts import ReceiptState
from appliance.errors import Invalid, NotFound
from appliance.nudge import NudgeSender
from appliance.services.device_orders import (
    ENROLLED_ANEW,
    CommandOutcome,
    order_device,
    outcome_of,
    school_device,
    withdraw,
)
from appliance.services.devices import Devices
from appliance.services.log_files import LogFiles
from appliance.services.outbox import put
from appliance.services.state_bodies import cart_bodies, device_bodies, live_facts, school_devices
from appliance.store.live import live_database, read_live
from appliance.store.models import Cart, Device, database
from protocol.device import CommandType
from protocol.uplink_orders import Order
from protocol.uplink_words import InstructionKind, InstructionState, RecordType

CITY = Actor(None, "city", Role.ADMINISTRATOR)
_COMMANDS = {
    InstructionKind.IDENTIFY: CommandType.IDENTIFY,
    InstructionKind.REBOOT: CommandType.REBOOT,
    InstructionKind.WIPE: CommandType.WIPE,
}
_ANSWERS = {
    ReceiptState.SUCCEEDED: InstructionState.DONE,
    ReceiptState.FAILED: InstructionState.FAILED,
    ReceiptState.REJECTED: InstructionState.FAILED,
    ReceiptState.CANCELED: InstructionState.CANCELED,
}


@dataclass(frozen=True, slots=True)
class Settled:
    state: InstructionState
    detail: str = ""


class Acts:
    def __init__(self, clock: Clock, nudge: NudgeSender, devices: Devices, logs: LogFiles) -> None:
        self._clock = clock
        self._nudge = nudge
        self._devices = devices
        self._logs = logs
        self.by_kind: Mapping[InstructionKind, Callable[[Order, datetime], Settled]] = {
            InstructionKind.REPORT: self._report,
            InstructionKind.RENAME: self._rename,
            InstructionKind.MOVE: self._move,
            InstructionKind.REVOKE: self._revoke,
            InstructionKind.FETCH_LOGS: self._fetch_logs,
        }

    def prepare(self, order: Order, kind: InstructionKind, now: datetime) -> dict[str, object]:
        """In the transaction that says `started`: a device's command is stored there, and what tells its effect later.

        Raises NotFound, Conflict, Invalid for what cannot be done at all.
        """
        if kind is InstructionKind.REVOKE:  # a device that is out already is what was asked for
            return {}
        if order.device or kind in _COMMANDS:
            school_device(order.device)
        if kind not in _COMMANDS:
            return {}
        command = order_device(order.device, _COMMANDS[kind], order.not_after, now)
        return {"command": command, "boot": self.boot_of(order.device)}

    def hurry(self) -> None:
        """After the commit: the bridge has a command to send."""
        self._nudge.send()

    def follow(self, kind: InstructionKind, device_id: str, progress: Mapping[str, object]) -> Settled | None:
        """What became of a device's command. None: it is still on its way."""
        outcome = outcome_of(str(progress.get("command", "")))
        if outcome is None or (outcome.is_open and not _is_in_service(device_id)):
            return Settled(InstructionState.UNKNOWN, "device_gone")
        if kind is InstructionKind.REBOOT and outcome.was_sent and self._has_booted(device_id, progress):
            return Settled(InstructionState.DONE, "seen")
        return None if outcome.is_open else _settled(outcome)

    def withdraw(self, progress: Mapping[str, object], now: datetime) -> bool:
        return withdraw(str(progress.get("command", "")), now)

    def boot_of(self, device_id: str) -> str:
        """As the device last said it; empty: it never did."""
        with live_database.connection_context() if live_database.is_closed() else live_database.atomic():
            row = read_live([device_id]).get(device_id)
        return "" if row is None else row.boot or ""

    def is_here(self, device_id: str) -> bool:
        with live_database.connection_context() if live_database.is_closed() else live_database.atomic():
            row = read_live([device_id]).get(device_id)
        return row is not None and row.presence == "online"

    def _has_booted(self, device_id: str, progress: Mapping[str, object]) -> bool:
        before, after = progress.get("boot"), self.boot_of(device_id)
        return bool(before) and bool(after) and before != after

    def _report(self, order: Order, now: datetime) -> Settled:
        """One device, or all: each is asked, and what is known is told anew."""
        devices = [school_device(order.device)] if order.device else school_devices()
        with live_database.connection_context() if live_database.is_closed() else live_database.atomic():
            told = live_facts(read_live())
        with database.atomic("IMMEDIATE"):
            for key, body in device_bodies(devices, told).items():
                put(now, RecordType.DEVICE, body, key)
            if not order.device:
                for key, body in cart_bodies().items():
                    put(now, RecordType.CART, body, key)
            for device in devices:
                if device.status == DeviceStatus.ACTIVE:
                    order_device(device.id, CommandType.REPORT, order.not_after, now)
        self._nudge.send()
        return Settled(InstructionState.DONE, f"devices={len(devices)}")

    def _rename(self, order: Order, _now: datetime) -> Settled:
        if school_device(order.device).name != order.args.get("name"):
            self._devices.rename(order.device, order.args.get("name"), CITY)
        return Settled(InstructionState.DONE)

    def _move(self, order: Order, _now: datetime) -> Settled:
        self._devices.move([order.device], _cart_of(order.args.get("cart")), CITY)
        return Settled(InstructionState.DONE)

    def _revoke(self, order: Order, _now: datetime) -> Settled:
        self._devices.revoke(order.device, CITY)
        return Settled(InstructionState.DONE)

    def _fetch_logs(self, order: Order, now: datetime) -> Settled:
        request, hours = order.args.get("request"), order.args.get("hours")
        if not isinstance(request, str) or not 1 <= len(request) <= 64 or not isinstance(hours, int):
            raise Invalid("bad_instruction", {"request": "wrong_type"})
        parts = self._logs.put_parts(request, hours, now)
        return Settled(InstructionState.DONE, f"parts={parts}")


def _cart_of(cart: object) -> int | None:
    """By the id that the city was told. Empty: out of all carts."""
    if cart == "":
        return None
    if not isinstance(cart, str) or not cart.isdecimal() or Cart.get_or_none(Cart.id == int(cart)) is None:
        raise NotFound("no_cart")
    return int(cart)


def _is_in_service(device_id: str) -> bool:
    return Device.select().where((Device.id == device_id) & (Device.status == DeviceStatus.ACTIVE)).exists()


def _settled(outcome: CommandOutcome) -> Settled:
    if outcome.state is ReceiptState.TIMED_OUT:
        return Settled(InstructionState.UNKNOWN if outcome.tries else InstructionState.EXPIRED, "no_answer")
    if outcome.error == ENROLLED_ANEW:
        return Settled(InstructionState.UNKNOWN if outcome.tries else InstructionState.CANCELED, ENROLLED_ANEW)
    detail = "unsupported" if outcome.state is ReceiptState.REJECTED else outcome.error
    return Settled(_ANSWERS[outcome.state], detail[:200])
