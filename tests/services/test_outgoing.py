"""What is due for devices that are there, in which order, and how often it is said again."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.services import intake, lessons, outgoing
from appliance.store.models import Receipt, database
from protocol.device import AckStatus
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store


@pytest.mark.contract("4.hub_repeats_until_acknowledged_or_expired")
def test_a_command_is_said_again_until_it_is_answered(school: School) -> None:
    gesture_id = school.perform(school.start(), "identify", [device_id(1)])
    command_id = school.receipt(gesture_id).id
    said_after = []
    for second in range(100):
        if school.send():
            said_after.append(second)
        school.clock.pass_by(seconds=1)
    assert said_after == [0, 3, 9, 21, 45, 75]
    school.ack(command_id, AckStatus.RECEIVED)
    school.clock.pass_by(minutes=1)
    assert school.send() == []


@pytest.mark.contract("4.expired_command_is_never_carried_out", "4.commands_of_a_lesson_expire_with_it")
def test_nothing_is_said_after_its_end(school: School) -> None:
    gesture_id = school.perform(school.start(minutes=1), "identify")
    school.clock.pass_by(seconds=59.999)
    assert len(school.due()) == 3
    school.clock.pass_by(seconds=0.001)
    assert school.due() == []
    assert school.outgoing.expire(school.clock.now()) == 3
    assert set(school.receipts(gesture_id).values()) == {"timed_out"}
    assert school.outgoing.expire(school.clock.now()) == 0


def test_what_waits_for_an_absent_device_is_said_when_it_is_back(school: School) -> None:
    school.perform(school.start(), "identify", [device_id(1)])
    assert school.send(online=[device_id(2)]) == []
    assert len(school.send(online=[device_id(1)])) == 1


def test_a_device_that_is_back_is_told_at_once_what_it_has_not_answered(school: School) -> None:
    gesture_id = school.perform(school.start(), "identify", [device_id(1)])
    school.send()
    assert school.send() == []
    school.outgoing.retry_at_once([device_id(1)])
    assert school.receipt(gesture_id).state == "sent", "a receipt never goes back in its table"
    assert school.send() == [school.receipt(gesture_id).id]


def test_an_answer_that_is_faster_than_our_own_note_is_kept(school: School) -> None:
    gesture_id = school.perform(school.start(), "identify", [device_id(1)])
    due = school.outgoing.due(school.ids, school.clock.now())
    school.ack(due[0].command.id, AckStatus.DONE)
    school.outgoing.mark_sent(due, school.clock.now())
    assert school.receipt(gesture_id).state == "succeeded"


def test_restrictions_are_sent_when_their_version_went_to_a_device_that_is_there(school: School) -> None:
    gesture_id = school.perform(school.start(), "restrict", sound="blocked")
    version = school.desired(1).version
    school.outgoing.mark_states_sent([(device_id(1), version - 1), (device_id(2), version)], school.clock.now())
    assert school.receipts(gesture_id) == {device_id(1): "queued", device_id(2): "sent", device_id(3): "queued"}


def test_a_command_that_cannot_be_said_fails_with_its_reason(school: School) -> None:
    gesture_id = school.perform(school.start(), "identify", [device_id(1)])
    school.outgoing.mark_failed(school.receipt(gesture_id).id, "no_address", school.clock.now())
    assert (school.receipt(gesture_id).state, school.receipt(gesture_id).error) == ("failed", "no_address")
    assert school.due() == []


def test_a_longer_lesson_keeps_its_commands_alive_and_a_shorter_one_does_not(school: School) -> None:
    lesson_id = school.start(minutes=10)
    school.perform(lesson_id, "identify", [device_id(1)])
    school.lessons.extend(school.durand, lesson_id, 10)
    school.clock.pass_by(minutes=15)
    assert len(school.due()) == 1
    school.clock.pass_by(minutes=5)
    assert school.due() == []


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize(
    "statement",
    [outgoing._OPEN_COMMANDS, outgoing._OVERDUE, outgoing._AT_ONCE, intake._WAITING, lessons._CANCEL],
)
def test_the_many_receipts_of_the_past_are_not_read_for_the_few_that_are_open(statement: str) -> None:
    plan = database.execute_sql(f"EXPLAIN QUERY PLAN {statement}", [0] * statement.count("?")).fetchall()
    assert "open_receipts" in json.dumps(plan)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["send", "wait", "ack", "back", "again"]), st.integers(0, 4)), max_size=30))
def test_whatever_is_lost_or_doubled_each_command_settles_once_and_is_silent_afterwards(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    with opened_store(folder):
        school = School(HandClock(), folder, devices=1)
        gesture_id = school.perform(school.start(), "identify")
        command_id, statuses = school.receipt(gesture_id).id, list(AckStatus)
        final = None
        for what, number in steps:
            said = _do(school, what, statuses[number], command_id)
            state = Receipt.get_by_id(command_id).state
            assert final is None or (state == final and not said)
            final = state if state not in ("queued", "sent", "acknowledged") else None


def _do(school: School, what: str, status: AckStatus, command_id: str) -> list[str]:
    if what == "wait":
        school.clock.pass_by(seconds=7)
    elif what in ("ack", "again"):
        for _ in range(2 if what == "again" else 1):
            school.ack(command_id, status)
    elif what == "back":
        school.outgoing.retry_at_once([device_id(1)])
    return school.send() if what == "send" else []
