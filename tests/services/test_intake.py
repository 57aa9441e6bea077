"""What devices say becomes facts: each once, each its own, and nothing that was acknowledged gets lost."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.reports import NOT_APPLIED
from appliance.services import usage as usage_module
from appliance.services.intake import Batch
from appliance.store.models import Device, Dropped, Receipt, UsageMark, database
from appliance.store.models import Inventory as InventoryRow
from appliance.store.models import UsageRecord as UsageRow
from protocol.device import (
    UNRESTRICTED,
    Ack,
    AckStatus,
    Capability,
    InstalledPackage,
    Inventory,
    Reported,
    UsageAck,
    UsageBatch,
    UsageRecord,
)
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store

ONE, TWO = device_id(1), device_id(2)
AT = datetime(2026, 11, 23, 9, 2, 11, tzinfo=UTC)
INVENTORY = Inventory("S1", "samsung", "SM-X200", "Android 14", "preau-sim/1.0", packages=(InstalledPackage("a.b"),))


def records(*numbers: int) -> tuple[UsageRecord, ...]:
    return tuple(UsageRecord(number, "org.kde.gcompris", AT, 312) for number in numbers)


def say_usage(school: School, boot: str, *numbers: int, device: str = ONE) -> UsageAck | None:
    outcome = school.say(Batch(usage=[(device, UsageBatch(boot, records(*numbers)))]))
    return dict(outcome.usage_acks).get(device)


def stored(boot: str) -> list[int]:
    return [row.seq for row in UsageRow.select().where(UsageRow.boot == boot).order_by(UsageRow.seq)]


# Acknowledgements


@pytest.fixture
def command(school: School) -> str:
    """A command for the first device."""
    gesture_id = school.perform(school.start(), "identify", [ONE])
    return str(school.receipt(gesture_id).id)


def state(receipt_id: str) -> str:
    return str(Receipt.get_by_id(receipt_id).state)


@pytest.mark.contract("4.first_final_status_stands")
@pytest.mark.parametrize("first", [status for status in AckStatus if status is not AckStatus.RECEIVED])
@pytest.mark.parametrize("second", AckStatus)
def test_the_first_final_status_stands(school: School, command: str, first: AckStatus, second: AckStatus) -> None:
    school.ack(command, first)
    settled = state(command)
    school.ack(command, second, error="later")
    assert state(command) == settled


@pytest.mark.contract("4.received_may_come_before_a_final")
def test_received_may_come_before_a_final_status_and_not_after(school: School, command: str) -> None:
    school.ack(command, AckStatus.RECEIVED)
    assert state(command) == "acknowledged"
    school.ack(command, AckStatus.FAILED, error="no such app")
    assert state(command) == "failed"
    school.ack(command, AckStatus.RECEIVED)
    assert state(command) == "failed"


def test_of_two_finals_in_one_batch_the_earlier_stands(school: School, command: str) -> None:
    acks = [(ONE, Ack(command, status)) for status in (AckStatus.RECEIVED, AckStatus.UNSUPPORTED, AckStatus.DONE)]
    school.say(Batch(acks=acks))
    assert state(command) == "rejected"


def test_a_device_that_got_a_command_twice_and_answers_twice_has_done_it_once(school: School, command: str) -> None:
    school.send()
    school.outgoing.retry_at_once([ONE])
    school.send()
    for _ in range(2):
        school.ack(command, AckStatus.DONE)
    assert state(command) == "succeeded"
    assert school.due() == []


@pytest.mark.contract("0.a_drop_never_changes_another_device")
def test_a_device_cannot_answer_for_another(school: School, command: str) -> None:
    school.ack(command, AckStatus.DONE, number=2)
    assert state(command) == "queued"


@pytest.mark.parametrize("unknown", ["", "x" * 64, "0199-not-ours", "'; DROP TABLE receipt; --"])
def test_an_answer_to_nothing_changes_nothing(school: School, command: str, unknown: str) -> None:
    school.ack(unknown, AckStatus.DONE)
    assert state(command) == "queued"


def test_an_acknowledgement_does_not_settle_restrictions(school: School) -> None:
    gesture_id = school.perform(school.start(), "restrict", [ONE], sound="blocked")
    school.ack(school.receipt(gesture_id).id, AckStatus.DONE)
    assert school.receipt(gesture_id).state == "queued"


# Reported states


def test_restrictions_are_done_when_the_device_says_it_applies_their_version(school: School) -> None:
    gesture_id = school.perform(school.start(), "eyes_up", message="Ici")
    school.report(1, version=school.desired(1).version - 1, restrictions=UNRESTRICTED)
    assert school.receipt(gesture_id).state == "queued"
    school.report(1)
    school.report(2, unsupported=(Capability.CAMERA,))
    school.report(3, errors={"lock": "screen is off"})
    assert school.receipts(gesture_id) == {ONE: "succeeded", TWO: "succeeded", device_id(3): "failed"}
    assert school.receipt(gesture_id, 2).unsupported == ["camera"]
    assert school.receipt(gesture_id, 3).error == "screen is off"


def test_a_device_that_says_the_version_and_does_not_do_it_is_not_believed(school: School) -> None:
    gesture_id = school.perform(school.start(), "restrict", [ONE], sound="blocked")
    school.report(1, restrictions=UNRESTRICTED)
    assert (school.receipt(gesture_id).state, school.receipt(gesture_id).error) == ("failed", NOT_APPLIED)


def test_eyes_up_and_free_at_once_leaves_the_first_canceled_and_the_second_done(school: School) -> None:
    lesson_id = school.start()
    up = school.perform(lesson_id, "eyes_up", message="Ici")
    free = school.perform(lesson_id, "eyes_free")
    school.report(1)
    assert (school.receipt(up).state, school.receipt(free).state) == ("canceled", "succeeded")


def test_what_is_lifted_later_is_not_held_against_a_report_from_before(school: School) -> None:
    """Sound was allowed beneath "Les yeux vers moi", which the teacher ended while the report was on its way."""
    lesson_id = school.start()
    school.perform(lesson_id, "eyes_up", message="Ici")
    allowed = school.perform(lesson_id, "restrict", [ONE], sound="allowed")
    before = school.desired(1)
    free = school.perform(lesson_id, "eyes_free")
    school.report(1, version=before.version, restrictions=before.restrictions)
    assert (school.receipt(allowed).state, school.receipt(free).state) == ("succeeded", "queued")
    school.report(1)
    assert school.receipt(free).state == "succeeded"


def test_gestures_that_add_up_are_all_done_by_the_last_version(school: School) -> None:
    lesson_id = school.start()
    made = [school.perform(lesson_id, "restrict", [ONE], **{name: "blocked"}) for name in ("sound", "camera")]
    school.report(1)
    assert [school.receipt(gesture_id).state for gesture_id in made] == ["succeeded", "succeeded"]


def test_a_version_of_a_lost_history_settles_nothing(school: School) -> None:
    """The hub was restored: the device knows version 50, ours is 3, and what waits for 3 was never seen by it."""
    gesture_id = school.perform(school.start(), "restrict", [ONE], sound="blocked")
    school.report(1, version=50, restrictions=UNRESTRICTED)
    assert school.receipt(gesture_id).state == "queued"
    school.states.catch_up({ONE: 50}, school.clock.now())
    school.report(1)
    assert school.receipt(gesture_id).state == "succeeded"


def test_of_several_reports_in_one_batch_each_devices_own_counts(school: School) -> None:
    gesture_id = school.perform(school.start(), "restrict", sound="blocked")
    restrictions = school.desired().restrictions
    versions = school.states.versions()
    school.say(Batch(reported={one: Reported(versions[one], None, restrictions) for one in school.ids}))
    assert set(school.receipts(gesture_id).values()) == {"succeeded"}


# Usage


@pytest.mark.contract("5.sent_again_counts_once")
def test_a_record_that_is_sent_again_counts_once(school: School) -> None:
    for _ in range(3):
        assert say_usage(school, "b1", 18, 19) == UsageAck("b1", 19)
    assert stored("b1") == [18, 19]


@pytest.mark.contract("5.boot_changes_with_each_start")
def test_the_same_number_of_another_boot_or_another_device_is_another_record(school: School) -> None:
    say_usage(school, "b1", 1)
    say_usage(school, "b2", 1)
    say_usage(school, "b1", 1, device=TWO)
    assert UsageRow.select().count() == 3
    assert {row.up_to for row in UsageMark.select()} == {1}


def test_the_watermark_waits_at_a_gap(school: School) -> None:
    assert say_usage(school, "b1", 18) == UsageAck("b1", 18)
    assert say_usage(school, "b1", 20, 21) == UsageAck("b1", 18)
    assert say_usage(school, "b1", 19) == UsageAck("b1", 21)


def test_a_batch_without_records_is_answered_with_what_is_known(school: School) -> None:
    assert say_usage(school, "b1") == UsageAck("b1", 0)
    say_usage(school, "b1", 5)
    assert say_usage(school, "b1") == UsageAck("b1", 5)


def test_usage_of_a_device_that_is_none_of_ours_is_not_kept(school: School) -> None:
    assert say_usage(school, "b1", 1, device="d-stranger") is None
    assert UsageRow.select().count() == 0


def test_one_device_cannot_fill_the_disk_and_loses_nothing_that_was_acknowledged(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_module, "MAX_RECORDS_PER_DEVICE", 10)
    assert say_usage(school, "b1", *range(8)) == UsageAck("b1", 7)
    assert say_usage(school, "b1", 8, 9, 10) == UsageAck("b1", 7), "no room for all three: the device keeps them"
    assert say_usage(school, "b2", *range(20, 25)) is None
    assert say_usage(school, "b1", *range(8)) == UsageAck("b1", 7), "what is there is still confirmed"
    assert say_usage(school, "b1", 8, 9) == UsageAck("b1", 9)
    assert stored("b1") == list(range(10))
    assert say_usage(school, "b1", 1, device=TWO) == UsageAck("b1", 1), "another device has its own room"
    assert [(row.device_id, row.reason, row.count) for row in Dropped.select()] == [(ONE, "usage_full", 1)]


def test_a_device_at_its_cap_is_taken_from_again_once_its_oldest_records_are_two_months_old(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_module, "MAX_RECORDS_PER_DEVICE", 10)
    say_usage(school, "b1", *range(10))
    school.clock.pass_by(days=62)
    assert say_usage(school, "b2", 1) is None
    school.clock.pass_by(seconds=1)
    assert say_usage(school, "b2", 1) == UsageAck("b2", 1)
    assert (stored("b1"), stored("b2")) == ([], [1])


@pytest.mark.contract("5.sent_again_counts_once", "5.device_keeps_records_until_acknowledged")
@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2]), st.sampled_from(["b1", "b2"]), st.lists(st.integers(1, 12), max_size=5)),
        max_size=15,
    )
)
def test_in_any_order_with_duplicates_gaps_and_restarts_each_record_counts_once_and_no_gap_is_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[int, str, list[int]]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    said: dict[tuple[str, str], set[int]] = {}
    first: dict[tuple[str, str], int] = {}
    with opened_store(folder):
        school = School(HandClock(), folder, devices=2)
        for number, boot, numbers in sent:
            key = device_id(number), boot
            ack = say_usage(school, boot, *numbers, device=key[0])
            said.setdefault(key, set()).update(numbers)
            if numbers:
                first.setdefault(key, min(numbers))
            assert ack is not None
            assert set(range(first.get(key, 1), ack.up_to + 1)) <= said[key]
        kept: dict[tuple[str, str], set[int]] = {key: set() for key in said}
        for row in UsageRow.select():
            kept[row.device_id, row.boot].add(row.seq)
        assert kept == said
        assert UsageRow.select().count() == sum(map(len, said.values()))


# Inventories, drops, all or nothing


@pytest.mark.contract("6.inventory_has_the_shape")
def test_an_inventory_replaces_the_one_before_and_is_written_only_when_it_changed(school: School) -> None:
    school.say(Batch(inventories={ONE: INVENTORY}))
    first = InventoryRow.get_by_id(ONE).received_at
    school.clock.pass_by(hours=1)
    school.say(Batch(inventories={ONE: INVENTORY}))
    assert InventoryRow.get_by_id(ONE).received_at == first
    school.say(Batch(inventories={ONE: Inventory("S1", "samsung", "SM-X200", "Android 15", "preau-sim/1.0")}))
    assert InventoryRow.get_by_id(ONE).document["os"] == "Android 15"
    assert InventoryRow.select().count() == 1


@pytest.mark.contract("0.drops_are_counted_per_device_and_reason")
def test_drops_are_counted_per_device_reason_and_day(school: School) -> None:
    for _ in range(2):
        school.say(Batch(dropped={(ONE, "not_json"): 3, (ONE, "too_deep"): 1, (TWO, "not_json"): 1}))
    school.clock.pass_by(days=1)
    school.say(Batch(dropped={(ONE, "not_json"): 1}))
    counted = {(row.device_id, row.reason, row.day): row.count for row in Dropped.select()}
    assert counted == {
        (ONE, "not_json", "2026-11-23"): 6,
        (ONE, "too_deep", "2026-11-23"): 2,
        (TWO, "not_json", "2026-11-23"): 2,
        (ONE, "not_json", "2026-11-24"): 1,
    }


def test_a_batch_is_recorded_whole_or_not_at_all(school: School, command: str) -> None:
    database.execute_sql("CREATE TRIGGER full BEFORE INSERT ON dropped BEGIN SELECT RAISE(ABORT, 'full'); END")
    batch = Batch(
        acks=[(ONE, Ack(command, AckStatus.DONE))],
        usage=[(ONE, UsageBatch("b1", records(1)))],
        inventories={ONE: INVENTORY},
        dropped={(ONE, "not_json"): 1},
    )
    with pytest.raises(Exception, match="full"):
        school.say(batch)
    assert (state(command), UsageRow.select().count(), InventoryRow.select().count()) == ("queued", 0, 0)
    database.execute_sql("DROP TRIGGER full")
    assert school.say(batch).usage_acks == [(ONE, UsageAck("b1", 1))]
    assert state(command) == "succeeded"
    assert Dropped.get().count == 1


def test_only_devices_in_service_are_listened_to(school: School) -> None:
    Device.update(status="removed").where(Device.id == TWO).execute()
    assert school.intake.active({ONE, TWO, "d-stranger"}) == {ONE}
    assert school.intake.active(set()) == set()
