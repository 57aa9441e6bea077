"""What a teacher is told of a gesture: how many, and which devices need a look, with why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.receipts import ReceiptState

# Offline is not a receipt's state but what a teacher wants to know of one that waits.
OFFLINE = "offline"


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

    @property
    def shown(self) -> str:
        """queued + online is on its way; queued + offline cannot be reached now."""
        if self.state is not ReceiptState.QUEUED:
            if self.state is ReceiptState.SENT and not self.is_online:
                return OFFLINE
            return self.state
        return ReceiptState.SENT if self.is_online else OFFLINE

    @property
    def is_problem(self) -> bool:
        return self.shown in (OFFLINE, "failed", "rejected", "timed_out") or bool(self.unsupported)


def counts(answers: Sequence[Answer]) -> dict[str, int]:
    """By shown word. A success with something unsupported counts as `succeeded` and is a problem, too."""
    return dict(Counter(answer.shown for answer in answers))


def problems(answers: Sequence[Answer]) -> list[Answer]:
    return sorted((answer for answer in answers if answer.is_problem), key=lambda answer: (answer.number, answer.name))
