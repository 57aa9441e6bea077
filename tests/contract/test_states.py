"""Contract, sections 0, 2 and 3: what should be, what is, and who may say it."""

import json
import os
import signal
import uuid
from datetime import datetime
from typing import Any

import pytest

from tests.contract.conftest import School, Tablet
from tests.support.appliance import wait_for

FREE = {"lock": None, "sound": "allowed", "camera": "allowed", "internet": "allowed", "apps": None}


def gesture(school: School, lesson: str, kind: str, **args: object) -> dict[str, Any]:
    response = school.teacher.gesture(lesson, kind, str(uuid.uuid4()), args=args)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()["gesture"]
    return found


@pytest.mark.contract("2.desired_is_retained_from_hub", "3.hub_keeps_one_desired_state_per_device",
                      "0.mqtt_5_is_accepted", "0.mqtt_311_is_accepted", "0.qos_is_1_everywhere",
                      "0.sessions_last_86400_s", "0.client_id_is_user_name_is_device_id")  # fmt: skip
@pytest.mark.parametrize("version", [4, 5])
def test_a_device_finds_its_desired_state_waiting(school: School, version: int) -> None:
    answer = school.enroll()
    with school.peer(answer, version) as peer:
        peer.subscribe(f"devices/{answer['id']}/desired")
        peer.wait_for_count(1)  # the bridge may say it in this very moment
        peer.subscribe(f"devices/{answer['id']}/desired")
        first = peer.wait(lambda: next((one for one in peer.messages if one.retained), None), "the retained one")
        assert first.qos == 1
        desired = json.loads(first.payload)
    assert set(desired) == {"version", "issued_at", "restrictions", "restrictions_until", "lesson", "packages", "name"}
    assert desired["restrictions"] == FREE
    assert (desired["restrictions_until"], desired["lesson"], desired["packages"]) == (None, None, [])
    assert desired["name"] == answer["name"]


@pytest.mark.contract(
    "3.version_grows_with_every_change",
    "3.until_is_null_only_when_free",
    "3.lesson_is_named_or_null",
    "3.desired_has_the_shape",
)
def test_each_gesture_is_a_later_version_with_a_lease(school: School, tablet: Tablet, lesson: str) -> None:
    before = tablet.wait("desired")["version"]
    gesture(school, lesson, "restrict", sound="blocked", apps=["org.kde.gcompris"])
    muted = tablet.wait("desired", lambda one: one["restrictions"]["sound"] == "blocked")
    assert muted["version"] > before
    assert muted["restrictions"]["apps"] == ["org.kde.gcompris"]
    assert muted["lesson"] == {"id": lesson, "teacher": "Durand"}
    lease = datetime.fromisoformat(muted["restrictions_until"])
    assert lease > datetime.fromisoformat(muted["issued_at"])
    gesture(school, lesson, "eyes_up", message="Les yeux vers moi")
    up = tablet.wait("desired", lambda one: one["restrictions"]["lock"] is not None)
    assert up["restrictions"] == {"lock": {"message": "Les yeux vers moi"}, "sound": "blocked", "camera": "blocked",
                                  "internet": "blocked", "apps": ["org.kde.gcompris"]}  # fmt: skip
    gesture(school, lesson, "eyes_free")
    down = tablet.wait("desired", lambda one: one["version"] > up["version"])
    assert down["restrictions"] == muted["restrictions"]
    school.teacher.post(f"/lessons/{lesson}/end", {})
    over = tablet.wait("desired", lambda one: one["lesson"] is None and one["version"] > down["version"])
    assert (over["restrictions"], over["restrictions_until"]) == (FREE, None)


def test_the_board_believes_the_device_and_nobody_else(school: School, tablet: Tablet, lesson: str) -> None:
    made = gesture(school, lesson, "restrict", lock={"message": "Stop"})
    assert made["counts"].get("succeeded", 0) == 0
    desired = tablet.wait("desired", lambda one: one["restrictions"]["lock"] is not None)
    tablet.report(desired["version"], restrictions=desired["restrictions"], unsupported=[],
                  battery={"level": 85, "charging": True}, foreground="org.kde.gcompris", boot="b1")  # fmt: skip

    def done() -> dict[str, Any] | None:
        board = school.teacher.board(lesson)
        return board if board["gesture"]["counts"] == {"succeeded": 1} else None

    (tile,) = wait_for(done, 10, "the receipt")["tiles"]
    assert tile["applied"]
    assert tile["presence"] == "online"
    assert tile["battery"] == {"level": 85, "charging": True}
    assert tile["app"] == {"package": "org.kde.gcompris", "label": "GCompris"}


@pytest.mark.contract(
    "2.reported_is_retained_from_device",
    "2.presence_is_retained_from_device",
    "2.last_will_is_offline",
    "2.inventory_is_retained",
)
def test_a_device_that_falls_off_the_network_is_shown_so(school: School, tablet: Tablet, lesson: str) -> None:
    wait_for(lambda: school.teacher.board(lesson)["tiles"][0]["presence"] == "online", 10, "online")
    tablet.peer.drop()
    wait_for(lambda: school.teacher.board(lesson)["tiles"][0]["presence"] == "offline", 10, "offline")


@pytest.mark.contract("2.hub_time_every_30_s", "0.device_reads_hub_time", "0.times_are_rfc3339_utc_with_z")
def test_the_hubs_time_comes_at_once_and_every_thirty_seconds(school: School, tablet: Tablet) -> None:
    """A bridge that starts says it at once: from there it is one period to the next, and not nearly two."""

    def times() -> list[str]:
        heard = [one for one in tablet.peer.messages if one.topic == "hub/time"]
        assert not any(one.retained for one in heard)
        return sorted({json.loads(one.payload)["now"] for one in heard})

    before = times()
    os.kill(school.box.pids()["bridge"], signal.SIGKILL)
    first = wait_for(lambda: times()[len(before) :], 10, "the time of the bridge that starts")[0]
    last = wait_for(lambda: [one for one in times() if _seconds_between(first, one) > 5], 40, "the next time")[0]
    assert first.endswith("Z")
    assert 25 <= _seconds_between(first, last) <= 35


def _seconds_between(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


@pytest.mark.contract(
    "0.device_reads_and_writes_its_own_subtree_only",
    "0.device_keeps_to_the_directions",
    "0.refused_by_the_broker_itself",
    "0.device_reads_hub_time",
)
def test_the_broker_itself_refuses_what_is_not_the_devices(school: School, tablet: Tablet) -> None:
    other = school.enroll()
    for topic in (f"devices/{other['id']}/reported", f"devices/{other['id']}/acks", tablet.topic("desired"),
                  tablet.topic("commands"), tablet.topic("usage/ack"), "hub/time", "devices/x"):  # fmt: skip
        assert tablet.peer.publish(topic, b"{}") == 0x87, topic
    with school.peer(other) as neighbour:
        neighbour.subscribe("#", f"devices/{tablet.id}/#", "$SYS/#")
        tablet.report(1)
        neighbour.publish(f"devices/{other['id']}/presence", b"online", retain=True)
        neighbour.wait_for_count(1)
        assert all(tablet.id not in one.topic for one in neighbour.messages)


@pytest.mark.contract("0.drops_are_counted_per_device_and_reason", "0.drops_are_shown_to_the_administrator",
                      "0.a_drop_never_stops_the_hub", "0.a_drop_never_changes_another_device",
                      "0.invalid_json_is_dropped", "0.larger_than_64_kib_is_dropped", "0.deeper_than_16_is_dropped",
                      "0.missing_field_is_dropped", "0.unknown_fields_are_ignored")  # fmt: skip
def test_what_cannot_be_read_is_dropped_counted_and_shown(school: School, tablet: Tablet, lesson: str) -> None:
    deep = b"[" * 10_000 + b"]" * 10_000
    for raw in (
        b"{", b"\xff\xfe", b"[]", b'{"version": 1e400}', b'{"version": "one"}', b"{}",
        b'{"a": ' * 17 + b"1" + b"}" * 17,
        b'{"version": 1, "x": "' + b"a" * 65_536 + b'"}', b'{"version": 1, "x": ' + deep + b"}",
    ):  # fmt: skip
        tablet.say("reported", raw)
    tablet.report(tablet.wait("desired")["version"], restrictions=FREE, foreground="org.test.alive", news={"a": [1]})
    wait_for(lambda: (school.teacher.board(lesson)["tiles"][0]["app"] or {}).get("package") == "org.test.alive")
    assert "9" in school.dropped(tablet.id)
