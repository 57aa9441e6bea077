"""One message in flight per tablet: procedures that send something and wait for what shows that it was done.

A procedure is a generator: it yields a Step and is sent what was heard, or None when it was waited for in vain. Knows
no agent's words.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from appliance.broker_bridge.agents.translation import Publish

Heard = TypeVar("Heard")
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Step(Generic[Heard]):
    """Send (None: nothing), then wait for what `until` recognizes, `seconds` at most."""

    send: Publish | None
    until: Callable[[Heard], bool]
    seconds: float


Procedure = Generator[Step[Heard], Heard | None, None]


class Conversation(Generic[Heard]):
    """With one tablet. `sent` is taken by the owner after each call."""

    def __init__(self) -> None:
        self._procedure: Generator[Step[Heard], Heard | None, Any] | None = None
        self._step: Step[Heard] | None = None
        self._deadline = NEVER
        self.sent: list[Publish] = []

    @property
    def is_idle(self) -> bool:
        return self._procedure is None

    @property
    def next_at(self) -> float:
        return self._deadline

    def begin(self, procedure: Generator[Step[Heard], Heard | None, Any], now: float) -> None:
        if not self.is_idle:
            raise RuntimeError("one message in flight")
        self._procedure = procedure
        self._advance(None, now)

    def hear(self, heard: Heard, now: float) -> bool:
        """True when it was waited for."""
        if self._step is None or not self._step.until(heard):
            return False
        self._advance(heard, now)
        return True

    def tick(self, now: float) -> bool:
        """True when something was waited for in vain."""
        if now < self._deadline:
            return False
        self._advance(None, now)
        return True

    def abort(self) -> None:
        """The tablet is gone: what was begun is not known to be done."""
        if self._procedure is not None:
            self._procedure.close()
        self._end()

    def _advance(self, heard: Heard | None, now: float) -> None:
        if self._procedure is None:
            return
        try:
            step = next(self._procedure) if self._step is None else self._procedure.send(heard)
        except StopIteration:
            self._end()
            return
        self._step, self._deadline = step, now + step.seconds
        if step.send is not None:
            self.sent.append(step.send)

    def _end(self) -> None:
        self._procedure, self._step, self._deadline = None, None, NEVER
