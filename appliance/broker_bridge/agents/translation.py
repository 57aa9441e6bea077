"""What a translation of a foreign agent is: values in, values out. It knows no broker, no clock and no store.

`now` is a number of seconds that only grows. What a translation has to say is taken with `take`, in order.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Protocol

from appliance.domain.agents import AgentMemory, AgentPresence
from appliance.domain.channels import Evidence, Profile
from protocol.device import Ack, Command, Desired, Reported


@dataclass(frozen=True, slots=True)
class Publish:
    """To this tablet; `leaf` is the topic below its own. Always QoS 1, never retained, always with an expiry."""

    leaf: str
    payload: bytes
    expires_in: int

    def __repr__(self) -> str:
        return f"Publish({self.leaf!r}, {len(self.payload)} bytes)"  # may hold a password


@dataclass(frozen=True, slots=True)
class Reports:
    """What it applies of the desired state, as far as its agent carries it."""

    reported: Reported


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of an order, and how that is known."""

    ack: Ack
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Unproven:
    """An order was sent, nothing shows that it was done; it is tried once more."""

    command_id: str


@dataclass(frozen=True, slots=True)
class Drops:
    """A message that was not understood or not believed, by its reason."""

    reason: str


class Turn(StrEnum):
    """Of a change of password."""

    LEAVING = auto()  # the tablet has it and goes, to come back with it: the broker has to know it now
    RETURNED = auto()
    UNDONE = auto()  # the tablet did not go, or did not come back: the old one counts again


@dataclass(frozen=True, slots=True)
class Rotates:
    """`password`: of LEAVING."""

    turn: Turn
    password: str = ""

    def __repr__(self) -> str:
        return f"Rotates({self.turn})"


Output = Publish | Reports | Answers | Unproven | Drops | Rotates


@dataclass(frozen=True, slots=True)
class Identity:
    """Of one tablet: what a translation is made with. `hosts`: the names and addresses of this appliance."""

    username: str
    profile: Profile
    hosts: frozenset[str]
    memory: AgentMemory


@dataclass(frozen=True, slots=True)
class Order:
    """A command for the agent. `is_repeat`: it may have been given before; whether it was done is not known."""

    command: Command
    is_repeat: bool = False


class Translation(Protocol):
    """One tablet. Everything but `take` may leave something to be taken."""

    @property
    def presence(self) -> AgentPresence: ...

    @property
    def memory(self) -> AgentMemory: ...

    @property
    def is_free(self) -> bool:
        """Whether it takes an order now."""

    @property
    def next_at(self) -> float:
        """When `due` has something to do at the latest."""

    def start(self, now: float) -> None:
        """The hub has just started, or has just met its broker again: is somebody there?"""

    def lose(self, now: float) -> None:
        """The agents' broker is gone, with everybody on it."""

    def want(self, desired: Desired, now: float) -> None: ...

    def order(self, order: Order, now: float) -> None: ...

    def keep_orders(self, command_ids: Collection[str]) -> None:
        """Orders that are not among these are over: they are not tried again."""

    def rotate(self, password: str, now: float) -> None:
        """Give the tablet this password as soon as it answers."""

    def receive(self, leaf: str, payload: bytes, now: float) -> None: ...

    def due(self, now: float) -> None: ...

    def take(self) -> list[Output]: ...
