"""Messages become facts, one by one read and many at a time recorded; nobody's message harms another."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import IntegrityError, OperationalError

from appliance.broker_bridge.flood import MOST_PER_SECOND
from appliance.broker_bridge.inbox import MOST_AT_ONCE, MOST_WAITING, Inbox
from appliance.mqtt import Message
from appliance.services.intake import Batch, Intake, Outcome
from appliance.services.live_state import LiveStates
from appliance.store.live import live_database, open_live, read_live
from appliance.store.models import Device, Dropped, UsageRecord
from protocol.device import MAX_PAYLOAD_BYTES, Ack, AckStatus, Leaf, Reason, encode_ack, topic
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store

ONE, TWO = device_id(1), device_id(2)


class Desk:
    """An inbox on a real store, with a pen to write messages and an ear for acknowledgements."""

    def __init__(self, school: School, intake: Intake | None = None) -> None:
        self.school = school
        self.live = LiveStates()
        self.inbox = Inbox(school.clock, intake or school.intake, self.live)
        self.acknowledged: list[int] = []
        self.outcomes: list[Outcome] = []
        self.inbox.on_outcome = self.outcomes.append
        self._packet_id = 0

    def send(self, leaf: Leaf, payload: bytes | object, device: str = ONE, *, retained: bool = False) -> int:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.receive(topic(device, leaf), raw, retained)

    def receive(self, name: str, payload: bytes, retained: bool = False) -> int:
        self._packet_id += 1
        self.inbox.receive(Message(name, payload, retained, self._packet_id))
        return self._packet_id

    def work(self) -> None:
        while self.inbox.step(lambda message: self.acknowledged.append(message.packet_id)):
            pass

    def dropped(self) -> dict[tuple[str, str], int]:
        return {(row.device_id, row.reason): row.count for row in Dropped.select()}


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    open_live(tmp_path / "live.db")
    with opened_store(tmp_path), live_database.connection_context():
        yield School(HandClock(), tmp_path)
    live_database.close()


@pytest.fixture
def desk(school: School) -> Desk:
    return Desk(school)


@pytest.fixture
def command(school: School) -> str:
    gesture_id = school.perform(school.start(), "identify", [ONE])
    return str(school.receipt(gesture_id).id)


def usage(*numbers: int, boot: str = "b1") -> dict[str, object]:
    record = {"app": "org.kde.gcompris", "started_at": "2026-11-23T09:02:11Z", "seconds": 312}
    return {"boot": boot, "records": [{"seq": number, **record} for number in numbers]}


GARBAGE = {
    Reason.NOT_JSON: b'{"id": ',
    Reason.TOO_LARGE: b'{"id": "' + b"x" * MAX_PAYLOAD_BYTES + b'"}',
    Reason.TOO_DEEP: b'{"id":' + b"[" * 20 + b"]" * 20 + b"}",
    Reason.DUPLICATE_FIELD: b'{"id": "a", "id": "b", "status": "done"}',
    Reason.MISSING_FIELD: b'{"id": "a"}',
    Reason.WRONG_TYPE: b'{"id": 7, "status": "done"}',
    Reason.OUT_OF_RANGE: b'{"id": "' + b"x" * 65 + b'", "status": "done"}',
    Reason.UNPRINTABLE: b'{"id": "a\\u0000", "status": "done"}',
    Reason.BAD_TIME: b'{"id": "a", "status": "done", "at": "yesterday"}',
    Reason.UNKNOWN_VALUE: b'{"id": "a", "status": "perhaps"}',
}


@pytest.mark.contract(
    "0.invalid_json_is_dropped",
    "0.larger_than_64_kib_is_dropped",
    "0.deeper_than_16_is_dropped",
    "0.missing_field_is_dropped",
    "0.drops_are_counted_per_device_and_reason",
    "0.a_drop_never_stops_the_hub",
)
@pytest.mark.parametrize("reason", GARBAGE)
def test_garbage_is_dropped_counted_by_its_reason_and_acknowledged(desk: Desk, command: str, reason: Reason) -> None:
    desk.send(Leaf.ACKS, GARBAGE[reason], device=TWO)
    desk.send(Leaf.ACKS, encode_ack(Ack(command, AckStatus.DONE)))
    desk.work()
    assert desk.dropped() == {(TWO, reason): 1}
    assert desk.acknowledged == [1, 2], "or the broker would give it again for ever"
    assert desk.school.due() == [], "the answer of the other device counts"


def test_every_reason_for_a_drop_is_tried_here() -> None:
    assert set(Reason) - set(GARBAGE) == {Reason.UNKNOWN_TOPIC}, "which the broker's ACL does not let through"


@pytest.mark.contract("0.payloads_are_utf8_json_objects", "0.a_drop_never_changes_another_device")
@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"null", b'"x"', b"\xff\xfe", b"{}", b"\x00" * 50, b"NaN", b"{" * 9000]
)
@pytest.mark.parametrize("leaf", [Leaf.REPORTED, Leaf.ACKS, Leaf.USAGE, Leaf.INVENTORY, Leaf.EVENTS, Leaf.PRESENCE])
def test_no_payload_on_any_topic_stops_the_inbox(desk: Desk, leaf: Leaf, payload: bytes) -> None:
    desk.send(leaf, payload)
    desk.send(Leaf.PRESENCE, b"online", device=TWO)
    desk.work()
    assert sum(desk.dropped().values()) == 1
    assert desk.live.online == {TWO}, "a message that cannot be read is no sign of life"


def test_what_is_too_large_is_not_kept_while_it_waits(desk: Desk) -> None:
    desk.send(Leaf.USAGE, b"x" * 250_000)
    (waiting,) = desk.inbox._waiting
    assert waiting is not None
    assert len(waiting.payload) == MAX_PAYLOAD_BYTES + 1


@pytest.mark.parametrize(
    "name", ["hub/time", "devices/../presence", "devices/d-1/presence", "devices/d-00000001/desired", "devices", ""]
)
def test_other_topics_are_acknowledged_and_nothing_else(desk: Desk, name: str) -> None:
    desk.receive(name, b"online")
    desk.work()
    assert (desk.acknowledged, desk.dropped(), desk.live.online) == ([1], {}, set())


# Presence


@pytest.mark.contract("2.presence_is_bare_text", "2.presence_is_retained_from_device")
def test_presence_is_bare_text_and_comes_as_a_retained_copy_too(desk: Desk) -> None:
    desk.send(Leaf.PRESENCE, b"online", retained=True)
    desk.work()
    assert (desk.live.online, desk.inbox.came_online) == ({ONE}, {ONE})
    desk.send(Leaf.PRESENCE, b"offline")
    desk.work()
    assert desk.live.online == set()


def test_a_retained_report_does_not_prove_that_its_device_is_there(desk: Desk) -> None:
    desk.send(Leaf.REPORTED, {"version": 1}, retained=True)
    desk.work()
    assert desk.live.online == set()
    desk.send(Leaf.REPORTED, {"version": 1})
    desk.work()
    assert desk.live.online == {ONE}


def test_only_what_came_after_the_connection_changed_clears_a_doubt(desk: Desk) -> None:
    """The broker died with this presence on its way to us, and the device with it."""
    for one in (ONE, TWO):
        desk.send(Leaf.PRESENCE, b"online", device=one)
    desk.inbox.connection_changed()
    desk.inbox.connection_changed()
    desk.send(Leaf.PRESENCE, b"online", device=TWO)
    desk.work()
    assert desk.inbox.changes == 2
    assert desk.live.drop_doubtful() == {ONE}


# Strangers


@pytest.mark.parametrize("status", ["removed", "retired"])
def test_what_a_removed_device_left_is_told_so_that_it_can_be_cleared(desk: Desk, status: str) -> None:
    Device.update(status=status).where(Device.id == ONE).execute()
    desk.send(Leaf.PRESENCE, b"offline", retained=True)
    desk.send(Leaf.PRESENCE, b"offline", device="d-xxxxxxxx", retained=True)
    desk.send(Leaf.USAGE, usage(1))
    desk.work()
    assert desk.inbox.strangers == {ONE, "d-xxxxxxxx"}
    assert (desk.live.online, desk.dropped(), UsageRecord.select().count()) == (set(), {}, 0)


def test_our_own_clearing_of_a_stranger_comes_back_to_us_and_means_nothing(desk: Desk) -> None:
    desk.send(Leaf.PRESENCE, b"", device="d-xxxxxxxx")
    desk.work()
    assert (desk.inbox.strangers, desk.dropped(), desk.acknowledged) == (set(), {}, [1])


# Floods


def test_a_flooding_device_is_not_listened_to_and_its_neighbour_is(desk: Desk, command: str) -> None:
    for number in range(2000):
        desk.send(Leaf.USAGE, usage(number), device=TWO)
    desk.send(Leaf.ACKS, encode_ack(Ack(command, AckStatus.DONE)))
    desk.work()
    assert desk.dropped() == {(TWO, "flood"): 2000 - MOST_PER_SECOND}
    assert UsageRecord.select().count() == MOST_PER_SECOND
    assert desk.school.due() == []
    assert len(desk.acknowledged) == 2001
    desk.school.clock.pass_by(seconds=1)
    desk.send(Leaf.USAGE, usage(5000, boot="b2"), device=TWO)
    desk.work()
    assert UsageRecord.select().count() == MOST_PER_SECOND + 1, "a second later it is heard again"


def test_the_last_will_of_a_flooding_device_is_heard(desk: Desk) -> None:
    desk.send(Leaf.PRESENCE, b"online")
    for _ in range(500):
        desk.send(Leaf.EVENTS, {"type": "hand_raised"})
    desk.send(Leaf.PRESENCE, b"offline")
    desk.work()
    assert desk.live.online == set()


# The store in trouble


class Trouble(Intake):
    """A store that cannot, as often as it is told."""

    def __init__(self, error: Exception, times: int = 1, when: str = "record") -> None:
        self.error, self.times, self.when = error, times, when

    def active(self, device_ids: object) -> set[str]:
        self._fail("active")
        return super().active(device_ids)  # type: ignore[arg-type]  # the stand-in is called with whatever its parent takes

    def record(self, batch: Batch, now: object) -> Outcome:
        self._fail("record")
        return super().record(batch, now)  # type: ignore[arg-type]  # the stand-in is called with whatever its parent takes

    def _fail(self, where: str) -> None:
        if self.when == where and self.times:
            self.times -= 1
            raise self.error


@pytest.mark.parametrize("when", ["active", "record"])
@pytest.mark.parametrize("words", ["database or disk is full", "database is locked"])
def test_a_full_disk_keeps_the_messages_unacknowledged_and_they_count_once_when_it_is_over(
    school: School, when: str, words: str
) -> None:
    desk = Desk(school, Trouble(OperationalError(words), times=3, when=when))
    desk.send(Leaf.USAGE, usage(1, 2))
    desk.send(Leaf.ACKS, b"garbage")
    for _ in range(3):
        with pytest.raises(OperationalError):
            desk.work()
        assert desk.acknowledged == []
    desk.send(Leaf.USAGE, usage(3))
    desk.work()
    assert desk.acknowledged == [1, 2, 3]
    assert UsageRecord.select().count() == 3
    assert desk.dropped() == {(ONE, "not_json"): 1}


class Picky(Intake):
    """A store that refuses one device's usage, as a defect of ours would make it."""

    def record(self, batch: Batch, now: object) -> Outcome:
        if any(device == TWO for device, _ in batch.usage):
            raise IntegrityError("CHECK constraint failed")
        return super().record(batch, now)  # type: ignore[arg-type]  # the stand-in is called with whatever its parent takes


def test_a_message_that_the_store_refuses_costs_its_sender_that_message_and_nobody_else_anything(
    school: School, command: str
) -> None:
    desk = Desk(school, Picky())
    desk.send(Leaf.USAGE, usage(1))
    desk.send(Leaf.USAGE, usage(1), device=TWO)
    desk.send(Leaf.EVENTS, b"garbage")
    desk.send(Leaf.ACKS, encode_ack(Ack(command, AckStatus.DONE)))
    desk.work()
    assert desk.acknowledged == [1, 2, 3, 4]
    assert desk.dropped() == {(TWO, "defect"): 1, (ONE, "not_json"): 1}
    assert school.due() == []
    assert [(device, ack.up_to) for outcome in desk.outcomes for device, ack in outcome.usage_acks] == [(ONE, 1)]


def test_messages_are_recorded_many_at_a_time_and_acknowledged_after_that(desk: Desk) -> None:
    for number in range(MOST_AT_ONCE + 1):
        desk.send(Leaf.PRESENCE, b"online", device=device_id(number % 3 + 1))
    desk.inbox.step(lambda message: desk.acknowledged.append(message.packet_id))
    assert desk.acknowledged == list(range(1, MOST_AT_ONCE + 1))
    desk.work()
    assert desk.acknowledged == list(range(1, MOST_AT_ONCE + 2))
    assert desk.live.online == {device_id(n) for n in (1, 2, 3)}


@pytest.mark.contract("7.event_has_the_shape")
def test_a_raised_hand_is_known_and_other_events_are_signs_of_life(desk: Desk) -> None:
    desk.send(Leaf.EVENTS, {"type": "hand_raised", "at": "2026-11-23T09:02:11Z", "ref": "x", "new_field": 1})
    desk.send(Leaf.EVENTS, {"type": "document_opened", "ref": "a" * 64}, device=TWO)
    desk.work()
    desk.live.save()
    assert {one: row.hand_at is not None for one, row in read_live().items()} == {ONE: True, TWO: False}
    assert desk.live.online == {ONE, TWO}


@pytest.mark.contract("0.unknown_fields_are_ignored", "3.reported_has_the_shape")
def test_unknown_fields_of_a_newer_agent_are_ignored(desk: Desk) -> None:
    desk.send(
        Leaf.REPORTED, {"version": 1, "mood": "sunny", "restrictions": {"light": "blocked"}, "unsupported": ["x"]}
    )
    desk.work()
    assert desk.dropped() == {}
    assert desk.live.versions() == {ONE: 1}


def test_a_hand_that_a_device_had_the_broker_keep_is_not_raised_again(desk: Desk) -> None:
    desk.send(Leaf.EVENTS, {"type": "hand_raised"}, retained=True)
    desk.send(Leaf.EVENTS, b"", retained=True)
    desk.work()
    assert desk.dropped() == {(ONE, "retained"): 1}
    assert desk.inbox.wrongly_retained == {(ONE, Leaf.EVENTS)}
    assert ONE not in desk.live.online


def test_what_is_not_held_back_by_the_broker_does_not_fill_the_memory(desk: Desk) -> None:
    for _ in range(MOST_WAITING + 10):
        desk.inbox.receive(Message(topic(ONE, Leaf.EVENTS), b"{}", False, 0))
    desk.send(Leaf.PRESENCE, b"online", TWO)
    assert desk.inbox.waiting == MOST_WAITING + 1
