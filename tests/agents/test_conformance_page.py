"""Checks 18 to 21: what the page shows, and apps."""

import time
from collections.abc import Mapping

from appliance.domain.channels import Profile
from appliance.domain.webview_kiosk import BASELINE
from appliance.domain.webview_kiosk_setup import Account, Home, settings_to_import, settings_to_manage
from simulator.webview_kiosk.switches import Route, Switches
from simulator.webview_kiosk.tablet import FakeTablet
from tests.agents.plant import OUTSIDE, Plant
from tests.support.appliance import wait_for

GCOMPRIS = "org.gcompris"


def test_18_an_order_that_vanished_is_unconfirmed_and_given_once_more_after_the_next_connection(plant: Plant) -> None:
    kiosk = plant.ready()
    kiosk.agent.tablet.switches.route = Route.SETTINGS
    with plant.lesson(kiosk) as lesson:
        gesture = plant.gesture(lesson, "open_link", url=OUTSIDE)
        wait_for(lambda: plant.receipt(kiosk, gesture).evidence == "unconfirmed", 15, "it is told as not confirmed")
        assert plant.receipt(kiosk, gesture).state not in ("succeeded", "failed")
        plant.quiet(kiosk)
        assert plant.spy.words(kiosk.username, "go_to_url") == ["go_to_url"]

        kiosk.agent.tablet.switches.route = Route.PAGE
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.screen_off(now))
        plant.wait_for_presence(kiosk, "asleep")
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.screen_on(now))
        receipt = plant.wait_for_receipt(kiosk, gesture, "succeeded")
        assert receipt.evidence == "observed"
        assert plant.spy.words(kiosk.username, "go_to_url") == ["go_to_url"] * 2


def test_18_what_vanishes_twice_is_not_tried_a_third_time(plant: Plant) -> None:
    kiosk = plant.ready(Switches(route=Route.SETTINGS))
    with plant.lesson(kiosk) as lesson:
        gesture = plant.gesture(lesson, "open_link", url=OUTSIDE)
        wait_for(lambda: plant.receipt(kiosk, gesture).evidence == "unconfirmed", 15)
        for act in (FakeTablet.screen_off, FakeTablet.screen_on):
            plant.fakes.act(kiosk.agent, act)
            plant.wait_for_presence(kiosk, "asleep" if act is FakeTablet.screen_off else "ready")
        receipt = plant.wait_for_receipt(kiosk, gesture, "failed")
        assert (receipt.error, receipt.evidence) == ("not_confirmed", "unconfirmed")
        assert plant.spy.words(kiosk.username, "go_to_url") == ["go_to_url"] * 2


def test_19_an_address_is_reached_when_the_page_says_so_without_its_last_slash(plant: Plant) -> None:
    kiosk = plant.ready(pace=1.0)
    url = f"{OUTSIDE}/"
    with plant.lesson(kiosk) as lesson:
        receipt = plant.wait_for_receipt(kiosk, plant.gesture(lesson, "open_link", url=url), "succeeded")
        assert (receipt.channel, receipt.evidence) == ("agent", "observed")
        assert kiosk.agent.tablet.page.address == url.rstrip("/")

        told = plant.spy.leaves(kiosk.username).count("event/url_changed")
        again = plant.gesture(lesson, "open_link", url=url)
        plant.wait_for_receipt(kiosk, again, "succeeded")
        assert plant.spy.leaves(kiosk.username).count("event/url_changed") == told, "the same address tells nothing"


def test_20_refreshing_is_never_forbidden() -> None:
    home, account = Home("box", 1884, "http://box/t/x"), Account("wk-1", "secret", "4711")
    handed = [settings_to_import(home, account, profile, apps) for profile in Profile for apps in (True, False)]
    everything: list[Mapping[str, object]] = [BASELINE, *handed, settings_to_manage(home, account)]
    for settings in everything:
        assert settings["web_browsing.allow_refresh"] is True


def test_20_and_was_never_forbidden(plant: Plant) -> None:
    kiosk = plant.ready(changed={"web_browsing.allow_refresh": False})
    with plant.lesson(kiosk):
        wait_for(lambda: kiosk.agent.tablet.settings.flag("web_browsing.allow_refresh"), 15, "it is allowed again")
    sent = [one.body["data"]["settings"] for one in plant.spy.orders() if one.word == "settings"]
    assert not [one for one in sent if one.get("web_browsing.allow_refresh") is False]


def test_21_an_app_that_may_start_is_seen_to_start(plant: Plant) -> None:
    kiosk = plant.ready(Switches(fgs=True, allowed=(GCOMPRIS,)), changed={"device.owner.lock_task_feature.home": True})
    before = len(plant.spy.orders(kiosk.username))
    with plant.lesson(kiosk) as lesson:
        receipt = plant.wait_for_receipt(kiosk, plant.gesture(lesson, "open_app", package=GCOMPRIS), "succeeded")
    assert receipt.evidence == "observed"
    asked = plant.spy.orders(kiosk.username)[before:]
    words = [one.word for one in asked]
    assert words.index("get_launchable_packages") < words.index("launch_package")
    question = next(one for one in asked if one.word == "get_launchable_packages")
    assert question.body["data"] == {"filterLockTaskPermitted": True}, "it is locked"


def test_21_an_app_that_is_not_there_or_not_allowed_is_not_even_tried(plant: Plant) -> None:
    kiosk = plant.ready(Switches(fgs=True))
    with plant.lesson(kiosk) as lesson:
        for package in ("org.absent", GCOMPRIS):
            receipt = plant.wait_for_receipt(kiosk, plant.gesture(lesson, "open_app", package=package), "failed")
            assert str(receipt.error).startswith("app_not_"), receipt
    assert "launch_package" not in plant.spy.words(kiosk.username)


def test_21_an_app_that_does_not_come_is_told_within_five_seconds(plant: Plant) -> None:
    """Allowed, and Android's Home feature is off: the tablet shows a toast and nothing else."""
    kiosk = plant.ready(Switches(fgs=True, allowed=(GCOMPRIS,)))
    with plant.lesson(kiosk) as lesson:
        since = time.monotonic()
        receipt = plant.wait_for_receipt(kiosk, plant.gesture(lesson, "open_app", package=GCOMPRIS), "failed")
        assert receipt.error == "app_not_started"
        assert time.monotonic() - since < 7.0
