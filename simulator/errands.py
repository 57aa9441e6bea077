"""Commands, carried out by a device: each at most once, none after its end of life.

Owns receiving, carrying out and acknowledging; what the device remembers of them is `commands.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from protocol import device as wire
from protocol.device import Ack, AckStatus, Capability, Command, CommandType, EventType, Leaf, Malformed
from simulator import effects
from simulator.catalogue import BROWSER, viewer_of
from simulator.commands import CommandDesk, Verdict

if TYPE_CHECKING:
    from simulator.device import Device

NO_SPACE = "no space left"

_NEEDS = {
    CommandType.OPEN_LINK: Capability.OPEN_LINK,
    CommandType.OPEN_APP: Capability.OPEN_APP,
    CommandType.OPEN_DOCUMENT: Capability.OPEN_DOCUMENT,
    CommandType.MESSAGE: Capability.MESSAGE,
}


class CannotDo(Exception):
    """A command fails; the text is its acknowledgement's error."""


class Errands:
    def __init__(self, device: Device, desk: CommandDesk) -> None:
        self.desk = desk
        self._device = device
        self._fetching: dict[str, Command] = {}
        self._ended_by_restart: dict[str, Command] = {}
        self._acts: dict[CommandType, Callable[[Command, float], bool]] = {
            CommandType.OPEN_LINK: self._open_link,
            CommandType.OPEN_APP: self._open_app,
            CommandType.OPEN_DOCUMENT: self._open_document,
            CommandType.MESSAGE: self._show_message,
            CommandType.IDENTIFY: self._show_itself,
            CommandType.REPORT: self._report,
            CommandType.REBOOT: self._reboot,
            CommandType.WIPE: self._wipe,
        }

    def receive(self, payload: bytes, now: float) -> None:
        try:
            command = wire.parse_command(payload)
        except Malformed as error:
            self._refuse_unreadable(payload, error, now)
            return
        verdict = self.desk.judge(command, self._device.clocks.hub(now))
        if verdict in (Verdict.REPEATED, Verdict.UNDERWAY):
            self._acknowledge(command.id, now)
        elif verdict is Verdict.EXPIRED:
            self._finish(command, AckStatus.EXPIRED, None, now)
        elif _NEEDS.get(command.type) in self._device.behaviour.missing:
            self._finish(command, AckStatus.UNSUPPORTED, None, now)
        else:
            self._begin(command, now)

    def fetched(self, key: str, problem: str | None, now: float) -> bool:
        """Returns False when the file was not for a command."""
        command = self._fetching.pop(key, None)
        if command is None:
            return False
        if self._is_over(command, now):
            return True
        if problem is not None:
            self._finish(command, AckStatus.FAILED, problem, now)
            return True
        device = self._device
        device.storage_free -= _whole(command.args["size"])
        viewer = viewer_of(str(command.args["mime"]))
        device.show(viewer, viewer, now)
        device.tell(EventType.DOCUMENT_OPENED, now, str(command.args["sha256"]))
        self._finish(command, AckStatus.DONE, None, now)
        return True

    def restart(self, now: float) -> None:
        self._fetching.clear()
        for command_id in self.desk.restart():
            self.desk.finish(command_id, AckStatus.DONE)
            self._acknowledge(command_id, now)
            command = self._ended_by_restart.pop(command_id, None)
            if command is not None:
                self._device.do(effects.Finished(command, AckStatus.DONE, None))

    def _refuse_unreadable(self, payload: bytes, error: Malformed, now: float) -> None:
        """A newer hub may know commands that we do not: it should be told, where there is an id to tell it with."""
        message = wire.read_object(payload)
        command_id, kind = message.get("id"), message.get("type")
        if not isinstance(command_id, str) or not isinstance(kind, str):
            raise error
        status = AckStatus.FAILED if kind in list(CommandType) else AckStatus.UNSUPPORTED
        at = self._device.clocks.own(now)
        self._device.say(Leaf.ACKS, wire.encode_ack(Ack(command_id, status, str(error), at)))

    def _begin(self, command: Command, now: float) -> None:
        delay = self._device.answer_delay()
        if delay > 0:
            self._acknowledge(command.id, now)
            self._device.timers.at(now + delay, lambda then: self._carry_out(command, then))
        else:
            self._carry_out(command, now)

    def _carry_out(self, command: Command, now: float) -> None:
        if self._is_over(command, now):
            return
        try:
            is_done = self._acts[command.type](command, now)
        except CannotDo as error:
            self._finish(command, AckStatus.FAILED, str(error), now)
            return
        if is_done:
            self._finish(command, AckStatus.DONE, None, now)
        else:
            self._acknowledge(command.id, now)

    def _is_over(self, command: Command, now: float) -> bool:
        if self._device.clocks.hub(now) < command.expires_at:
            return False
        self._finish(command, AckStatus.EXPIRED, None, now)
        return True

    def _finish(self, command: Command, status: AckStatus, error: str | None, now: float) -> None:
        if self.desk.finish(command.id, status, error):
            self._acknowledge(command.id, now)
            self._device.do(effects.Finished(command, status, error))

    def _acknowledge(self, command_id: str, now: float) -> None:
        entry = self.desk.entries[command_id]
        ack = Ack(command_id, entry.status, entry.error, self._device.clocks.own(now))
        self._device.say(Leaf.ACKS, wire.encode_ack(ack))

    # Each returns whether it is done at once.

    def _open_link(self, command: Command, now: float) -> bool:
        self._need_app(BROWSER)
        host = urlsplit(str(command.args["url"])).hostname
        self._device.show(BROWSER, f"web:{host}", now)
        self._device.front.asked_for = None
        return True

    def _open_app(self, command: Command, now: float) -> bool:
        package = str(command.args["package"])
        self._need_app(package)
        self._device.show(package, package, now)
        self._device.front.asked_for = package
        return True

    def _open_document(self, command: Command, _now: float) -> bool:
        size = _whole(command.args["size"])
        if size > self._device.storage_free:
            raise CannotDo(NO_SPACE)
        self._fetching[command.id] = command
        args = command.args
        self._device.do(effects.Fetch(command.id, str(args["url"]), size, str(args["sha256"])))
        return False

    def _show_message(self, _command: Command, _now: float) -> bool:
        return True

    def _show_itself(self, _command: Command, _now: float) -> bool:
        return True

    def _report(self, _command: Command, now: float) -> bool:
        self._device.publish_inventory()
        self._device.publish_report(now)
        return True

    def _reboot(self, command: Command, _now: float) -> bool:
        self.desk.entries[command.id].ends_with_restart = True
        self._ended_by_restart[command.id] = command
        self._device.do(effects.Restart())
        return False

    def _wipe(self, _command: Command, _now: float) -> bool:
        self._device.do(effects.Wipe())
        return True

    def _need_app(self, package: str) -> None:
        if not self._device.shelf.has(package):
            raise CannotDo(f"not installed: {package}"[:500])
        if not self._device.front.may_show(package):
            raise CannotDo(f"not allowed now: {package}"[:500])


def _whole(value: object) -> int:
    """A size that the contract's parser let through: JSON does not tell 312.0 from 312."""
    return int(value) if isinstance(value, int | float) else 0
