"""Checks 9, 10, 28 and 29: who speaks under a name, its password, and what would lose a tablet."""

import json

import pytest

from appliance.domain.webview_kiosk import Unfit, checked_settings
from simulator.webview_kiosk.keys import KEYS, SECRET
from simulator.webview_kiosk.switches import Trouble
from tests.agents.plant import Kiosk, Plant, until
from tests.support.appliance import wait_for

HELLO = {"eventType": "connected", "messageId": "m", "appInstanceId": "i", "data": {"isLocked": False}}


def test_09_a_stranger_s_name_is_never_spoken_to(plant: Plant) -> None:
    kiosk = plant.ready()
    plant.spy.say("wk-stranger", "event/connected", {**HELLO, "username": "wk-stranger"})
    plant.spy.say(kiosk.username, "event/url_changed", {"eventType": "url_changed", "username": kiosk.username})
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "report"), "succeeded")
    assert plant.spy.orders("wk-stranger") == []


def test_09_a_payload_that_names_another_tablet_is_dropped_and_told(plant: Plant) -> None:
    kiosk = plant.tablet(None, Trouble.OTHER_USERNAME)
    plant.wait_for_alarm(kiosk, "wrong_name")
    assert plant.presence(kiosk) != "ready"
    assert set(plant.spy.words(kiosk.username)) <= {"get_status"}
    plant.stop(kiosk)


def test_09_another_installation_under_a_known_name_is_told(plant: Plant) -> None:
    kiosk = plant.ready()
    plant.stop(kiosk)
    plant.wait_for_presence(kiosk, "offline", "asleep")
    again = plant.start(kiosk.imported)
    plant.wait_for_alarm(kiosk, "reinstalled")
    plant.wait_for_presence(kiosk, "ready")
    plant.head.post_form(f"/admin/agents/{kiosk.device_id}/accept", {})
    page = plant.head.get(f"/admin/agents/{kiosk.device_id}").text
    assert "a été réinstallée" not in page
    plant.fakes.stop(again)


def test_10_two_tablets_under_one_name_are_one_alarm_and_no_storm(plant: Plant) -> None:
    kiosk = plant.ready()
    twin = plant.start(kiosk.imported)
    plant.wait_for_presence(kiosk, "withheld")
    wait_for(lambda: {"takeover", "cloned"} & set(plant.alarms(kiosk)), 15, "an alarm")
    before = len(plant.spy.orders(kiosk.username))
    connects = len([leaf for leaf in plant.spy.leaves(kiosk.username) if leaf == "event/connected"])
    with plant.lesson(kiosk) as lesson:
        gesture = plant.gesture(lesson, "eyes_up", message="Regardez")
        wait_for(lambda: plant.spy.leaves(kiosk.username).count("event/connected") > connects + 6, 30, "they fight on")
        assert plant.receipt(kiosk, gesture).state == "queued"
    assert len(plant.spy.orders(kiosk.username)) - before == 0, plant.spy.words(kiosk.username)[before:]
    plant.fakes.stop(twin)
    plant.stop(kiosk)


def test_28_a_new_password_is_given_and_counts_once_the_tablet_is_back_with_it(plant: Plant) -> None:
    kiosk = plant.ready()
    plant.head.post_form(f"/admin/agents/{kiosk.device_id}/rotate", {})
    wait_for(lambda: "est revenue avec" in page_of(plant, kiosk.device_id), 30, "it is changed")
    plant.wait_for_presence(kiosk, "ready")
    settings = kiosk.agent.tablet.settings
    assert settings.stored_text("mqtt.connection.password") != kiosk.imported["mqtt.connection.password"]
    old = plant.start(kiosk.imported)
    wait_for(lambda: plant.presence(kiosk) == "ready" and not old.is_connected, 5)
    assert old.connects == 0, "the old one opens nothing any more"
    plant.fakes.stop(old)
    must_not_be_told(plant, settings.stored_text("mqtt.connection.password"))


def test_28_a_tablet_that_does_not_come_back_with_it_keeps_the_old_one(plant: Plant) -> None:
    kiosk = plant.ready()
    kiosk.agent.tablet.settings.restricted = {"mqtt.connection.password"}  # it cannot take it
    plant.head.post_form(f"/admin/agents/{kiosk.device_id}/rotate", {})
    plant.spy.wait_for_order(kiosk.username, "reconnect")
    until(lambda: "de nouveau valable" in page_of(plant, kiosk.device_id), 60, lambda: rotation_of(plant, kiosk))
    plant.wait_for_presence(kiosk, "ready")
    must_not_be_told(plant, str(kiosk.imported["mqtt.connection.password"]))


def rotation_of(plant: Plant, kiosk: Kiosk) -> str:
    """For a check that fails: how far it came."""
    state = json.loads(plant.rows("SELECT state FROM agent_link WHERE device_id = ?", kiosk.device_id)[0][0])
    said = [(one.word, round(one.at, 1)) for one in plant.spy.heard(kiosk.username)][-20:]
    rotation = {**state["rotation"], "other": "***"}
    return f"{rotation}, {plant.presence(kiosk)}, connected: {kiosk.agent.is_connected}, {said}"


def page_of(plant: Plant, device_id: str) -> str:
    return plant.head.get(f"/admin/agents/{device_id}").text


def must_not_be_told(plant: Plant, password: str) -> None:
    assert password not in plant.box.log()
    asked = [one.body.get("data", {}).get("settings", []) for one in plant.spy.orders() if one.word == "get_settings"]
    assert asked
    assert not SECRET & {str(key) for keys in asked for key in keys}, "they are never given back"


LOSES_THE_TABLET = sorted(
    key
    for key in KEYS
    if key == "mqtt.enabled" or key.endswith((".topic", "server_host", "server_port", "use_tls", "use_websocket"))
)


@pytest.mark.parametrize("key", [*LOSES_THE_TABLET, "mqtt.connection.username", "mqtt.connection.client_id"])
def test_29_nothing_that_would_lose_a_tablet_can_be_sent(key: str) -> None:
    for value in (False, True, "elsewhere", 1):
        with pytest.raises(Unfit):
            checked_settings({key: value})


def test_29_and_nothing_of_the_kind_was_sent(plant: Plant) -> None:
    kiosk = plant.ready()
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "eyes_up", message="Regardez"), "succeeded")
    sent = [one.body["data"]["settings"] for one in plant.spy.orders() if one.leaf == "settings"]
    assert sent
    assert not set(LOSES_THE_TABLET) & {key for settings in sent for key in settings}


def test_a_tablet_whose_access_is_taken_is_out_within_seconds_and_stays_out(plant: Plant) -> None:
    kiosk = plant.ready()
    other = plant.ready()
    plant.head.post_form(f"/admin/devices/{kiosk.device_id}/revoke", {})
    wait_for(lambda: not kiosk.agent.is_connected, 10, "it is out")
    connects = kiosk.agent.connects
    with plant.lesson(other) as lesson:
        plant.wait_for_receipt(other, plant.gesture(lesson, "report"), "succeeded")
    assert kiosk.agent.connects == connects, "it tries every 3 s, and is refused"
    plant.stop(kiosk)
