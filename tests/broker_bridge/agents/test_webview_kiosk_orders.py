"""How commands are carried out on a kiosk tablet, and what counts as done. The contract's checks by number."""

import json

import pytest

from appliance.broker_bridge.agents.translation import Unproven
from appliance.broker_bridge.agents.webview_kiosk_words import PACKAGES
from appliance.domain.agents import AgentPresence
from appliance.domain.channels import Profile
from protocol.device import CommandType
from tests.broker_bridge.agents.hand import LOCKED, OFFLINE_NET, Hand

LINK = "https://education.fr/x"
QUESTIONS = {"get_status", "get_settings", "get_system_info", "get_launchable_packages"}


def commands(hand: Hand) -> list[str]:
    return [word for word in hand.words if word not in QUESTIONS]


def test_an_order_that_vanishes_is_unproven_then_asked_again_once_and_never_done() -> None:  # 18
    hand = Hand().ready()
    hand.deaf_to = {"go_to_url"}
    hand.order(CommandType.OPEN_LINK, url=LINK)
    hand.pass_by(6)
    assert [type(one) for one in hand.said] == [Unproven]
    hand.pass_by(23)
    assert commands(hand) == ["go_to_url"]
    hand.pass_by(10)
    assert commands(hand) == ["go_to_url"] * 2
    assert hand.answers == [("failed", "unconfirmed", "not_confirmed")]
    hand.pass_by(200)
    assert commands(hand) == ["go_to_url"] * 2


def test_an_unproven_order_is_asked_again_as_soon_as_the_tablet_is_back() -> None:  # 18
    hand = Hand().ready()
    hand.deaf_to = {"go_to_url"}
    hand.order(CommandType.OPEN_LINK, url=LINK)
    hand.pass_by(6)
    hand.deaf_to = set()
    hand.will()
    hand.connect()
    hand.pass_by(1)
    assert hand.answers == [("done", "observed", None)]


def test_an_unproven_order_whose_lesson_is_over_is_not_asked_again() -> None:
    hand = Hand().ready()
    hand.deaf_to = {"go_to_url"}
    hand.order(CommandType.OPEN_LINK, url=LINK)
    hand.pass_by(6)
    hand.kiosk.keep_orders(())
    hand.pass_by(60)
    assert commands(hand) == ["go_to_url"]


@pytest.mark.parametrize("url", ["https://education.fr/", "https://education.fr/x", "https://education.fr/x/"])
def test_a_page_is_open_when_the_tablet_says_its_address_without_the_slash(url: str) -> None:  # 19
    hand = Hand().ready()
    hand.order(CommandType.OPEN_LINK, url=url)
    assert hand.answers == [("done", "observed", None)]


def test_the_same_address_again_is_seen_in_the_status() -> None:  # 19
    hand = Hand().ready()
    for command_id in ("c1", "c2"):
        hand.order(CommandType.OPEN_LINK, command_id, url=LINK)
        hand.pass_by(2)
    assert commands(hand) == ["go_to_url"] * 2, "it is loaded again"
    assert hand.answers == [("done", "observed", None)] * 2


def test_a_site_may_send_its_reader_on_to_a_page_of_its_own_but_not_elsewhere() -> None:
    for landed, is_done in (("https://www.education.fr/fr/accueil", True), ("https://evil.example/", False)):
        hand = Hand().ready()
        hand.deaf_to = {"go_to_url"}
        hand.order(CommandType.OPEN_LINK, url=LINK)
        hand.url = landed
        hand.event("url_changed", url=landed)
        hand.pass_by(6)
        assert bool(hand.answers) is is_done, landed


def test_a_page_of_the_site_where_it_was_already_is_no_proof() -> None:
    hand = Hand(url="https://education.fr/a").ready()
    hand.url = "https://education.fr/a"
    hand.deaf_to = {"go_to_url"}
    hand.order(CommandType.OPEN_LINK, url="https://education.fr/b")
    hand.pass_by(6)
    assert hand.answers == []


def test_after_a_restart_of_ours_a_page_that_is_open_is_not_opened_again() -> None:
    hand = Hand().ready()
    hand.url = LINK
    hand.order(CommandType.OPEN_LINK, is_repeat=True, url=LINK)
    assert commands(hand) == []
    assert hand.answers == [("done", "observed", None)]


@pytest.mark.parametrize("kind", [CommandType.MESSAGE, CommandType.IDENTIFY, CommandType.OPEN_APP])
def test_what_cannot_be_looked_up_is_not_done_a_second_time(kind: CommandType) -> None:
    hand = Hand().ready()
    hand.order(kind, is_repeat=True, text="Bonjour", package="org.gcompris")
    assert commands(hand) == []
    assert hand.answers == [("failed", "unconfirmed", "not_confirmed")]


def test_a_message_is_shown_and_nothing_can_confirm_it() -> None:
    hand = Hand().ready()
    hand.order(CommandType.MESSAGE, text="Bonjour")
    assert hand.words == ["toast", "get_status"]
    assert hand.sent[0]["data"] == {"message": "Bonjour"}
    assert hand.answers == [("done", "unconfirmed", None)]


def test_a_message_to_a_tablet_that_does_not_answer_any_more_is_no_success() -> None:
    hand = Hand().ready()
    hand.deaf_to = {"toast", "get_status"}
    hand.order(CommandType.MESSAGE, text="Bonjour")
    hand.pass_by(6)
    assert hand.answers == [("failed", "unconfirmed", "not_confirmed")]


@pytest.mark.parametrize(
    ("allowed", "package", "answer"),
    [
        (("org.gcompris",), "org.gcompris", ("done", "observed", None)),
        ((), "org.gcompris", ("failed", "observed", "app_not_allowed")),
        ((), "org.missing", ("failed", "observed", "app_not_allowed")),
    ],
)
def test_a_locked_tablet_starts_the_apps_of_its_list(  # 21
    allowed: tuple[str, ...], package: str, answer: tuple[str, str, str | None]
) -> None:
    hand = Hand(allowed=allowed).ready()
    hand.order(CommandType.OPEN_APP, package=package)
    assert hand.answers == [answer]
    assert hand.sent[0]["data"] == {"filterLockTaskPermitted": True}


def test_an_open_tablet_says_which_app_is_missing() -> None:  # 21
    hand = Hand(profile=Profile.MANAGED).ready()
    hand.order(CommandType.OPEN_APP, package="org.missing")
    assert hand.answers == [("failed", "observed", "app_not_installed")]


def test_an_app_that_does_not_start_is_said_so_after_five_seconds() -> None:  # 21
    hand = Hand(allowed=("org.gcompris",)).ready()
    hand.deaf_to = {"launch_package"}
    hand.order(CommandType.OPEN_APP, package="org.gcompris")
    hand.pass_by(4.9)
    assert hand.answers == []
    hand.pass_by(0.2)
    assert hand.answers == [("failed", "observed", "app_not_started")]


def test_without_the_foreground_service_an_app_in_front_is_seen_by_the_good_bye() -> None:  # 21
    hand = Hand(allowed=("org.gcompris",)).ready()
    hand.deaf_to = {"launch_package"}
    hand.order(CommandType.OPEN_APP, package="org.gcompris")
    hand.event("disconnecting", cause="SYSTEM_ACTIVITY_STOPPED")
    assert hand.answers == [("done", "observed", None)]
    assert hand.presence() is AgentPresence.ASLEEP


def test_the_kiosk_itself_is_never_started_while_locked() -> None:  # 22
    hand = Hand(allowed=PACKAGES).ready()
    hand.event("app_background")
    hand.in_front = False
    hand.order(CommandType.OPEN_APP, package=PACKAGES[0])
    hand.order(CommandType.OPEN_LINK, url=LINK)
    hand.want(LOCKED, version=2)
    hand.pass_by(60)
    assert "launch_package" not in hand.words


def test_nothing_that_leaves_the_translation_holds_a_path() -> None:  # 30
    hand = Hand()
    hand.ready()
    secret = "https://education.fr/eleve/lea?note=3"
    hand.order(CommandType.OPEN_LINK, url=secret)
    hand.want(OFFLINE_NET, version=9)
    hand.pass_by(70)
    told = repr(hand.said) + repr(hand.kiosk.memory) + repr(hand.kiosk._facts.status)
    assert "education.fr" in told
    assert "lea" not in told
    assert "note" not in told


def test_every_message_has_an_expiry_an_id_of_its_own_and_no_targets() -> None:  # 11
    hand = Hand(allowed=("org.gcompris",))
    hand.want(OFFLINE_NET)
    hand.connect()
    hand.pass_by(5)
    for kind in (CommandType.OPEN_LINK, CommandType.MESSAGE, CommandType.REPORT, CommandType.OPEN_APP):
        hand.order(kind, url=LINK, text="Bonjour", package="org.gcompris")
    hand.pass_by(100)
    ids = [one["messageId"] for one in hand.sent]
    assert len(set(ids)) == len(ids) > 10
    assert {one["leaf"]: one["expires_in"] for one in hand.sent} == {"command": 10, "request": 10, "settings": 60}
    assert "target" not in json.dumps(hand.sent)


def test_a_translation_that_has_nothing_to_do_waits() -> None:
    """A desk that is told to come at once, again and again, would eat the processor."""
    for hand in (Hand().ready(), Hand(owner=False).ready(LOCKED), Hand(obeys=False)):
        hand.connect()
        hand.pass_by(20)
        assert hand.kiosk.next_at > hand.now
        hand.will()
        assert hand.kiosk.next_at > hand.now
