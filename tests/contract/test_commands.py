"""Contract, sections 4 to 7: orders that happen once, usage, inventory, events."""

import uuid
from typing import Any

import pytest

from tests.contract.conftest import School, Tablet, now
from tests.support.appliance import wait_for


def gesture(school: School, lesson: str, kind: str, **args: object) -> str:
    gesture_id = str(uuid.uuid4())
    response = school.teacher.gesture(lesson, kind, gesture_id, args=args)
    assert response.status_code == 201, response.text
    return gesture_id


def counts(school: School, lesson: str) -> dict[str, int]:
    found: dict[str, int] = school.teacher.board(lesson)["gesture"]["counts"]
    return found


@pytest.mark.contract("4.command_has_the_shape", "4.id_is_a_uuidv7", "2.commands_are_not_retained",
                      "4.commands_of_a_lesson_expire_with_it", "4.open_link_is_http_or_https")  # fmt: skip
def test_a_link_reaches_the_device_as_a_command(school: School, tablet: Tablet, lesson: str) -> None:
    gesture(school, lesson, "open_link", url="https://example.org/a?b=c")
    command = tablet.wait("commands")
    assert set(command) == {"id", "type", "issued_at", "expires_at", "args"}
    assert uuid.UUID(command["id"]).version == 7
    assert (command["type"], command["args"]) == ("open_link", {"url": "https://example.org/a?b=c"})
    assert command["expires_at"] == school.teacher.board(lesson)["lesson"]["ends_at"]
    assert not any(one.retained for one in tablet.peer.messages if one.topic == tablet.topic("commands"))


@pytest.mark.contract(
    "4.received_may_come_before_a_final",
    "4.first_final_status_stands",
    "2.acks_are_not_retained",
    "4.ack_has_the_shape",
)
def test_acknowledgements_become_the_receipt_and_the_first_final_one_stands(
    school: School, tablet: Tablet, lesson: str
) -> None:
    gesture(school, lesson, "message", text="Rangez vos affaires")
    command = tablet.wait("commands")
    tablet.ack(command, "received")
    wait_for(lambda: counts(school, lesson) == {"acknowledged": 1}, what="received")
    tablet.ack(command, "done")
    wait_for(lambda: counts(school, lesson) == {"succeeded": 1}, what="done")
    tablet.ack(command, "failed", "too late")
    tablet.ack({"id": str(uuid.uuid4())}, "done")
    gesture(school, lesson, "identify")
    wait_for(lambda: counts(school, lesson) == {"sent": 1}, what="the next gesture is sent")


@pytest.mark.parametrize(
    ("status", "shown"), [("failed", "failed"), ("unsupported", "rejected"), ("expired", "timed_out")]
)
def test_a_refusal_is_shown_with_its_reason(
    school: School, tablet: Tablet, lesson: str, status: str, shown: str
) -> None:
    gesture(school, lesson, "open_app", package="org.kde.gcompris")
    tablet.ack(tablet.wait("commands"), status, "not installed")
    wait_for(lambda: counts(school, lesson) == {shown: 1}, what=shown)
    (problem,) = school.teacher.board(lesson)["gesture"]["problems"]
    assert problem["error"] == "not installed"


@pytest.mark.contract("4.hub_repeats_until_acknowledged_or_expired")
def test_a_command_is_repeated_until_it_is_acknowledged(school: School, tablet: Tablet, lesson: str) -> None:
    gesture(school, lesson, "identify")

    def twice() -> list[dict[str, Any]] | None:
        heard = tablet.heard("commands")
        return heard if len(heard) >= 2 else None

    first, second = wait_for(twice, 20, "the same command again")[:2]
    assert first == second
    tablet.ack(first, "done")
    wait_for(lambda: counts(school, lesson) == {"succeeded": 1}, what="done")


@pytest.mark.contract("4.expired_command_is_never_carried_out", "4.commands_of_a_lesson_expire_with_it")
def test_a_command_that_waited_for_an_absent_device_dies_with_the_lesson(school: School) -> None:
    answer = school.enroll()
    lesson = school.teacher.start_lesson([answer["id"]])
    gesture(school, lesson, "open_link", url="https://example.org/")
    assert counts(school, lesson) == {"offline": 1}
    school.teacher.post(f"/lessons/{lesson}/end", {})
    with school.peer(answer) as peer:
        late = Tablet(answer, peer)
        late.come_online()
        late.wait("desired", lambda one: one["lesson"] is None)
        late.say("usage", {"boot": "late", "records": [usage(1)]})
        late.wait("usage/ack")
        assert late.heard("commands") == []
    assert counts(school, lesson) == {"canceled": 1}


@pytest.mark.contract(
    "4.wipe_is_from_the_dsi_only",
    "4.message_is_at_most_500_characters",
    "4.open_link_is_http_or_https",
    "4.open_app_names_a_package",
)
@pytest.mark.parametrize(("kind", "args"), [
    ("wipe", {}), ("reboot", {}), ("release", {}), ("message", {"text": "a" * 501}), ("message", {"text": " "}),
    ("open_link", {"url": "javascript:alert(1)"}), ("open_link", {"url": "file:///etc/passwd"}),
    ("open_link", {"url": "https://user:secret@example.org/"}), ("open_app", {"package": "x; rm"}),
    ("open_document", {"sha256": "0" * 64}), ("restrict", {"sound": "loud"}), ("restrict", {}),
])  # fmt: skip
def test_what_a_teacher_cannot_order_never_leaves(
    school: School, tablet: Tablet, lesson: str, kind: str, args: dict[str, object]
) -> None:
    response = school.teacher.gesture(lesson, kind, str(uuid.uuid4()), args=args)
    assert response.status_code in (404, 422), response.text
    assert response.json()["error"]["text"]
    tablet.say("usage", {"boot": "quiet", "records": [usage(1)]})
    tablet.wait("usage/ack")
    assert tablet.heard("commands") == []


def usage(seq: int, app: str = "org.kde.gcompris") -> dict[str, object]:
    return {"seq": seq, "app": app, "started_at": now(), "seconds": 12}


@pytest.mark.contract("5.sent_again_counts_once", "2.usage_is_not_retained", "2.usage_ack_is_not_retained",
                      "5.usage_has_the_shape", "5.device_keeps_records_until_acknowledged")  # fmt: skip
def test_the_watermark_follows_the_records_without_a_gap(tablet: Tablet) -> None:
    def sent(*seqs: int) -> int:
        before = len(tablet.heard("usage/ack"))
        tablet.say("usage", {"boot": "b1", "records": [usage(seq) for seq in seqs]})
        acks = tablet.peer.wait(
            lambda: heard if len(heard := tablet.heard("usage/ack")) > before else None, "a usage ack"
        )
        assert acks[-1]["boot"] == "b1"
        return int(acks[-1]["up_to"])

    assert sent(18) == 18
    assert sent(19, 20) == 20
    assert sent(19, 20) == 20
    assert sent(23) == 20
    assert sent(21, 22) == 23
    assert not any(one.retained for one in tablet.peer.messages if one.topic == tablet.topic("usage/ack"))


@pytest.mark.contract("5.boot_changes_with_each_start")
def test_a_new_boot_counts_from_its_own_start(tablet: Tablet) -> None:
    tablet.say("usage", {"boot": "first", "records": [usage(7)]})
    assert tablet.wait("usage/ack") == {"boot": "first", "up_to": 7}
    tablet.say("usage", {"boot": "second", "records": [usage(0), usage(1)]})
    assert tablet.wait("usage/ack", lambda one: one["boot"] == "second") == {"boot": "second", "up_to": 1}


@pytest.mark.contract("6.inventory_has_the_shape", "2.inventory_is_retained")
def test_the_inventory_fills_the_boards_list_of_apps(school: School, tablet: Tablet, lesson: str) -> None:
    body = {"serial": "x", "manufacturer": "samsung", "model": "SM-X200", "os": "Android 14",
            "security_patch": "2026-09-01", "storage_total": 32010928128, "agent": "contract/1",
            "packages": [{"name": "org.contract.only", "version_code": 1, "version_name": "1"}]}  # fmt: skip
    tablet.say("inventory", body, retain=True)
    asked = f"/lessons/{lesson}/board.json?apps=1"
    wait_for(lambda: "org.contract.only" in str(school.teacher.get(asked).json()["apps"]), what="the app in the list")


@pytest.mark.contract("7.event_has_the_shape", "2.events_are_not_retained")
def test_a_raised_hand_is_on_the_board_until_it_is_lowered(school: School, tablet: Tablet, lesson: str) -> None:
    tablet.say("events", {"type": "hand_raised", "at": now(), "ref": None})
    wait_for(lambda: school.teacher.board(lesson)["tiles"][0]["hand_at"], what="the hand")
    tablet.say("events", {"type": "hand_lowered", "at": now()})
    wait_for(lambda: school.teacher.board(lesson)["tiles"][0]["hand_at"] is None, what="no hand")
