"""One device's state machine on a bench: a test moves the time by hand and reads what the device says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TypeVar

from protocol import device as wire
from protocol.device import CommandType, Leaf
from simulator import effects
from simulator.catalogue import TABLET_A8
from simulator.clock import Clocks
from simulator.device import Device, Identity
from simulator.memory import Memory
from simulator.profiles import parse_profile

DEVICE_ID = "d-7k3m9q2x"
HUB_START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LOCKED = wire.Restrictions(lock=wire.Lock("Les yeux vers moi"))

E = TypeVar("E")
# No boot is ever used twice, by any device.
_BOOTS = count(1)


@dataclass
class Workbench:
    profile: str = "idle"
    memory: Memory = field(default_factory=Memory)
    now: float = 1000.0

    def __post_init__(self) -> None:
        behaviour = parse_profile(self.profile)
        clocks = Clocks(HUB_START + behaviour.clock_wrong_by, HUB_START, self.now)
        identity = Identity(DEVICE_ID, "R52T90ABCDE", TABLET_A8, lambda: f"boot-{next(_BOOTS)}")
        self.device = Device(identity, behaviour, self.memory, clocks, self.now)
        self.hub_start = self.now
        self.effects: list[effects.Effect] = []

    @property
    def hub_now(self) -> datetime:
        return HUB_START + timedelta(seconds=self.now - self.hub_start)

    def connect(self) -> None:
        self.device.connected(self.now)
        self.collect()

    def pass_by(self, seconds: float, step: float = 0.5) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + step)
            self.device.tick(self.now)
            self.collect()

    def hear(self, leaf: Leaf, payload: bytes, retained: bool = False) -> None:
        self.device.receive(wire.topic(DEVICE_ID, leaf), payload, retained, self.now)
        self.collect()

    def desire(
        self, version: int, restrictions: wire.Restrictions = LOCKED, seconds: float = 600, **more: object
    ) -> wire.Desired:
        until = self.hub_now + timedelta(seconds=seconds)
        lesson = wire.LessonRef("lesson", "Mme Durand")
        desired = wire.Desired(version, self.hub_now, restrictions, until, lesson, **more)  # type: ignore[arg-type]  # any of its fields, by name
        self.hear(Leaf.DESIRED, wire.encode_desired(desired), retained=True)
        return desired

    def order(self, kind: CommandType, seconds: float = 60, command_id: str = "c1", **args: object) -> wire.Command:
        command = wire.Command(command_id, kind, self.hub_now, self.hub_now + timedelta(seconds=seconds), args)
        self.hear(Leaf.COMMANDS, wire.encode_command(command))
        return command

    def collect(self) -> None:
        self.effects.extend(self.device.take())

    def forget(self) -> None:
        self.effects.clear()

    def all(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def said(self, leaf: Leaf, parse: Callable[[bytes], E]) -> list[E]:
        return [parse(message.payload) for message in self.all(effects.Publish) if message.leaf is leaf]

    def reports(self) -> list[wire.Reported]:
        return self.said(Leaf.REPORTED, wire.parse_reported)

    def events(self) -> list[wire.Event]:
        return self.said(Leaf.EVENTS, wire.parse_event)

    def usage(self) -> list[wire.UsageBatch]:
        return self.said(Leaf.USAGE, wire.parse_usage)

    def statuses(self, command_id: str = "c1") -> list[str]:
        return [ack.status.value for ack in self.said(Leaf.ACKS, wire.parse_ack) if ack.id == command_id]


def connected(profile: str = "idle", memory: Memory | None = None) -> Workbench:
    bench = Workbench(profile, memory or Memory())
    bench.connect()
    bench.forget()
    return bench
