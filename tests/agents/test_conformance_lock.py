"""Checks 16, 17, 22 and 23: a lock that is one, and one that is not."""

import time

from simulator.webview_kiosk.switches import WEBVIEW_KIOSK, LockState, Switches, Trouble
from simulator.webview_kiosk.tablet import FakeTablet
from tests.agents.plant import OUTSIDE, Plant
from tests.support.appliance import wait_for

OPEN_AT_FIRST = {"web_lifecycle.lock_on_launch": False}
GCOMPRIS = "org.gcompris"


def unlock_by_hand(tablet: FakeTablet, now: float) -> None:
    tablet.unlock(now)


def test_16_a_lock_is_done_when_the_tablet_says_so(plant: Plant) -> None:
    kiosk = plant.ready(changed=OPEN_AT_FIRST)
    plant.fakes.act(kiosk.agent, unlock_by_hand)
    with plant.lesson(kiosk) as lesson:
        gesture = plant.gesture(lesson, "eyes_up", message="Regardez")
        receipt = plant.wait_for_receipt(kiosk, gesture, "succeeded")
    assert (receipt.channel, receipt.evidence) == ("agent", "observed")
    assert kiosk.agent.tablet.switches.lock is LockState.LOCK_TASK
    assert plant.spy.words(kiosk.username).count("lock") >= 1


def test_16_a_lock_that_nothing_shows_is_told_as_not_locked_within_five_seconds(plant: Plant) -> None:
    kiosk = plant.ready(None, Trouble.NO_LOCK, changed=OPEN_AT_FIRST)
    with plant.lesson(kiosk) as lesson:
        since = time.monotonic()
        gesture = plant.gesture(lesson, "eyes_up", message="Regardez")
        receipt = plant.wait_for_receipt(kiosk, gesture, "failed", "succeeded", "rejected", seconds=8)
        took = time.monotonic() - since
    assert receipt.state == "failed", receipt
    assert "not_locked" in str(receipt.error)
    assert took < 6.5, "five seconds, and a moment to write it down"


def test_16_a_lock_that_is_seen_in_the_status_only_is_a_lock(plant: Plant) -> None:
    kiosk = plant.ready(None, Trouble.SILENT_LOCK, changed=OPEN_AT_FIRST)
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "eyes_up", message="Regardez"), "succeeded")


def test_17_a_tablet_that_is_not_owned_is_never_sent_a_lock(plant: Plant) -> None:
    kiosk = plant.ready(Switches(owner=False))
    plant.wait_for_alarm(kiosk, "not_owner")
    assert "ne possède pas cette tablette" in plant.head.get(f"/admin/agents/{kiosk.device_id}").text
    with plant.lesson(kiosk) as lesson:
        gesture = plant.gesture(lesson, "eyes_up", message="Regardez")
        wait_for(lambda: "lock" in plant.live(kiosk)["unsupported"], 15, "it is told as not possible")
        plant.quiet(kiosk)
        assert plant.receipt(kiosk, gesture).state != "succeeded" or "lock" in plant.live(kiosk)["unsupported"]
    assert "lock" not in plant.spy.words(kiosk.username)
    assert kiosk.agent.tablet.switches.lock is LockState.NONE


def test_17_a_screen_that_a_pupil_agreed_to_pin_is_told_as_weak(plant: Plant) -> None:
    kiosk = plant.ready(Switches(owner=False, lock=LockState.SCREEN_PINNING))
    plant.wait_for_alarm(kiosk, "pinned")
    assert "Verrou faible" in plant.head.get(f"/admin/agents/{kiosk.device_id}").text


def test_22_the_kiosk_is_never_started_over_itself_while_locked(plant: Plant) -> None:
    kiosk = plant.ready(Switches(fgs=True, allowed=(GCOMPRIS,)), changed={"device.owner.lock_task_feature.home": True})
    assert kiosk.agent.tablet.is_locked
    plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.use_app(GCOMPRIS, now))
    plant.wait_for_presence(kiosk, "away")
    with plant.lesson(kiosk) as lesson:
        link = plant.gesture(lesson, "open_link", url=OUTSIDE)
        plant.wait_for_receipt(kiosk, link, "succeeded")
    for one in plant.spy.orders(kiosk.username):
        assert one.body.get("data", {}).get("packageName") != WEBVIEW_KIOSK
    assert kiosk.agent.tablet.is_running


def test_23_back_to_the_page_is_unlock_then_lock_each_waited_for(plant: Plant) -> None:
    kiosk = plant.ready(Switches(fgs=True, allowed=(GCOMPRIS,)))
    plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.use_app(GCOMPRIS, now))
    plant.wait_for_presence(kiosk, "away")
    before = len(plant.spy.heard(kiosk.username))
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "eyes_up", message="Regardez"), "succeeded")
    told = [one.word for one in plant.spy.heard(kiosk.username)[before:]]
    steps = [word for word in told if word in ("unlock", "event/unlock", "lock", "event/lock")]
    assert steps[:4] == ["unlock", "event/unlock", "lock", "event/lock"]
    assert kiosk.agent.tablet.switches.front == WEBVIEW_KIOSK
    assert kiosk.agent.tablet.is_locked


def test_23_a_tablet_left_open_is_an_alarm_and_tried_again_when_the_page_is_back(plant: Plant) -> None:
    kiosk = plant.ready(Switches(fgs=True, allowed=(GCOMPRIS,)))
    plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.use_app(GCOMPRIS, now))
    plant.wait_for_presence(kiosk, "away")
    kiosk.agent.tablet.manner.troubles.add(Trouble.NO_LOCK)
    with plant.lesson(kiosk) as lesson:
        gesture = plant.gesture(lesson, "eyes_up", message="Regardez")
        plant.wait_for_alarm(kiosk, "open")
        assert plant.receipt(kiosk, gesture).state != "succeeded"
        kiosk.agent.tablet.manner.troubles.clear()
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.use_app(GCOMPRIS, now))
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.bring_to_front(now))
        wait_for(lambda: kiosk.agent.tablet.is_locked, 15, "it is locked again")
        wait_for(lambda: "open" not in plant.alarms(kiosk), 15, "the alarm goes")
