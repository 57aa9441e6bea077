"""The fake agent on a real broker: the order on the wire, its life cycle, its misbehaviour."""

import json
import random
from collections.abc import Callable, Iterator

import pytest

from simulator.webview_kiosk import packets
from simulator.webview_kiosk.agent import Agent, Start
from simulator.webview_kiosk.fleet import InBackground
from simulator.webview_kiosk.packets import Kind, Property
from simulator.webview_kiosk.switches import LockState, Manner, Switches, Trouble
from tests.simulator.kiosk_bench import HOME, USERNAME, School, Tap, running_school, settings
from tests.support.appliance import wait_for

FAST = 0.1
ORDERED_FIRST = [Kind.CONNECT, Kind.PUBLISH, Kind.SUBSCRIBE, Kind.SUBSCRIBE, Kind.SUBSCRIBE]
ORDERED_AGAIN = [Kind.CONNECT, Kind.SUBSCRIBE, Kind.SUBSCRIBE, Kind.SUBSCRIBE, Kind.PUBLISH]


@pytest.fixture
def school() -> Iterator[School]:
    with running_school() as running:
        yield running


@pytest.fixture
def background() -> Iterator[InBackground]:
    with InBackground() as running:
        yield running


Make = Callable[..., Agent]


@pytest.fixture
def make(school: School, background: InBackground) -> Make:
    def build(port: int | None = None, switches: Switches | None = None, *troubles: Trouble, **more: object) -> Agent:
        manner = Manner(FAST, set(troubles), late_seconds=0.3)
        return background.add(
            Start(settings(port or school.port, **more), switches or Switches(), manner, random.Random(1))
        )

    return build


def user_properties(properties: packets.Properties) -> list[object]:
    return [value for key, value in properties if key == Property.USER]


def test_the_first_connection_says_connected_before_it_subscribes(school: School, make: Make) -> None:
    tap = Tap(school.port)
    agent = make(tap.port)
    school.is_ready()
    assert tap.kinds(0)[:5] == ORDERED_FIRST
    connect = tap.connections[0][0].body
    assert connect[:7] == b"\x00\x04MQTT\x05"
    assert connect[7] & 0x02, "a clean start"
    assert connect[8:10] == b"\x00\x14", "keep alive 20"
    properties, at = packets.decode_properties(connect, 10)
    assert user_properties(properties) == [("username", USERNAME), ("appInstanceId", agent.instance_id)]
    assert (Property.SESSION_EXPIRY, 60) in properties
    assert connect[at:].startswith(b"\x00\x06wk-t07")
    first = next(packets.parse_publish(one.flags, one.body) for one in tap.connections[0] if one.kind == Kind.PUBLISH)
    assert first.topic == "wk/t07/event/connected"
    assert json.loads(first.payload)["data"]["currentUrl"] == HOME
    assert (Property.CONTENT_TYPE, "application/json") in first.properties
    numbers = [packets.decode_properties(one.body, 2)[0][0] for one in tap.connections[0] if one.kind == Kind.SUBSCRIBE]
    assert numbers == [(Property.SUBSCRIPTION_ID, n) for n in (1, 2, 3)]


def test_after_a_loss_it_leaves_a_will_and_subscribes_before_it_says_connected(
    school: School, make: Make, background: InBackground
) -> None:
    tap = Tap(school.port)
    agent = make(tap.port, Switches(expiry=0))
    school.is_ready()
    background.do(agent.cut)
    will = wait_for(lambda: school.messages("will"), 10, "the will")[0]
    assert will["username"] == USERNAME
    wait_for(lambda: len(tap.connections) == 2 and len(tap.kinds(1)) >= 5, 10, "it is back")
    assert tap.kinds(1)[:5] == ORDERED_AGAIN
    properties, _ = packets.decode_properties(tap.connections[1][0].body, 10)
    assert user_properties(properties) == []
    assert tap.connections[1][0].body[7] & 0x02, "nothing is kept, so it starts clean"


def test_a_kept_session_is_taken_up_without_subscribing(school: School, make: Make, background: InBackground) -> None:
    tap = Tap(school.port)
    agent = make(tap.port)
    school.is_ready()
    background.do(agent.cut)
    wait_for(lambda: school.messages("will"), 10, "the will")
    school.order("toast", data={"message": "in the gap"})
    wait_for(lambda: school.events().count("connected") == 2, 10, "it is back")
    assert tap.kinds(1)[:2] == [Kind.CONNECT, Kind.PUBLISH]
    assert not tap.connections[1][0].body[7] & 0x02
    wait_for(lambda: agent.tablet.toasts, 10, "what waited")


def test_without_its_service_a_dark_screen_is_an_orderly_good_bye(
    school: School, make: Make, background: InBackground
) -> None:
    agent = make()
    school.is_ready()
    background.act(agent, lambda tablet, now: tablet.screen_off(now))
    assert school.wait_for_event("disconnecting")["data"] == {"cause": "SYSTEM_ACTIVITY_STOPPED"}
    background.act(agent, lambda tablet, now: tablet.screen_on(now))
    school.wait_for_event("connected", 2)
    school.is_ready()
    assert school.messages("will") == []


def test_with_its_service_it_answers_from_behind_another_app(
    school: School, make: Make, background: InBackground
) -> None:
    agent = make(None, Switches(fgs=True))
    school.is_ready()
    background.act(agent, lambda tablet, now: tablet.use_app("org.gcompris", now))
    school.wait_for_event("app_background")
    assert school.status()["isLocked"] is False
    background.act(agent, lambda tablet, now: tablet.screen_off(now))
    school.wait_for_event("screen_off")
    assert school.status()["isDeviceInteractive"] is False


def test_a_killed_process_leaves_a_will_and_stays_away(school: School, make: Make, background: InBackground) -> None:
    agent = make()
    school.is_ready()
    background.act(agent, lambda tablet, now: tablet.kill(now))
    wait_for(lambda: school.messages("will"), 10, "the will")
    assert school.causes() == []
    assert not background.do(lambda: agent.is_connected)
    background.act(agent, lambda tablet, now: tablet.open(now))
    school.wait_for_event("connected", 2)


def test_a_lock_is_told_and_can_be_asked_for(school: School, make: Make) -> None:
    make()
    school.is_ready()
    school.order("lock")
    assert school.wait_for_event("lock")["data"] == {"lockStateType": "LOCK_TASK"}
    assert school.status()["isLocked"] is True
    school.order("unlock")
    school.wait_for_event("unlock")
    assert school.status()["lockStateType"] == "NONE"


def test_the_reconnect_command_takes_the_stored_settings(school: School, make: Make) -> None:
    tap = Tap(school.port)
    make(tap.port)
    school.is_ready()
    new = {"mqtt.connection.keep_alive": 30}
    school.say("settings", {"data": {"settings": new}, "showToast": False, "reloadActivity": False})
    wait_for(lambda: school.ask("get_settings", "settings", settings=list(new))["settings"] == new, 10)
    school.order("reconnect")
    school.wait_for_event("connected", 2)
    assert school.causes() == ["MQTT_RECONNECT_COMMAND_RECEIVED"]
    assert tap.connections[1][0].body[8:10] == b"\x00\x1e"


def test_its_own_package_started_while_locked_loses_it(school: School, make: Make, background: InBackground) -> None:
    agent = make(None, Switches(lock=LockState.LOCK_TASK))
    school.is_ready()
    school.order("launch_package", data={"packageName": "uk.nktnet.webviewkiosk"})
    wait_for(school.causes, 10, "it goes")
    assert not background.do(lambda: agent.tablet.is_running)


def test_two_instances_under_one_name_take_the_session_from_each_other(
    school: School, make: Make, background: InBackground
) -> None:
    first, second = make(), make()
    wait_for(lambda: background.do(lambda: first.connects + second.connects) >= 5, 20, "they fight")
    ids = {one["appInstanceId"] for one in school.messages("event/connected")}
    assert ids == {first.instance_id, second.instance_id}


def test_a_recreated_activity_leaves_a_second_client_that_does_everything_again(
    school: School, make: Make, background: InBackground
) -> None:
    agent = make(**{"mqtt.connection.client_id": ""})
    school.is_ready()
    background.do(agent.recreate_activity)
    school.wait_for_event("connected", 2)
    wait_for(lambda: background.do(lambda: agent.connects) == 2, 10, "the new one")
    school.is_ready()
    school.order("toast", data={"message": "twice"})
    wait_for(lambda: background.do(lambda: agent.tablet.toasts.count("twice")) == 2, 10, "done twice")


@pytest.mark.parametrize(("trouble", "expected"), [
    (Trouble.MUTE, 0), (Trouble.TWICE, 2), (Trouble.LATE, 1), (Trouble.DEAF, 0),
])  # fmt: skip
def test_a_tablet_that_misbehaves(school: School, make: Make, trouble: Trouble, expected: int) -> None:
    agent = make(None, None, trouble)
    school.wait_for_event("connected")
    if trouble is not Trouble.DEAF:
        wait_for(lambda: _asked(school) and agent.received, 10, "it hears")
    school.say("request", {"requestType": "get_status", "messageId": "mine"})
    wait_for(lambda: trouble is Trouble.DEAF or any(b"mine" in one for _, one in agent.received), 10, "it hears that")
    if expected:
        wait_for(lambda: len(_answers(school, "mine")) == expected, 10, "its answers")
    school.peer.publish("wk/t07/event/end", b"{}")
    school.wait_for_event("end")
    assert len(_answers(school, "mine")) == expected
    assert (trouble is Trouble.DEAF) == (not agent.received)


def _asked(school: School) -> bool:
    school.say("request", {"requestType": "get_status", "messageId": "first"})
    return True


def _answers(school: School, message_id: str) -> list[object]:
    return [one for one in school.messages("response/status") if one["requestMessageId"] == message_id]


def test_answers_can_be_unparsable_or_belong_to_nobody(school: School, make: Make) -> None:
    make(None, None, Trouble.WRONG_ID)
    school.wait_for_event("connected")
    wait_for(lambda: _asked(school) and school.messages("response/status"), 10, "an answer")
    assert school.messages("response/status")[0]["requestMessageId"] != "first"


def test_mixed_up_messages_come_in_another_order(school: School, make: Make, background: InBackground) -> None:
    agent = make(None, Switches(reorder=True))
    school.is_ready()
    for number in range(30):
        order = {"command": "toast", "data": {"message": str(number)}}
        school.peer.send("wk/t07/command", json.dumps(order).encode())
    wait_for(lambda: background.do(lambda: len(agent.tablet.toasts)) >= 30, 10)
    toasts = list(agent.tablet.toasts)
    assert sorted(toasts, key=int) == [str(number) for number in range(30)]
    assert toasts != sorted(toasts, key=int)
