"""What became of one order for one device: the words, and which may follow which.

The same table serves commands (answered by acks) and restrictions (answered by reported state).
"""

from enum import StrEnum

from protocol.device import AckStatus


class ReceiptState(StrEnum):
    QUEUED = "queued"  # decided and stored; the device has not been reachable since
    SENT = "sent"  # handed to the broker for a device that is online
    ACKNOWLEDGED = "acknowledged"  # the device has it, and has not finished
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"  # this device cannot do it: never sent, or it said so
    TIMED_OUT = "timed_out"
    CANCELED = "canceled"  # lesson over, or replaced by a later order


OPEN = frozenset({ReceiptState.QUEUED, ReceiptState.SENT, ReceiptState.ACKNOWLEDGED})

# A settled receipt never changes: "the first final one stands".
_NEXT: dict[ReceiptState, frozenset[ReceiptState]] = {
    ReceiptState.QUEUED: frozenset(set(ReceiptState) - {ReceiptState.QUEUED}),
    ReceiptState.SENT: frozenset(set(ReceiptState) - {ReceiptState.QUEUED, ReceiptState.SENT}),
    ReceiptState.ACKNOWLEDGED: frozenset(
        set(ReceiptState) - {ReceiptState.QUEUED, ReceiptState.SENT, ReceiptState.ACKNOWLEDGED}
    ),
    **{settled: frozenset() for settled in set(ReceiptState) - OPEN},
}

_FROM_ACK = {
    AckStatus.RECEIVED: ReceiptState.ACKNOWLEDGED,
    AckStatus.DONE: ReceiptState.SUCCEEDED,
    AckStatus.FAILED: ReceiptState.FAILED,
    AckStatus.UNSUPPORTED: ReceiptState.REJECTED,
    AckStatus.EXPIRED: ReceiptState.TIMED_OUT,
}


def states_before(then: ReceiptState) -> tuple[ReceiptState, ...]:
    """Every state from which `then` can be reached: the condition of the compare-and-set."""
    return tuple(state for state in ReceiptState if then in _NEXT[state])


def from_ack(status: AckStatus) -> ReceiptState:
    return _FROM_ACK[status]


def retry_after_seconds(tries: int) -> float:
    """How long to wait for an answer to the `tries`-th sending (from 1): 3, 6, 12, 24, then every 30 s."""
    return min(30.0, 3.0 * (1 << min(max(0, tries - 1), 4)))
