"""What a teacher is told of a gesture: how many, and which devices need a look, with why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.receipts import ReceiptState

# Not states of a receipt but what a teacher wants to know of one: it waits for a device that is away, or it was handed
# over to one that cannot tell. The second is a word of its own, so that nothing can take it for a confirmation.
OFFLINE = "offline"
UNCONFIRMED = "unconfirmed"

_TOLD = frozenset({OFFLINE, UNCONFIRMED, ReceiptState.FAILED, ReceiptState.REJECTED, ReceiptState.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class Answer:
    """One device's receipt of a gesture, beside whether the device is there."""

    device_id: str
    number: int
    name: str
    state: ReceiptState
    is_online: bool
    error: str | None
    unsupported: tuple[str, ...]
    evidence: str | None = None  # how its state is known; None: by the device's own word
    has_sticker: bool = True  # guests and screens have none

    @property
    def shown(self) -> str:
        """queued + online is on its way; queued + offline cannot be reached now."""
        if self.state is ReceiptState.SUCCEEDED and self.evidence == UNCONFIRMED:
            return UNCONFIRMED
        if self.state is not ReceiptState.QUEUED:
            if self.state is ReceiptState.SENT and not self.is_online:
                return OFFLINE
            return self.state
        return ReceiptState.SENT if self.is_online else OFFLINE

    @property
    def is_problem(self) -> bool:
        return self.shown in _TOLD or bool(self.unsupported)


def counts(answers: Sequence[Answer]) -> dict[str, int]:
    """By shown word. A success with something unsupported counts as `succeeded` and is a problem, too."""
    return dict(Counter(answer.shown for answer in answers))


def how_known(answers: Sequence[Answer]) -> dict[str, int]:
    """Of what succeeded: how many the devices confirmed themselves, how many were seen in their state."""
    known = (answer for answer in answers if answer.shown == ReceiptState.SUCCEEDED)
    return dict(Counter(answer.evidence or "confirmed" for answer in known))


def problems(answers: Sequence[Answer]) -> list[Answer]:
    return sorted((answer for answer in answers if answer.is_problem), key=_in_order)


def _in_order(answer: Answer) -> tuple[bool, int, str]:
    """By sticker; those without one after."""
    return not answer.has_sticker, answer.number, answer.name
