"""The line under a gesture: how many did it, and who needs a look."""

from dataclasses import replace

from appliance.domain.channels import Evidence
from appliance.domain.receipt_line import OFFLINE, UNCONFIRMED, Answer, counts, how_known, problems
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


def test_fourteen_of_fifteen_leaves_out_the_absent_one_and_tells_of_the_partial_one() -> None:
    class_of_15 = [answer(ReceiptState.SUCCEEDED, number=n) for n in range(1, 14)]
    class_of_15 += [
        answer(ReceiptState.QUEUED, online=False, number=14),
        answer(ReceiptState.SUCCEEDED, number=15, unsupported=("camera",)),
    ]
    counted = counts(class_of_15)
    assert counted == {"succeeded": 14, OFFLINE: 1}
    assert [(one.number, one.shown) for one in problems(class_of_15)] == [(14, OFFLINE), (15, "succeeded")]


def test_what_cannot_be_confirmed_is_never_told_as_done() -> None:
    handed_over = replace(answer(ReceiptState.SUCCEEDED), evidence=Evidence.UNCONFIRMED)
    assert handed_over.shown == UNCONFIRMED != ReceiptState.SUCCEEDED
    assert handed_over.is_problem
    assert counts([handed_over, answer(ReceiptState.SUCCEEDED)]) == {UNCONFIRMED: 1, "succeeded": 1}


def test_a_failure_stays_a_failure_whatever_could_have_confirmed_it() -> None:
    failed = replace(answer(ReceiptState.FAILED), evidence=Evidence.UNCONFIRMED)
    assert failed.shown == ReceiptState.FAILED


def test_it_is_counted_how_the_successes_are_known_and_a_device_is_believed_by_its_own_word() -> None:
    seen = replace(answer(ReceiptState.SUCCEEDED), evidence=Evidence.OBSERVED)
    said = replace(answer(ReceiptState.SUCCEEDED), evidence=Evidence.CONFIRMED)
    handed_over = replace(answer(ReceiptState.SUCCEEDED), evidence=Evidence.UNCONFIRMED)
    waiting = replace(answer(ReceiptState.SENT), evidence=Evidence.OBSERVED)
    assert how_known([seen, said, answer(ReceiptState.SUCCEEDED), handed_over, waiting]) == {
        "observed": 1,
        "confirmed": 2,
    }


def test_guests_who_have_no_sticker_come_after_the_others() -> None:
    guest = replace(answer(ReceiptState.FAILED, number=1), has_sticker=False)
    assert [one.number for one in problems([guest, answer(ReceiptState.FAILED, number=12)])] == [12, 1]
