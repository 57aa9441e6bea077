"""The table of receipts, pair by pair, and how patient the hub is before it repeats itself."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.receipts import (
    OPEN,
    ReceiptState,
    from_ack,
    retry_after_seconds,
    states_before,
)
from protocol.device import AckStatus

QUEUED, SENT, ACKNOWLEDGED = ReceiptState.QUEUED, ReceiptState.SENT, ReceiptState.ACKNOWLEDGED
SETTLED = (
    ReceiptState.SUCCEEDED,
    ReceiptState.FAILED,
    ReceiptState.REJECTED,
    ReceiptState.TIMED_OUT,
    ReceiptState.CANCELED,
)
# Written out once more on purpose: the table under test must not judge itself.
EDGES = {
    (QUEUED, SENT),
    (QUEUED, ACKNOWLEDGED),
    (SENT, ACKNOWLEDGED),
    *itertools.product((QUEUED, SENT, ACKNOWLEDGED), SETTLED),
}


@pytest.mark.parametrize(("now", "then"), list(itertools.product(ReceiptState, repeat=2)))
def test_a_receipt_moves_along_the_table_and_no_other_way(now: ReceiptState, then: ReceiptState) -> None:
    assert (now in states_before(then)) is ((now, then) in EDGES)


@pytest.mark.contract("4.first_final_status_stands")
@pytest.mark.parametrize("settled", SETTLED)
def test_a_settled_receipt_never_changes(settled: ReceiptState) -> None:
    assert not any(settled in states_before(then) for then in ReceiptState)


@given(st.lists(st.sampled_from(ReceiptState)))
def test_whatever_is_asked_of_a_receipt_it_settles_at_most_once(asked: list[ReceiptState]) -> None:
    state, settled = QUEUED, 0
    for then in asked:
        if state in states_before(then):
            settled += then not in OPEN
            state = then
    assert settled <= 1
    assert (settled == 1) is (state not in OPEN)


@pytest.mark.parametrize("then", ReceiptState)
def test_the_condition_of_the_compare_and_set_is_the_table_read_backwards(then: ReceiptState) -> None:
    assert set(states_before(then)) == {now for now in ReceiptState if (now, then) in EDGES}


@pytest.mark.contract("4.received_may_come_before_a_final")
def test_received_is_the_only_acknowledgement_that_is_not_final() -> None:
    assert {status for status in AckStatus if from_ack(status) in OPEN} == {AckStatus.RECEIVED}
    finals = {from_ack(status) for status in AckStatus} - OPEN
    assert len(finals) == 4


def test_the_hub_waits_longer_after_each_sending_and_never_more_than_half_a_minute() -> None:
    assert [retry_after_seconds(tries) for tries in (1, 2, 3, 4, 5, 6, 1000)] == [3, 6, 12, 24, 30, 30, 30]


@given(st.integers(min_value=0, max_value=10_000))
def test_the_hub_is_never_less_patient_after_one_more_sending(tries: int) -> None:
    assert 0 < retry_after_seconds(tries) <= retry_after_seconds(tries + 1)
