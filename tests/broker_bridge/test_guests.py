"""A guest leaves nothing behind on a real broker, whoever is killed while it goes."""

import uuid
from dataclasses import replace

import pytest

from appliance.broker.password_file import hub_login
from appliance.store.models import Device, LessonDevice, Receipt
from protocol.device import Leaf, topic
from tests.services.test_enrollment import REQUEST
from tests.support.appliance import wait_for
from tests.support.box import Box, Tablet
from tests.support.mqtt import BAD_LOGIN, Address, Login, Manners, Peer


def invite(box: Box, lesson_id: str, serial: str = "visitor") -> Tablet:
    code = box.services.join_codes.open_for_lesson(box.teacher, lesson_id).code
    token = box.services.join_codes.exchange(code).token.reveal()
    answer = box.services.enrollment.enroll(replace(REQUEST, token=token, serial=serial), "127.0.0.1")
    return Tablet(answer.id, answer.mqtt.password, box.config.mqtt_port)


def kept_by_the_broker(box: Box, guest: Tablet) -> list[str]:
    """Topics of the guest that are retained. What is retained comes before a marker that is sent afterwards."""
    login = hub_login(box.settings)
    address = Address(path=box.settings.socket_path, transport="unix")
    mark = f"devices/{guest.id}/{uuid.uuid4().hex}"
    with Peer(address, Login(login.username, login.password, f"look-{uuid.uuid4().hex}"), Manners(clean=True)) as peer:
        peer.subscribe(f"devices/{guest.id}/#")
        peer.publish(mark, b"here")
        peer.wait_for(b"here")
        return [message.topic for message in peer.messages if message.retained]


def is_forgotten(box: Box, guest: Tablet) -> bool:
    rows = Device.select().where(Device.id == guest.id).count()
    rows += LessonDevice.select().where(LessonDevice.device == guest.id).count()
    rows += Receipt.select().where(Receipt.device == guest.id).count()
    return rows == 0 and guest.id not in box.online() and kept_by_the_broker(box, guest) == []


def may_connect(box: Box, guest: Tablet) -> bool:
    peer = Peer(Address(port=box.config.mqtt_port), Login(guest.id, guest.password), Manners(clean=True))
    code = peer.connect()
    if code == 0:
        peer.close()
        return True
    assert code in BAD_LOGIN
    return False


def in_a_lesson(box: Box) -> tuple[str, Tablet, Tablet]:
    """A tablet and a guest, both locked."""
    tablet = box.enroll().connect()
    lesson_id = box.start_lesson([tablet])
    guest = invite(box, lesson_id).connect()
    box.wait_for_online(tablet, guest)
    gesture_id = box.perform(lesson_id, "eyes_up", message="Les yeux vers moi")
    box.wait_for_receipts(gesture_id, "succeeded")
    assert topic(guest.id, Leaf.DESIRED) in kept_by_the_broker(box, guest)
    return lesson_id, tablet, guest


def test_a_guest_is_free_and_out_at_once_when_the_lesson_ends_and_then_forgotten(shared_box: Box) -> None:
    box = shared_box
    lesson_id, tablet, guest = in_a_lesson(box)
    version = guest.version
    box.services.lessons.end(box.teacher, lesson_id)
    wait_for(lambda: guest.version > version, what="its last word is that it is free")
    wait_for(lambda: not guest.client.is_connected(), what="it is out")
    assert not may_connect(box, guest)
    wait_for(lambda: is_forgotten(box, guest), 20, what=f"forgotten: {box.log[-2000:]}")
    assert tablet.client.is_connected()
    guest.vanish()
    tablet.close()


def test_a_guest_that_is_sent_away_is_forgotten_while_the_lesson_goes_on(shared_box: Box) -> None:
    box = shared_box
    lesson_id, tablet, guest = in_a_lesson(box)
    box.services.guests.remove(box.teacher, lesson_id, guest.id)
    wait_for(lambda: is_forgotten(box, guest), 20, what=f"forgotten: {box.log[-2000:]}")
    assert not may_connect(box, guest)
    assert tablet.client.is_connected()
    again = invite(box, lesson_id)
    assert again.id != guest.id
    box.services.lessons.end(box.teacher, lesson_id)
    guest.vanish()
    tablet.close()


def test_a_guest_that_never_connected_is_forgotten_too(shared_box: Box) -> None:
    box = shared_box
    tablet = box.enroll()
    lesson_id = box.start_lesson([tablet])
    guest = invite(box, lesson_id)
    wait_for(lambda: kept_by_the_broker(box, guest), what="its desired state")
    box.services.lessons.end(box.teacher, lesson_id)
    wait_for(lambda: is_forgotten(box, guest), 20, what=f"forgotten: {box.log[-2000:]}")


@pytest.mark.parametrize("when", ["before it knew", "between the broker and the store"])
def test_a_bridge_that_is_killed_while_a_guest_goes_does_it_again(box: Box, when: str) -> None:
    lesson_id, tablet, guest = in_a_lesson(box)
    if when == "before it knew":
        box.kill_bridge()
        box.services.lessons.end(box.teacher, lesson_id)
        assert kept_by_the_broker(box, guest) != []
    else:
        box.services.lessons.end(box.teacher, lesson_id)
        with box.held_store():
            wait_for(lambda: topic(guest.id, Leaf.DESIRED) not in kept_by_the_broker(box, guest), what="cleared")
            box.kill_bridge()
    assert Device.select().where(Device.id == guest.id).count() == 1, "the test must have hit the moment before"
    box.start_bridge()
    wait_for(lambda: is_forgotten(box, guest), 30, what=f"forgotten: {box.log[-2000:]}")
    assert not may_connect(box, guest)
    guest.vanish()
    tablet.close()


def test_a_broker_that_is_killed_while_a_guest_goes_keeps_nothing_of_it(box: Box) -> None:
    lesson_id, tablet, guest = in_a_lesson(box)
    box.kill_broker()
    box.services.lessons.end(box.teacher, lesson_id)
    assert Device.select().where(Device.id == guest.id).count() == 1
    box.start_broker()
    wait_for(lambda: is_forgotten(box, guest), 30, what=f"forgotten: {box.log[-2000:]}")
    assert not may_connect(box, guest)
    guest.vanish()
    tablet.close()
