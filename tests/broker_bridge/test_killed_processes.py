"""Broker and bridge die at the worst moments; nothing acknowledged is lost and nothing is done twice."""

import socket
import struct
import threading
from pathlib import Path

import pytest

from appliance.broker.password_file import hub_login
from appliance.broker.probe import Login as RawLogin
from appliance.broker.probe import encode_connect
from appliance.store.models import Dropped, Journal, Receipt, UsageRecord
from protocol.device import Leaf, parse_hub_time, topic
from tests.support.appliance import wait_for
from tests.support.box import Box, Tablet
from tests.support.mqtt import Address, Login, Manners, Peer


def joined(box: Box, count: int = 2) -> list[Tablet]:
    tablets = [box.enroll().connect() for _ in range(count)]
    box.wait_for_online(*tablets)
    return tablets


def usage_of(tablet: Tablet) -> list[int]:
    query = UsageRecord.select().where(UsageRecord.device == tablet.id).order_by(UsageRecord.seq)
    return [row.seq for row in query]


@pytest.mark.contract("4.device_does_each_at_most_once", "5.sent_again_counts_once")
def test_killed_between_the_arrival_of_an_answer_and_its_commit_the_bridge_is_given_it_again(box: Box) -> None:
    tablet, other = joined(box)
    tablet.answers = False
    lesson_id = box.start_lesson([tablet, other])
    gesture_id = box.perform(lesson_id, "identify", [tablet])
    wait_for(lambda: tablet.effects and set(box.receipts(gesture_id).values()) == {"sent"}, what="sent and noted")
    with box.held_store():
        tablet.ack(tablet.effects[0])
        tablet.say_usage("b1", 1, 2, 3)
        wait_for(lambda: tablet.client._out_messages == {}, what="the broker has taken both")
        wait_for(lambda: waits_in_a_transaction(box), what="the bridge is in the middle of it")
        box.kill_bridge()
    assert set(box.receipts(gesture_id).values()) == {"sent"}, "the test must have hit the moment before the commit"
    box.start_bridge()
    box.wait_for_receipts(gesture_id, "succeeded")
    wait_for(lambda: ("b1", 3) in tablet.watermarks, what="the watermark")
    assert usage_of(tablet) == [1, 2, 3]
    assert len(tablet.effects) == 1


def waits_in_a_transaction(box: Box) -> bool:
    """A thread of the bridge sleeps in SQLite's busy handler: it has nothing else to sleep in for so short a time."""
    return any("nanosleep" in (task / "wchan").read_text() for task in Path(f"/proc/{box.bridge_pid}/task").iterdir())


def test_killed_between_the_publish_and_its_note_the_bridge_repeats_and_the_device_does_it_once(box: Box) -> None:
    (tablet,) = joined(box, 1)
    lesson_id = box.start_lesson([tablet])
    first = box.perform(lesson_id, "identify")
    wait_for(lambda: Receipt.get(Receipt.gesture == first).tries, what="the first is noted: nothing else is to write")
    box.wait_for_receipts(first, "succeeded")
    tablet.effects.clear()
    tablet.answers = False
    gesture_id = box.perform(lesson_id, "identify")
    with box.held_store():
        wait_for(lambda: tablet.effects, what="the command")
        box.kill_bridge()
    tablet.answers = True
    box.start_bridge()
    box.wait_for_receipts(gesture_id, "succeeded")
    assert len(tablet.effects) == 1


def test_a_gesture_made_while_the_bridge_is_dead_is_done_when_it_is_back(box: Box) -> None:
    tablets = joined(box)
    lesson_id = box.start_lesson(tablets)
    box.kill_bridge()
    state = box.perform(lesson_id, "eyes_up", message="Ici")
    command = box.perform(lesson_id, "identify")
    for tablet in tablets:
        tablet.say_usage("b1", 1)
    box.start_bridge()
    for gesture_id in (state, command):
        box.wait_for_receipts(gesture_id, "succeeded")
    assert [len(one.effects) for one in tablets] == [1, 1]
    wait_for(lambda: [usage_of(one) for one in tablets] == [[1], [1]], what="usage said meanwhile")


def test_a_lesson_that_ends_while_the_bridge_is_dead_leaves_no_command_behind(box: Box) -> None:
    (tablet,) = joined(box, 1)
    lesson_id = box.start_lesson([tablet])
    wait_for(lambda: tablet.version, what="the lesson's state")
    box.kill_bridge()
    gesture_id = box.perform(lesson_id, "identify")
    box.services.lessons.end(box.teacher, lesson_id)
    box.start_bridge()
    known = tablet.version
    wait_for(lambda: tablet.version > known, what="the state after the lesson")
    assert tablet.effects == []
    assert set(box.receipts(gesture_id).values()) == {"canceled"}


@pytest.mark.contract("3.version_never_goes_back", "4.hub_repeats_until_acknowledged_or_expired")
def test_a_killed_broker_is_filled_again_from_the_store(box: Box) -> None:
    tablet, silent = joined(box)
    silent.answers = False
    lesson_id = box.start_lesson([tablet, silent])
    box.wait_for_receipts(box.perform(lesson_id, "restrict", [tablet], sound="blocked"), "succeeded")
    command = box.perform(lesson_id, "identify", [silent])
    wait_for(lambda: silent.effects, what="the command")
    tablet.say_usage("b1", 1, 2)
    wait_for(lambda: tablet.watermarks, what="the watermark")
    versions = {one.id: one.version for one in (tablet, silent)}
    connections = tablet.connections
    box.kill_broker()
    silent.answers = True
    meanwhile = box.perform(lesson_id, "message", [tablet], text="Vous m’entendez ?")
    box.start_broker()
    box.wait_for_receipts(command, "succeeded")
    box.wait_for_receipts(meanwhile, "succeeded")
    tablet.say_usage("b1", 1, 2, 3)
    wait_for(lambda: ("b1", 3) in tablet.watermarks, what="the watermark")
    assert usage_of(tablet) == [1, 2, 3]
    assert tablet.connections > connections
    assert len(silent.effects) == 1, "said again, done once"
    assert silent.delivered[silent.effects[0]] >= 2
    later = Tablet(tablet.id, tablet.password, tablet.port)
    tablet.close()
    later.connect()
    wait_for(lambda: later.version, what="its retained state")
    assert later.version >= versions[tablet.id]
    assert tablet.versions == sorted(tablet.versions)


def test_what_the_broker_never_took_is_not_sent_after_the_lesson_is_over(box: Box) -> None:
    """The command waits in the client library when the broker dies; it must not come out later by itself."""
    (tablet,) = joined(box, 1)
    lesson_id = box.start_lesson([tablet])
    wait_for(lambda: tablet.version, what="the lesson's state")
    assert box._broker is not None
    box._broker.send_signal(19)  # SIGSTOP: takes nothing any more, and the connection looks well
    gesture_id = box.perform(lesson_id, "identify")
    wait_for(lambda: set(box.receipts(gesture_id).values()) == {"sent"}, what="handed to the client library")
    box.kill_broker()
    box.services.lessons.end(box.teacher, lesson_id)
    known = tablet.version
    box.start_broker()
    wait_for(lambda: tablet.version > known, what="the state after the lesson")
    later = box.start_lesson([tablet])
    box.wait_for_receipts(box.perform(later, "report"), "succeeded")
    assert len(tablet.effects) == 1, "the later lesson's command only"


@pytest.mark.contract("2.last_will_is_offline")
def test_a_device_that_died_with_the_broker_does_not_stay_online_and_the_other_does(box: Box) -> None:
    stays, goes = joined(box)
    goes.client._reconnect_on_failure = False
    box.kill_broker()
    box.start_broker()
    box.wait_for_offline(goes, seconds=40)
    assert stays.id in box.online()
    assert "not_seen_again devices=1" in box.log


def test_both_killed_at_once_and_started_again_hold_the_lesson_on(box: Box) -> None:
    tablets = joined(box)
    lesson_id = box.start_lesson(tablets)
    gesture_id = box.perform(lesson_id, "eyes_up", message="Ici")
    box.kill_bridge()
    box.kill_broker()
    box.start_broker()
    box.start_bridge()
    box.wait_for_receipts(gesture_id, "succeeded")
    box.wait_for_receipts(box.perform(lesson_id, "identify"), "succeeded")


@pytest.mark.contract("2.hub_time_every_30_s", "0.device_reads_hub_time")
def test_the_hubs_time_is_said_when_the_bridge_comes(box: Box) -> None:
    tablet = box.enroll()
    with Peer(Address(port=box.config.mqtt_port), Login(tablet.id, tablet.password), Manners()) as peer:
        peer.subscribe("hub/time")
        box.kill_bridge()
        box.start_bridge()
        (said, *_) = peer.wait_for_count(1)
    assert (said.topic, said.retained) == ("hub/time", False)
    assert abs((parse_hub_time(said.payload) - box.services.clock.now()).total_seconds()) < 5


def test_a_device_removed_while_the_bridge_is_dead_leaves_nothing_retained(box: Box) -> None:
    stays, goes = joined(box)
    wait_for(lambda: goes.version and stays.version, what="both know their state")
    box.kill_bridge()
    box.services.devices.revoke(goes.id, box.teacher)
    assert {"desired", "presence"} <= retained(box, goes)
    box.start_bridge()
    wait_for(lambda: not retained(box, goes), what="nothing retained")
    assert {"desired", "presence"} <= retained(box, stays)


def retained(box: Box, tablet: Tablet) -> set[str]:
    login = hub_login(box.settings)
    address = Address(path=box.settings.socket_path, transport="unix")
    with Peer(address, Login(login.username, login.password, "hub-test"), Manners(clean=True)) as peer:
        peer.subscribe(f"devices/{tablet.id}/#", "hub/test")
        peer.publish("hub/test", b"end")
        peer.wait_for(b"end")
        return {one.topic.rsplit("/", 1)[-1] for one in peer.messages if one.retained}


class Flood:
    """Messages by plain sockets, as fast as they go, until it is put out: a million would be enough."""

    def __init__(self, box: Box, tablet: Tablet, payload: bytes, count: int = 1_000_000) -> None:
        self._box, self._tablet, self._payload, self._count = box, tablet, payload, count
        self.sent = 0
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        name = topic(self._tablet.id, Leaf.EVENTS).encode()
        with socket.create_connection(("127.0.0.1", self._box.config.mqtt_port)) as connection:
            connection.sendall(encode_connect(RawLogin(self._tablet.id, self._tablet.password, self._tablet.id)))
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()
            for number in range(self._count):
                body = struct.pack(">H", len(name)) + name + struct.pack(">H", number % 65_535 + 1) + self._payload
                try:
                    connection.sendall(b"\x32" + _length(len(body)) + body)
                except OSError:
                    return
                self.sent += 1

    @staticmethod
    def _hear(connection: socket.socket) -> None:
        try:
            while connection.recv(65_536):
                pass
        except OSError:
            return


def _length(size: int) -> bytes:
    encoded = bytearray()
    while True:
        size, seven = divmod(size, 128)
        encoded.append(seven | (128 if size else 0))
        if not size:
            return bytes(encoded)


@pytest.mark.parametrize("payload", [b'{"type": "hand_raised"}', b"x" * 100_000], ids=["small", "too large"])
def test_while_one_device_floods_anothers_gesture_gets_through(box: Box, payload: bytes) -> None:
    good, bad = joined(box)
    lesson_id = box.start_lesson([good, bad])
    wait_for(lambda: good.version and bad.version, what="both know their state")
    bad.close()
    flood = Flood(box, bad, payload)
    flood.thread.start()
    wait_for(lambda: flood.sent > 100, what="the flood")
    for _ in range(3):
        box.wait_for_receipts(box.perform(lesson_id, "identify", [good]), "succeeded", 30)
    flood.thread.join()
    assert flood.sent < 1_000_000, "it was put out"
    wait_for(
        lambda: Dropped.select().where(Dropped.device_id == bad.id, Dropped.reason == "flood").exists(), what="count"
    )
    assert Journal.get(Journal.action == "device.suspend").target == f"device:{bad.id}"
    assert not Dropped.select().where(Dropped.device_id == good.id).exists()
    assert resident_mb(box.bridge_pid) < 150
    box.wait_for_offline(bad)


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
