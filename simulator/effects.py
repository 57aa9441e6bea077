"""What the state machine of a device asks the outside to do, and the facts it tells. Values only."""

from dataclasses import dataclass

from protocol.device import AckStatus, Command, Desired, Leaf


@dataclass(frozen=True)
class Publish:
    leaf: Leaf
    payload: bytes
    retain: bool


@dataclass(frozen=True)
class Fetch:
    """Get a file; the answer comes back with `key`."""

    key: str
    url: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Restart:
    """Go silent, then come back with a new boot."""


@dataclass(frozen=True)
class Wipe:
    """Forget everything and stay away."""


@dataclass(frozen=True)
class Applied:
    desired: Desired


@dataclass(frozen=True)
class Lifted:
    """The lease ran out: restrictions were lifted without the hub."""

    version: int


@dataclass(frozen=True)
class Finished:
    command: Command
    status: AckStatus
    error: str | None


@dataclass(frozen=True)
class Ignored:
    """A message that was not obeyed, and why."""

    topic: str
    why: str


Effect = Publish | Fetch | Restart | Wipe | Applied | Lifted | Finished | Ignored
