"""Checks 1 to 8 of the agent's contract: coming, going, silence."""

from simulator.webview_kiosk.switches import Switches, Trouble
from tests.agents.plant import Kiosk, Plant
from tests.agents.spy import Heard
from tests.support.appliance import wait_for


def until_answered(plant: Plant, kiosk: Kiosk) -> list[Heard]:
    """What the appliance said before the tablet's first answer came."""

    def all_until() -> list[Heard] | None:
        heard = plant.spy.heard(kiosk.username)
        answers = (index for index, one in enumerate(heard) if one.leaf.startswith("response/"))
        first = next(answers, None)
        return None if first is None else heard[:first]

    return [one for one in wait_for(all_until, what="the tablet's first answer") if one.is_order]


def go_dark(plant: Plant, kiosk: Kiosk) -> None:
    plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.screen_off(now))


def light_up(plant: Plant, kiosk: Kiosk) -> None:
    plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.screen_on(now))


def test_01_nothing_but_the_probe_is_sent_before_the_first_answer(plant: Plant) -> None:
    kiosk = plant.ready()
    assert {one.word for one in until_answered(plant, kiosk)} == {"get_status"}
    assert kiosk.imported["mqtt.connection.keep_alive"] == 20
    assert "event/connected" in plant.spy.leaves(kiosk.username)


def test_02_a_tablet_that_subscribes_late_is_asked_again(plant: Plant) -> None:
    kiosk = plant.tablet(None, Trouble.SLOW_SUBSCRIBE, pace=1.0)
    plant.wait_for_presence(kiosk, "ready")
    heard = plant.spy.heard(kiosk.username)
    came = next(one.at for one in heard if one.leaf == "event/connected")
    asked = [one.at - came for one in until_answered(plant, kiosk) if one.at > came]
    assert {one.word for one in until_answered(plant, kiosk)} == {"get_status"}
    assert [round(seconds) for seconds in asked][:3] == [0, 1, 3], "it hears after three seconds"


def test_03_a_lost_connection_is_seen_by_the_will_whatever_it_says(plant: Plant) -> None:
    kiosks = [plant.ready(Switches(expiry=0), *troubles, pace=1.0) for troubles in ((), (Trouble.PLAIN_WILL,))]
    for kiosk in kiosks:
        plant.fakes.do(kiosk.agent.cut)
        will = plant.spy.wait(lambda one, who=kiosk.username: (one.username, one.leaf) == (who, "will"))  # type: ignore[misc]  # mypy cannot read a lambda's default
        assert not will.retain
        plant.wait_for_presence(kiosk, "offline")
    for kiosk in kiosks:
        plant.wait_for_presence(kiosk, "ready")


def test_04_a_kept_session_brings_what_had_not_expired_and_nothing_older(plant: Plant) -> None:
    kiosk = plant.ready(pace=1.2)
    plant.fakes.do(kiosk.agent.cut)
    plant.wait_for_presence(kiosk, "offline")
    plant.spy.say(kiosk.username, "command", {"command": "toast", "data": {"message": "kurz"}}, expiry=1)
    plant.spy.say(kiosk.username, "command", {"command": "toast", "data": {"message": "lang"}}, expiry=60)
    plant.wait_for_presence(kiosk, "ready")
    wait_for(lambda: "lang" in kiosk.agent.tablet.toasts, 10, "what had not expired")
    assert "kurz" not in kiosk.agent.tablet.toasts
    plant.quiet(kiosk)


def test_05_what_a_restarted_agent_dropped_is_wanted_again(plant: Plant) -> None:
    kiosk = plant.tablet(changed={"mqtt.connection.clean_start": False, "web_lifecycle.lock_on_launch": False})
    plant.wait_for_presence(kiosk, "ready")
    with plant.lesson(kiosk) as lesson:
        plant.quiet(kiosk)
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.kill(now))
        plant.wait_for_presence(kiosk, "offline")
        gesture = plant.gesture(lesson, "eyes_up", message="Regardez")
        plant.spy.say(kiosk.username, "command", {"command": "toast", "data": {"message": "queued"}})
        plant.fakes.act(kiosk.agent, _open_unlocked)
        plant.wait_for_receipt(kiosk, gesture, "succeeded")
        assert kiosk.agent.tablet.is_locked
        assert "queued" not in kiosk.agent.tablet.toasts


def _open_unlocked(tablet: object, now: float) -> None:
    from simulator.webview_kiosk.switches import LockState
    from simulator.webview_kiosk.tablet import FakeTablet

    assert isinstance(tablet, FakeTablet)
    tablet.switches.lock = LockState.NONE  # Android's own restart ended it
    tablet.settings.apply({"web_lifecycle.lock_on_launch": False})
    tablet.settings.rebuild()
    tablet.open(now)


def test_06_a_dark_display_is_sleep_and_only_what_differs_is_sent_when_it_wakes(plant: Plant) -> None:
    kiosk = plant.ready()
    go_dark(plant, kiosk)
    plant.wait_for_presence(kiosk, "asleep")
    assert "will" not in plant.spy.leaves(kiosk.username)
    assert plant.alarms(kiosk) == []
    before = len(plant.spy.orders(kiosk.username))
    light_up(plant, kiosk)
    plant.wait_for_presence(kiosk, "ready")
    plant.quiet(kiosk)
    words = [one.word for one in plant.spy.orders(kiosk.username)[before:]]
    assert set(words) <= {"get_status", "get_settings", "get_system_info"}, "nothing differs: only questions"


def test_07_with_its_service_a_tablet_behind_another_app_still_answers(plant: Plant) -> None:
    kiosk = plant.ready(Switches(fgs=True, allowed=("org.gcompris",)), changed={"web_lifecycle.lock_on_launch": False})
    plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.use_app("org.gcompris", now))
    plant.wait_for_presence(kiosk, "away")
    with plant.lesson(kiosk) as lesson:
        plant.wait_for_receipt(kiosk, plant.gesture(lesson, "report"), "succeeded")
    plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.bring_to_front(now))
    plant.wait_for_presence(kiosk, "ready")


def test_08_a_tablet_that_never_answers_is_stale_and_orders_are_withheld(plant: Plant) -> None:
    for kiosk in [plant.tablet(None, trouble) for trouble in (Trouble.MUTE, Trouble.DEAF)]:
        plant.wait_for_presence(kiosk, "stale")
        with plant.lesson(kiosk) as lesson:
            gesture = plant.gesture(lesson, "eyes_up", message="Regardez")
            plant.quiet(kiosk, 1.5)
            assert plant.receipt(kiosk, gesture).state == "queued"
        assert set(plant.spy.words(kiosk.username)) == {"get_status"}
