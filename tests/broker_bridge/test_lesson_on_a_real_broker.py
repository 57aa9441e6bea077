"""A lesson over the real Mosquitto: what is decided in SQLite reaches devices, and what they say comes back."""

import json

import pytest

from appliance.broker.password_file import hub_login as read_hub_login
from appliance.store.models import Device, Dropped, UsageRecord
from protocol.device import MAX_PAYLOAD_BYTES, AckStatus, Leaf, topic
from tests.broker_bridge.test_inbox import GARBAGE
from tests.support.appliance import wait_for
from tests.support.box import Box, Tablet
from tests.support.mqtt import Address, Login, Manners, Peer


def joined(box: Box, count: int = 2, **manners: bool) -> list[Tablet]:
    tablets = [box.enroll(**manners).connect() for _ in range(count)]
    box.wait_for_online(*tablets)
    return tablets


def dropped_of(tablet: Tablet) -> dict[str, int]:
    return {row.reason: row.count for row in Dropped.select().where(Dropped.device_id == tablet.id)}


def test_every_gesture_is_done_by_every_device_and_its_receipt_says_so(shared_box: Box) -> None:
    tablets = joined(shared_box, 3)
    lesson_id = shared_box.start_lesson(tablets)
    for gesture_id in (
        shared_box.perform(lesson_id, "eyes_up", message="Les yeux vers moi"),
        shared_box.perform(lesson_id, "open_link", url="education.fr"),
        shared_box.perform(lesson_id, "restrict", sound="blocked"),
        shared_box.perform(lesson_id, "message", text="Bravo"),
    ):
        shared_box.wait_for_receipts(gesture_id, "succeeded")
    assert [len(one.effects) for one in tablets] == [2, 2, 2]
    shared_box.services.lessons.end(shared_box.teacher, lesson_id)


@pytest.mark.contract("2.desired_is_retained_from_hub")
def test_a_device_that_was_away_finds_what_it_should_be_when_it_comes(shared_box: Box) -> None:
    tablet = shared_box.enroll()
    lesson_id = shared_box.start_lesson([tablet])
    state = shared_box.perform(lesson_id, "eyes_up", message="Ici")
    command = shared_box.perform(lesson_id, "identify")
    tablet.connect()
    shared_box.wait_for_receipts(state, "succeeded")
    shared_box.wait_for_receipts(command, "succeeded")
    shared_box.services.lessons.end(shared_box.teacher, lesson_id)
    wait_for(lambda: tablet.version == version_of(tablet), what="released")


def version_of(tablet: Tablet) -> int:
    return int(Device.get_by_id(tablet.id).version)


@pytest.mark.contract("2.commands_are_not_retained")
def test_commands_are_never_retained(shared_box: Box) -> None:
    (tablet,) = joined(shared_box, 1, answers=False)
    lesson_id = shared_box.start_lesson([tablet])
    shared_box.perform(lesson_id, "identify")
    wait_for(lambda: tablet.effects, what="the command")
    shared_box.services.lessons.end(shared_box.teacher, lesson_id)
    tablet.close()
    later = Tablet(tablet.id, tablet.password, tablet.port).connect()
    shared_box.wait_for_online(later)
    wait_for(lambda: later.version, what="the desired state, which comes after nothing else")
    assert (later.effects, tablet.retained_commands, later.retained_commands) == ([], 0, 0)


@pytest.mark.contract("2.last_will_is_offline", "2.presence_is_retained_from_device")
def test_a_device_that_vanishes_is_offline_by_its_last_will(shared_box: Box) -> None:
    stays, goes = joined(shared_box)
    goes.vanish()
    shared_box.wait_for_offline(goes)
    assert stays.id in shared_box.online()


@pytest.mark.contract("0.a_drop_never_stops_the_hub", "0.drops_are_counted_per_device_and_reason")
def test_garbage_of_every_kind_is_counted_for_its_device_while_the_other_one_works(shared_box: Box) -> None:
    good, bad = joined(shared_box)
    lesson_id = shared_box.start_lesson([good, bad])
    for payload in GARBAGE.values():
        for leaf in (Leaf.ACKS, Leaf.REPORTED):
            bad.say(leaf, payload)
    gesture_id = shared_box.perform(lesson_id, "identify", [good])
    shared_box.wait_for_receipts(gesture_id, "succeeded")
    wait_for(lambda: sum(dropped_of(bad).values()) >= 2 * len(GARBAGE) - 3, what="drops")
    assert set(map(str, GARBAGE)) <= set(dropped_of(bad))
    assert dropped_of(good) == {}
    assert shared_box.bridge_runs
    shared_box.services.lessons.end(shared_box.teacher, lesson_id)


@pytest.mark.contract("0.larger_than_64_kib_is_dropped")
def test_64_kib_pass_and_one_byte_more_is_counted(shared_box: Box) -> None:
    (tablet,) = joined(shared_box, 1)
    frame = json.dumps({"version": 0, "foreground": ""}).encode()
    fits = frame[:-2] + b"x" * (MAX_PAYLOAD_BYTES - len(frame)) + frame[-2:]
    assert len(fits) == MAX_PAYLOAD_BYTES
    tablet.say(Leaf.REPORTED, fits)
    tablet.say(Leaf.REPORTED, fits[:-2] + b"x" + fits[-2:])
    tablet.say(Leaf.REPORTED, b"x" * 200_000)
    wait_for(lambda: dropped_of(tablet) == {"too_large": 2}, what="two drops")


@pytest.mark.contract("5.sent_again_counts_once", "2.usage_ack_is_not_retained")
def test_usage_is_answered_with_its_watermark_and_counts_once(shared_box: Box) -> None:
    (tablet,) = joined(shared_box, 1)
    for _ in range(3):
        tablet.say_usage("b1", 18, 19)
    tablet.say_usage("b1", 21)
    tablet.say_usage("b1", 20)
    wait_for(lambda: ("b1", 21) in tablet.watermarks, what="the watermark")
    assert UsageRecord.select().where(UsageRecord.device == tablet.id).count() == 4
    assert max(up_to for _, up_to in tablet.watermarks) == 21


@pytest.mark.contract("4.first_final_status_stands")
def test_answers_that_are_late_foreign_or_doubled_change_nothing(shared_box: Box) -> None:
    one, other = joined(shared_box, answers=False)
    lesson_id = shared_box.start_lesson([one, other])
    gesture_id = shared_box.perform(lesson_id, "identify", [one])
    wait_for(lambda: one.effects, what="the command")
    other.ack(one.effects[0], AckStatus.FAILED)
    one.ack("0199-nobodys")
    one.ack(one.effects[0], AckStatus.DONE)
    one.ack(one.effects[0], AckStatus.FAILED)
    one.say_usage("mark", 1)
    wait_for(lambda: one.watermarks, what="all of it was read")
    assert set(shared_box.receipts(gesture_id).values()) == {"succeeded"}
    shared_box.services.lessons.end(shared_box.teacher, lesson_id)
    one.ack(one.effects[0], AckStatus.FAILED)


@pytest.mark.contract("0.refused_by_the_broker_itself", "0.device_keeps_to_the_directions")
def test_a_message_on_another_devices_topic_is_refused_and_reaches_nobody(shared_box: Box) -> None:
    victim, attacker = joined(shared_box)
    attacker.close()
    login = Login(attacker.id, attacker.password)
    with Peer(Address(port=shared_box.config.mqtt_port), login, Manners()) as peer:
        for leaf in Leaf:
            assert peer.publish(topic(victim.id, leaf), b"offline") == 0x87
        assert peer.publish(topic(attacker.id, Leaf.DESIRED), b"{}") == 0x87
        assert peer.publish(topic(attacker.id, Leaf.USAGE), b"{}") == 0
        wait_for(lambda: dropped_of(attacker), what="its own garbage")
    assert victim.id in shared_box.online()
    assert dropped_of(victim) == {}


@pytest.mark.contract("1.removed_device_loses_its_connection_at_once", "1.removed_device_loses_its_password_at_once")
def test_a_removed_device_is_out_at_once_and_leaves_nothing_retained(shared_box: Box) -> None:
    stays, goes = joined(shared_box)
    goes.say(Leaf.REPORTED, b'{"version": 1}', retain=True)
    wait_for(lambda: retained(shared_box, goes) >= {"desired", "presence", "reported"}, what="its retained messages")
    shared_box.services.devices.revoke(goes.id, shared_box.teacher)
    wait_for(lambda: not retained(shared_box, goes), what="nothing retained, its last will included")
    assert goes.id not in shared_box.online()
    assert retained(shared_box, stays) >= {"desired", "presence"}


def retained(box: Box, tablet: Tablet) -> set[str]:
    with Peer(Address(path=box.settings.socket_path, transport="unix"), hub_login(box), Manners(clean=True)) as peer:
        peer.subscribe(f"devices/{tablet.id}/#", "hub/test")
        peer.publish("hub/test", b"end")
        peer.wait_for(b"end")
        return {one.topic.rsplit("/", 1)[-1] for one in peer.messages if one.retained}


def hub_login(box: Box) -> Login:
    login = read_hub_login(box.settings)
    return Login(login.username, login.password, "hub-test")


def test_ten_gestures_in_one_second_are_all_done_in_their_order(shared_box: Box) -> None:
    (tablet,) = joined(shared_box, 1)
    lesson_id = shared_box.start_lesson([tablet])
    made = [shared_box.perform(lesson_id, "message", text=str(number)) for number in range(10)]
    locks = [shared_box.perform(lesson_id, "restrict", lock={"message": str(number)}) for number in range(10)]
    for gesture_id in made:
        shared_box.wait_for_receipts(gesture_id, "succeeded")
    shared_box.wait_for_receipts(locks[-1], "succeeded")
    assert len(tablet.effects) == 10
    assert tablet.versions == sorted(tablet.versions)
    shared_box.services.lessons.end(shared_box.teacher, lesson_id)
