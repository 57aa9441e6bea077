"""The line under a gesture: how many did it, and who needs a look."""

from appliance.domain.receipt_line import OFFLINE, Answer, counts, problems
from appliance.domain.receipts import ReceiptState


def answer(state: ReceiptState, online: bool = True, number: int = 4, unsupported: tuple[str, ...] = ()) -> Answer:
    name = f"Tablette {number:02d}"
    return Answer(f"d-0000000{number % 10}", number, name, state, online, None, unsupported)


def test_what_waits_for_a_device_that_is_not_there_is_told_as_offline() -> None:
    assert answer(ReceiptState.QUEUED, online=False).shown == OFFLINE
    assert answer(ReceiptState.SENT, online=False).shown == OFFLINE


def test_what_waits_for_a_device_that_is_there_is_on_its_way() -> None:
    assert answer(ReceiptState.QUEUED).shown == "sent"
    assert answer(ReceiptState.SENT).shown == "sent"


def test_what_is_settled_is_told_as_it_is_even_of_a_device_that_left() -> None:
    for state in set(ReceiptState) - {ReceiptState.QUEUED, ReceiptState.SENT}:
        assert answer(state, online=False).shown == state == answer(state).shown


def test_only_those_that_need_a_look_are_problems_and_they_come_by_their_number() -> None:
    fine = [answer(ReceiptState.SUCCEEDED), answer(ReceiptState.ACKNOWLEDGED), answer(ReceiptState.CANCELED)]
    bad = [
        answer(ReceiptState.FAILED, number=12),
        answer(ReceiptState.QUEUED, online=False, number=3),
        answer(ReceiptState.SUCCEEDED, number=11, unsupported=("camera",)),
        answer(ReceiptState.TIMED_OUT, number=2),
        answer(ReceiptState.REJECTED, number=1),
    ]
    assert [one.number for one in problems([*fine, *bad])] == [1, 2, 3, 11, 12]


def test_thirteen_of_fifteen_leaves_out_the_absent_one_and_counts_the_partial_one_as_a_problem() -> None:
    class_of_15 = [answer(ReceiptState.SUCCEEDED, number=n) for n in range(1, 14)]
    class_of_15 += [
        answer(ReceiptState.QUEUED, online=False, number=14),
        answer(ReceiptState.SUCCEEDED, number=15, unsupported=("camera",)),
    ]
    counted = counts(class_of_15)
    assert counted == {"succeeded": 14, OFFLINE: 1}
    partial = [one for one in problems(class_of_15) if one.shown == "succeeded"]
    assert counted["succeeded"] - len(partial) == 13
