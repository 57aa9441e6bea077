"""Instructions of the city: which state may follow which, when one is carried out, waited with, or too late.

Values in, decisions out. Verifying a signature is the uplink's; carrying out is the services'.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from protocol.uplink_orders import Envelope
from protocol.uplink_words import CLASS_OF, InstructionKind, InstructionState, OrderClass, Refusal

# While nobody has told the time since the start: so long after its receipt an instruction may still be carried out.
UNSURE_AGE = timedelta(days=1)

_S = InstructionState
_FINAL = frozenset({state for state in _S if state.is_final})

# A new one is received or refused. What is final stays so.
FIRST = frozenset({_S.RECEIVED, _S.REFUSED})
NEXT: dict[InstructionState, frozenset[InstructionState]] = {
    _S.RECEIVED: frozenset({_S.STARTED, _S.FAILED, _S.EXPIRED, _S.CANCELED, _S.UNKNOWN}),  # the last: of a backup
    _S.STARTED: frozenset({_S.DONE, _S.FAILED, _S.EXPIRED, _S.CANCELED, _S.UNKNOWN}),
    **{state: frozenset() for state in _FINAL},
}
OPEN = (_S.RECEIVED, _S.STARTED)


def may_follow(before: InstructionState, then: InstructionState) -> bool:
    return then in NEXT[before]


class Decision(StrEnum):
    """What to do now with one that was received. The words of waiting are shown to people."""

    START = "start"
    EXPIRE = "expire"
    WAIT_CLOCK = "clock_unknown"
    WAIT_LESSON = "in_lesson"
    WAIT_DEVICE = "device_away"


ON_A_DEVICE = frozenset({InstructionKind.IDENTIFY, InstructionKind.REBOOT, InstructionKind.WIPE})
NOT_IN_A_LESSON = frozenset({InstructionKind.REBOOT, InstructionKind.WIPE})


@dataclass(frozen=True, slots=True)
class Situation:
    """`is_time_known`: the city has signed the time since the box was started."""

    kind: InstructionKind
    received_at: datetime
    not_after: datetime
    is_time_known: bool
    is_device_here: bool = True
    in_lesson: bool = False
    even_in_lesson: bool = False


def decide(situation: Situation, now: datetime) -> Decision:
    """`now`: the city's time where it is known, else the hub's, which never goes back behind its floor."""
    if situation.not_after <= now or (not situation.is_time_known and now - situation.received_at > UNSURE_AGE):
        return Decision.EXPIRE
    if not situation.is_time_known and CLASS_OF[situation.kind] is not OrderClass.ROUTINE:
        return Decision.WAIT_CLOCK
    if situation.kind in NOT_IN_A_LESSON and situation.in_lesson and not situation.even_in_lesson:
        return Decision.WAIT_LESSON
    if situation.kind in ON_A_DEVICE and not situation.is_device_here:
        return Decision.WAIT_DEVICE
    return Decision.START


class NotVerified(Exception):
    """Why a signature is none for this order."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.detail = detail


class Verifier(Protocol):
    """Who signed it, by the city's key ring. Raises NotVerified."""

    def __call__(self, envelope: Envelope, order_class: OrderClass, now: datetime) -> str: ...
