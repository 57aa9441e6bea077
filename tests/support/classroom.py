"""A school in a real store, with teachers and devices, and its use cases on a clock that stands still."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.domain.gestures import GestureKind
from appliance.domain.people import Actor, Role
from appliance.nudge import NudgeSender
from appliance.services.board import Board
from appliance.services.desired import DesiredStates
from appliance.services.gestures import Gestures, Request
from appliance.services.intake import Batch, Intake, Outcome
from appliance.services.lessons import Lessons, Plan
from appliance.services.outgoing import Outgoing
from appliance.store.models import Device, Receipt, User
from protocol.device import Ack, AckStatus, Capability, Desired, Reported, Restrictions
from tests.support.store import HandClock

EVERYTHING = tuple(str(word) for word in Capability)


def device_id(number: int) -> str:
    return f"d-{number:08d}"


@dataclass
class School:
    """Needs an opened store. Devices are numbered from 1; `id` of a number by `device_id`."""

    clock: HandClock
    runtime_path: Path
    devices: int = 3
    capabilities: Sequence[str] = EVERYTHING
    durand: Actor = field(init=False)
    petit: Actor = field(init=False)
    head: Actor = field(init=False)

    def __post_init__(self) -> None:
        nudge = NudgeSender(self.runtime_path, "nobody")
        self.lessons = Lessons(self.clock, nudge)
        self.gestures = Gestures(self.clock, nudge, lambda url: "preau.local" in url)
        self.board = Board(self.clock)
        self.states, self.outgoing, self.intake = DesiredStates(), Outgoing("http", 8080), Intake()
        self.durand = self._teacher("durand", "Mme Durand", Role.TEACHER)
        self.petit = self._teacher("petit", "M. Petit", Role.TEACHER)
        self.head = self._teacher("martin", "Mme Martin", Role.ADMINISTRATOR)
        for number in range(1, self.devices + 1):
            self.add_device(number)

    def _teacher(self, login: str, name: str, role: Role) -> Actor:
        row = User.create(login=login, name=name, role=role, created_at=self.clock.now())
        return Actor(row.id, name, role)

    def add_device(self, number: int, **changes: Any) -> Device:
        facts: dict[str, Any] = {
            "id": device_id(number), "serial": f"S{number}", "number": number, "name": f"Tablette {number:02d}",
            "kind": "tablet", "capabilities": list(self.capabilities), "enrolled_at": self.clock.now(),
            "version_at": self.clock.now(), "host": "preau.local", "credential": f"$7$101$x${number}",
        }  # fmt: skip
        return Device.create(force_insert=True, **{**facts, **changes})

    @property
    def ids(self) -> list[str]:
        return [row.id for row in Device.select(Device.id).order_by(Device.number)]

    def start(self, actor: Actor | None = None, devices: Sequence[str] | None = None, **plan: Any) -> str:
        ids = self.ids if devices is None else devices
        return self.lessons.start(actor or self.durand, Plan("Essai", plan.pop("minutes", 45), ids, **plan))

    def perform(self, lesson_id: str, kind: str, devices: Sequence[str] | None = None, **args: object) -> str:
        """By the lesson's teacher; the gesture's id."""
        request = Request(str(uuid.uuid4()), GestureKind(kind), args, devices)
        return self.gestures.perform(self.durand, lesson_id, request)

    def desired(self, number: int = 1) -> Desired:
        (wanted,) = self.states.wanted([device_id(number)])
        return wanted.desired

    def receipts(self, gesture_id: str) -> dict[str, str]:
        rows = Receipt.select().where(Receipt.gesture == gesture_id)
        return {row.device_id: row.state for row in rows}

    def receipt(self, gesture_id: str, number: int = 1) -> Receipt:
        return Receipt.get((Receipt.gesture == gesture_id) & (Receipt.device == device_id(number)))

    def ack(self, command_id: str, status: AckStatus, number: int = 1, error: str | None = None) -> None:
        self.say(Batch(acks=[(device_id(number), Ack(command_id, status, error))]))

    def report(self, number: int = 1, *, restrictions: Restrictions | None = None, **rest: Any) -> None:
        """As a device that does what is desired of it, unless told otherwise."""
        desired = self.desired(number)
        version = rest.pop("version", desired.version)
        said = Reported(version, None, restrictions or desired.restrictions, **rest)
        self.say(Batch(reported={device_id(number): said}))

    def say(self, batch: Batch) -> Outcome:
        return self.intake.record(batch, self.clock.now())

    def due(self, online: Collection[str] | None = None) -> list[str]:
        """Ids of the commands that are due, in their order."""
        there = set(self.ids if online is None else online)
        return [one.command.id for one in self.outgoing.due(there, self.clock.now())]

    def send(self, online: Collection[str] | None = None) -> list[str]:
        """As the bridge does: what is due is sent and marked."""
        there = set(self.ids if online is None else online)
        due = self.outgoing.due(there, self.clock.now())
        self.outgoing.mark_sent(due, self.clock.now())
        return [one.command.id for one in due]
