"""A device that was wiped, or has lost its storage, and enrolls again: nothing of before is done to it twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.services.device_orders import order_device
from appliance.services.enrollment import Door, Enrollment, hash_token
from appliance.services.outgoing import Outgoing
from appliance.store.live import live_database, open_live
from appliance.store.models import Device, EnrollmentToken, Gesture, Lesson, Receipt
from protocol.device import CommandType, EnrollmentRequest, Kind
from tests.services.school import ADMIN, add_device, add_people
from tests.support.store import HandClock, opened_store
from tests.uplink.ordered import OrderedBox, receipts, state_of


@pytest.fixture
def box(tmp_path: Path) -> Iterator[OrderedBox]:
    with opened_store(tmp_path):
        open_live(tmp_path / "live.db")
        yield OrderedBox(tmp_path, HandClock())
        live_database.close()


def wipe(box: OrderedBox, device: str) -> str:
    box.put_online(device)
    order = box.give("wipe", "vault", args={"device": device})
    box.run()
    return order


def enroll_again(box: OrderedBox, device: str) -> None:
    now = box.clock.now()
    EnrollmentToken.create(
        token_hash=hash_token("sheet"), uses=5, created_at=now, created_by="user:3", expires_at=now + timedelta(days=1)
    )
    request = EnrollmentRequest(
        token="sheet", serial=Device.get_by_id(device).serial, manufacturer="samsung", model="SM-X200",
        kind=Kind.TABLET, os="Android 14", agent="preau-sim/1.0", capabilities=frozenset(),
    )  # fmt: skip
    assert Enrollment(box.clock, Door(1883, 9001), lambda: None).enroll(request, "box.local").id == device


def due(box: OrderedBox, device: str) -> list[str]:
    return [one.command.type.value for one in Outgoing("http", 80).due({device}, box.clock.now())]


@pytest.mark.parametrize(
    ("was", "state"),
    [
        ("queued", ("canceled", "reenrolled")),  # it was for the device as it was
        ("sent", ("unknown", "reenrolled")),  # wiped, or its storage was cleared by somebody
        ("acknowledged", ("done", "")),  # it had said that it would
    ],
)
def test_a_device_that_enrolls_again_is_not_wiped_again(box: OrderedBox, was: str, state: tuple[str, str]) -> None:
    device = add_device()
    order = wipe(box, device)
    Receipt.update(state=was, tries=0 if was == "queued" else 1).execute()
    enroll_again(box, device)
    box.clock.pass_by(minutes=5)
    assert due(box, device) == [], "before anybody has looked at the instruction"
    box.run()
    assert state_of(order) == state
    Outgoing("http", 80).retry_at_once([device])
    assert due(box, device) == []
    assert receipts(order)[-1] == state


def test_an_order_that_comes_after_the_enrollment_is_carried_out(box: OrderedBox) -> None:
    device = add_device()
    wipe(box, device)
    Receipt.update(state="sent", tries=1).execute()
    enroll_again(box, device)
    box.run()
    order = wipe(box, device)
    assert state_of(order)[0] == "started" and due(box, device) == ["wipe"]


def test_only_what_the_class_had_not_sent_yet_waits_for_the_device_that_came_back(box: OrderedBox) -> None:
    device, now = add_device(), box.clock.now()
    add_people()
    Lesson.create(
        id="l-1",
        teacher=ADMIN.user_id,
        title="Essai",
        started_at=now,
        ends_at=now + timedelta(hours=2),
        force_insert=True,
    )
    sent, unsent = (order_device(device, CommandType.IDENTIFY, now + timedelta(hours=1), now) for _ in range(2))
    Gesture.update(lesson="l-1").execute()
    Receipt.update(state="sent", tries=1).where(Receipt.id == sent).execute()
    enroll_again(box, device)
    assert due(box, device) == ["identify"]
    assert [Receipt.get_by_id(one).state for one in (sent, unsent)] == ["canceled", "queued"]
