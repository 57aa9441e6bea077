"""Whom a kiosk's translation believes, and when it speaks at all; without a broker. The contract's checks by number."""

import json
import logging

import pytest

from appliance.domain.agents import AgentMemory, AgentPresence, Alarm
from appliance.domain.webview_kiosk import BLACKLIST
from protocol.device import UNRESTRICTED
from tests.broker_bridge.agents.hand import LOCKED, Hand

LINK = "https://education.fr/x"
QUESTIONS = {"get_status", "get_settings", "get_system_info", "get_launchable_packages"}


def commands(hand: Hand) -> list[str]:
    return [word for word in hand.words if word not in QUESTIONS]


def test_nothing_but_the_probe_is_sent_before_it_is_answered() -> None:  # 1
    hand = Hand(obeys=False)
    hand.want(LOCKED)
    hand.connect()
    assert hand.words == ["get_status"]
    hand.pass_by(6.9)
    assert hand.words == ["get_status"] * 3
    hand.pass_by(50)
    assert set(hand.words) == {"get_status"}


def test_a_probe_that_comes_too_early_is_repeated_after_1_2_and_4_seconds() -> None:  # 2
    hand = Hand(obeys=False)
    hand.connect()
    for seconds, asked in ((0.9, 1), (0.2, 2), (1.8, 2), (0.2, 3), (3.8, 3), (0.2, 4)):
        hand.pass_by(seconds)
        assert hand.words == ["get_status"] * asked
        assert hand.presence() is AgentPresence.CONNECTED
    hand.pass_by(5)
    assert hand.presence() is AgentPresence.STALE
    hand.obeys = True
    hand.connect()
    assert hand.presence() is AgentPresence.READY


def test_a_tablet_becomes_ready_set_up_and_locked_in_its_kiosk() -> None:
    hand = Hand()
    hand.want()
    hand.connect()
    hand.pass_by(5)
    assert hand.words[:2] == ["get_status", "get_system_info"]
    assert hand.locked == "LOCK_TASK"
    assert hand.settings[BLACKLIST] == ".*"
    assert hand.words.count("settings") == 2, "the values, then the rebuild"
    assert hand.reports[-1].version == 1
    assert hand.reports[-1].restrictions == UNRESTRICTED, "the kiosk's own hold is no lesson's lock"


def test_back_from_sleep_only_differences_are_sent() -> None:  # 6
    hand = Hand().ready()
    hand.event("disconnecting", cause="SYSTEM_ACTIVITY_STOPPED")
    assert hand.presence() is AgentPresence.ASLEEP
    assert hand.kiosk.memory.alarms == frozenset()
    hand.want(version=2)
    assert hand.sent == []
    hand.connect()
    hand.pass_by(5)
    assert hand.words == ["get_status", "get_settings"]
    assert hand.reports[-1].version == 2


def test_a_lost_line_is_told_by_the_will_whatever_it_says() -> None:  # 3
    hand = Hand().ready()
    hand.will()
    assert hand.presence() is AgentPresence.OFFLINE
    hand.pass_by(300)
    assert hand.sent == [], "nobody is there to be asked"


def test_in_another_app_it_still_answers() -> None:  # 7
    hand = Hand().ready()
    hand.event("app_background")
    assert hand.presence() is AgentPresence.AWAY
    hand.pass_by(61)
    assert hand.words == ["get_status"]
    hand.event("app_foreground")
    assert hand.presence() is AgentPresence.READY


def test_two_misses_of_the_minutes_question_are_stale_and_orders_are_withheld() -> None:  # 8
    hand = Hand().ready()
    hand.deaf_to = set(QUESTIONS)
    hand.pass_by(54)
    assert hand.words == []
    hand.pass_by(12)
    assert hand.words == ["get_status", "get_status"]
    assert hand.presence() is AgentPresence.STALE
    assert not hand.kiosk.is_free
    hand.deaf_to = set()
    hand.pass_by(61)
    assert hand.presence() is AgentPresence.READY


def test_at_the_hubs_start_everybody_is_asked_and_nobody_is_no_fault() -> None:
    there, nobody = Hand(), Hand(obeys=False)
    for hand in (there, nobody):
        hand.want()
        hand.kiosk.start(0.0)
        hand.settle()
        hand.pass_by(10)
    assert there.presence() is AgentPresence.READY
    assert nobody.presence() is AgentPresence.OFFLINE
    assert set(nobody.words) == {"get_status"}


def test_what_bears_another_name_is_dropped_and_told() -> None:  # 9
    hand = Hand().ready()
    hand.event("url_changed", username="wk-other", url="http://elsewhere.example/")
    assert hand.drops == ["wrong_name"]
    assert Alarm.WRONG_NAME in hand.kiosk.memory.alarms
    hand.pass_by(61)
    assert Alarm.WRONG_NAME not in hand.kiosk.memory.alarms


def test_another_installation_is_told_and_works() -> None:  # 9
    hand = Hand(memory=AgentMemory(instance="i-0")).ready()
    assert hand.kiosk.memory.alarms == {Alarm.REINSTALLED}
    assert hand.kiosk.memory.instance == "i-1"
    assert hand.presence() is AgentPresence.READY


def test_two_installations_under_one_name_are_one_alarm_and_nothing_is_sent() -> None:  # 10
    hand = Hand().ready()
    for instance in ("i-2", "i-1", "i-2", "i-1"):
        hand.event("power_plugged", instance=instance)
    assert hand.presence() is AgentPresence.WITHHELD
    assert Alarm.CLONED in hand.kiosk.memory.alarms
    hand.forget()
    hand.want(LOCKED, version=2)
    hand.pass_by(30)
    assert hand.sent == []
    hand.pass_by(40)
    assert hand.presence() is AgentPresence.READY


def test_a_takeover_every_three_seconds_is_one_alarm_and_no_storm() -> None:  # 10
    hand = Hand().ready()
    for _ in range(4):
        hand.will()
        hand.connect()
        hand.pass_by(3)
    assert Alarm.TAKEOVER in hand.kiosk.memory.alarms
    hand.forget()
    for _ in range(20):
        hand.will()
        hand.connect()
        hand.pass_by(3)
    assert hand.sent == []
    hand.pass_by(31)
    assert Alarm.TAKEOVER not in hand.kiosk.memory.alarms
    assert hand.presence() is AgentPresence.READY


def test_a_display_switched_on_and_off_all_the_time_is_no_takeover() -> None:
    hand = Hand().ready()
    for _ in range(20):
        hand.event("disconnecting", cause="SYSTEM_ACTIVITY_STOPPED")
        hand.connect()
        hand.pass_by(0.5)
    assert hand.kiosk.memory.alarms == frozenset()
    assert hand.presence() is AgentPresence.READY


def test_one_question_at_a_time_is_unanswered_and_it_is_the_last_thing_said() -> None:  # 12
    hand = Hand(obeys=False)
    hand.want(LOCKED)
    hand.connect()
    for _ in range(200):
        asked = [one for one in hand.sent if one["leaf"] == "request"]
        assert len(asked) <= 1
        assert asked == hand.sent[-1:] or not asked, hand.words
        hand.forget()
        if asked:
            hand.answer(asked[0])
        hand.pass_by(0.1)


@pytest.mark.parametrize("wrong", [{"request_id": "other"}, {"request_id": None}, {"responseType": "get_settings"}])
def test_an_answer_that_is_not_the_one_to_the_question_is_ignored(wrong: dict[str, str | None]) -> None:  # 13
    hand = Hand(obeys=False)
    hand.connect()
    hand.answer(hand.sent[0], **wrong)
    assert hand.presence() is AgentPresence.CONNECTED


def test_a_late_answer_and_one_that_comes_twice_change_nothing() -> None:  # 13
    hand = Hand(obeys=False)
    hand.connect()
    first = hand.sent[0]
    hand.pass_by(1.5)
    hand.answer(first)
    assert hand.presence() is AgentPresence.CONNECTED
    hand.answer(hand.sent[1])
    assert hand.presence() is AgentPresence.READY
    before = list(hand.sent)
    hand.answer(hand.sent[1])
    assert hand.sent == before


def test_what_it_did_not_understand_is_not_asked_again() -> None:  # 14
    hand = Hand()
    hand.deaf_to = {"get_settings"}
    hand.want()
    hand.connect()
    assert hand.words[-1] == "get_settings"
    hand.answer(hand.sent[-1], responseType="error", payloadStr="…", errorMessage="Unexpected token")
    hand.pass_by(50)
    assert hand.words.count("get_settings") == 1


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"eventType":7}', b"\xff", b'{"x":' * 40])
def test_what_cannot_be_read_is_counted_and_nothing_else(payload: bytes) -> None:
    hand = Hand().ready()
    hand.raw("event/connected", payload)
    hand.raw("elsewhere", b"{}")
    assert len(hand.drops) == 2
    assert hand.sent == []
    assert hand.presence() is AgentPresence.READY


def test_an_odd_status_is_read_as_far_as_it_goes() -> None:  # 15
    hand = Hand().ready()
    hand.deaf_to = {"get_status"}
    hand.pass_by(56)
    hand.answer(hand.sent[0], data={"currentUrl": "", "batteryPercentage": 0, "appBrightnessPercentage": -1, "x": [1]})
    hand.want(version=2)
    assert hand.reports[-1].battery is not None
    assert hand.reports[-1].battery.level == 0
    assert hand.reports[-1].foreground is None


def test_a_host_longer_than_any_is_not_passed_on() -> None:
    hand = Hand(url=f"http://{'a' * 10_000}/x").ready()
    hand.want(version=2)
    assert hand.reports[-1].foreground is None


def test_whoever_has_the_password_fills_neither_log_nor_memory(caplog: pytest.LogCaptureFixture) -> None:
    hand, memories = Hand().ready(), set[AgentMemory]()
    with caplog.at_level(logging.INFO):
        for number in range(1000):
            hand.now += 0.01
            error = {"responseType": "error", "messageId": f"x{number}", "appInstanceId": f"stranger-{number}"}
            hand.raw("response/error", json.dumps(error).encode())
            memories.add(hand.kiosk.memory)
    assert len(caplog.records) < 20
    assert len(memories) < 20
