"""What a fake tablet wants done with its connection, in order. Carried out by `agent.py`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    STOPPED = "SYSTEM_ACTIVITY_STOPPED"
    DESTROYED = "SYSTEM_ACTIVITY_DESTROYED"
    RECONNECT = "MQTT_RECONNECT_COMMAND_RECEIVED"
    USER = "USER_INITIATED_DISCONNECT"


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`raw`: these bytes and nothing else, for an agent that writes nonsense."""

    segment: str
    body: dict[str, Any]
    topic: str | None = None
    correlation: bytes | None = None
    raw: bytes | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Leave:
    """Say why, then DISCONNECT."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Join:
    """Connect as at the first time, with the stored settings."""


@dataclass(frozen=True, slots=True)
class Vanish:
    """The process was killed."""


Effect = Event | Answer | Leave | Join | Vanish
