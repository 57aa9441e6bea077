"""Locks, settings and passwords of a kiosk tablet: made true, seen to be true. The contract's checks by number."""

from appliance.domain.agents import AgentPresence, Alarm
from appliance.domain.channels import Profile
from appliance.domain.webview_kiosk import BLACKLIST, WHITELIST
from protocol.device import UNRESTRICTED, Access, Capability, CommandType, Restrictions
from tests.broker_bridge.agents.hand import HOME, LOCKED, OFFLINE_NET, Hand

LINK = "https://education.fr/x"
QUESTIONS = {"get_status", "get_settings", "get_system_info", "get_launchable_packages"}


def commands(hand: Hand) -> list[str]:
    return [word for word in hand.words if word not in QUESTIONS]


def test_a_lock_is_done_when_android_says_so() -> None:  # 16
    hand = Hand().ready()
    hand.locked = "NONE"
    hand.event("unlock")
    hand.want(LOCKED, version=2)
    assert commands(hand) == ["lock"]
    assert hand.reports[-1].restrictions == LOCKED
    assert hand.reports[-1].errors == {}


def test_a_lock_without_proof_is_not_locked_within_five_seconds_and_never_success() -> None:  # 16
    hand = Hand().ready()
    hand.locked, hand.in_front = "NONE", False
    hand.event("unlock")
    hand.want(LOCKED, version=2)
    hand.pass_by(4.9)
    assert [(one.restrictions, one.errors) for one in hand.reports] == [(UNRESTRICTED, {"lock": "not_locked"})]
    hand.pass_by(300)
    assert commands(hand).count("lock") == 2, "asked again after 30 s, once"


def test_a_tablet_that_is_not_owned_is_never_told_to_lock() -> None:  # 17
    hand = Hand(owner=False).ready(LOCKED)
    assert "lock" not in hand.words
    hand.want(LOCKED, version=2)
    assert Alarm.NOT_OWNER in hand.kiosk.memory.alarms
    assert Capability.LOCK in hand.reports[-1].unsupported
    assert "lock" not in commands(hand)


def test_a_pinned_screen_is_told_as_weak_and_no_lock() -> None:  # 17
    hand = Hand().ready()
    hand.deaf_to = {"lock"}
    hand.locked = "SCREEN_PINNING"
    hand.event("lock", lockStateType="SCREEN_PINNING")
    hand.want(LOCKED, version=2)
    hand.pass_by(5)
    assert hand.reports[-1].errors == {"lock": "pinned"}
    assert Alarm.PINNED in hand.kiosk.memory.alarms


def test_a_managed_tablet_is_never_locked_and_keeps_its_owners_settings() -> None:
    hand = Hand(profile=Profile.MANAGED)
    hand.want(LOCKED)
    hand.connect()
    hand.pass_by(60)
    assert "lock" not in hand.words
    assert set(hand.settings) == {BLACKLIST, WHITELIST}
    assert hand.kiosk.memory.alarms == frozenset()


def test_an_adult_who_opens_the_tablet_is_not_locked_out_until_it_comes_back() -> None:
    hand = Hand().ready()
    hand.locked = "NONE"
    hand.event("unlock")
    hand.pass_by(120)
    assert commands(hand) == []
    hand.event("disconnecting", cause="SYSTEM_ACTIVITY_STOPPED")
    hand.connect()
    assert commands(hand) == ["lock"]


def test_a_pupil_in_another_app_is_brought_back_by_unlock_then_lock() -> None:  # 23
    hand = Hand().ready()
    hand.in_front = False
    hand.event("app_background")
    hand.want(LOCKED, version=2)
    hand.pass_by(5)
    assert commands(hand) == ["unlock", "lock"]
    assert hand.reports[-1].restrictions == LOCKED


def test_a_tablet_that_stays_open_is_an_alarm_and_tried_again_when_it_is_back() -> None:  # 23
    hand = Hand().ready()
    hand.in_front = False
    hand.event("app_background")
    hand.deaf_to = {"lock"}
    hand.want(LOCKED, version=2)
    hand.pass_by(8)
    assert commands(hand) == ["unlock", "lock"]
    assert Alarm.OPEN in hand.kiosk.memory.alarms
    assert hand.reports[-1].errors == {"lock": "not_locked"}
    hand.deaf_to = set()
    hand.event("app_foreground")
    assert hand.locked == "LOCK_TASK"
    assert Alarm.OPEN not in hand.kiosk.memory.alarms


def test_an_open_tablet_is_brought_back_by_starting_the_kiosk() -> None:
    hand = Hand().ready()
    hand.locked, hand.in_front = "NONE", False
    hand.event("unlock")
    hand.event("app_background")
    hand.want(LOCKED, version=2)
    assert commands(hand) == ["launch_package", "lock"]


def test_a_lock_brings_the_pupil_page_back_that_draws_it() -> None:
    hand = Hand().ready()
    hand.order(CommandType.OPEN_LINK, url=LINK)
    hand.want(LOCKED, version=2)
    assert commands(hand) == ["go_to_url", "go_home"]
    hand.want(LOCKED, version=3)
    hand.pass_by(5)
    assert hand.url == HOME
    assert commands(hand).count("go_home") == 1


def test_nothing_is_rebuilt_before_the_values_are_seen() -> None:  # 24
    hand = Hand().ready()
    hand.obeys = False
    hand.want(OFFLINE_NET, version=2)
    hand.answer(hand.sent[-1])
    assert hand.words == ["get_settings", "settings", "get_settings"]
    first = hand.sent[1]
    assert (first["showToast"], first["reloadActivity"]) == (False, False)
    hand.answer(hand.sent[-1])
    hand.pass_by(0.3)
    assert hand.words[3:] == ["get_settings"], "not equal yet: asked again"
    hand.settings.update(first["data"]["settings"])
    hand.answer(hand.sent[-1])
    assert (hand.words[4], hand.sent[4]["reloadActivity"], hand.sent[4]["data"]) == ("settings", True, {"settings": {}})
    hand.pass_by(1)
    assert hand.reports[-1].restrictions == OFFLINE_NET


def test_a_key_that_the_owner_fixed_is_told_and_not_tried_for_ever() -> None:  # 26
    hand = Hand().ready()
    hand.fixed = {WHITELIST}
    hand.want(OFFLINE_NET, version=2)
    hand.pass_by(120)
    assert hand.words.count("settings") == 2
    assert hand.reports[-1].errors == {"internet": "fixed_by_owner"}
    assert hand.reports[-1].restrictions == Restrictions()
    assert hand.kiosk.memory.alarms == {Alarm.FIXED}
    hand.forget()
    hand.event("disconnecting", cause="SYSTEM_ACTIVITY_STOPPED")
    hand.connect()
    hand.pass_by(5)
    assert "settings" not in hand.words
    hand.fixed = set()
    hand.event("application_restrictions_changed")
    hand.pass_by(5)
    assert hand.reports[-1].restrictions == OFFLINE_NET


def test_what_the_agent_applied_is_lifted_when_the_lesson_is_over_also_after_an_absence() -> None:
    hand = Hand().ready(OFFLINE_NET)
    assert "preau" in hand.settings[WHITELIST]
    hand.will()
    hand.want(version=2)
    assert hand.sent == []
    hand.connect()
    hand.pass_by(5)
    assert hand.settings[WHITELIST] == "^https?://"
    assert hand.reports[-1].restrictions == UNRESTRICTED


def test_a_hub_that_restarts_in_the_middle_of_a_lesson_lifts_nothing() -> None:
    before = Hand().ready(OFFLINE_NET)
    after = Hand(settings=before.settings, locked="LOCK_TASK", memory=before.kiosk.memory)
    after.kiosk.start(0.0)
    after.settle()
    after.want(OFFLINE_NET)
    after.pass_by(5)
    assert "settings" not in after.words
    assert after.reports[-1].restrictions == OFFLINE_NET


def test_queued_messages_that_a_restarted_app_dropped_are_missed_and_sent_again() -> None:  # 5
    hand = Hand().ready()
    hand.deaf_to = {"settings"}
    hand.want(OFFLINE_NET, version=2)
    hand.deaf_to = set()
    hand.will()
    hand.connect()
    hand.pass_by(5)
    assert hand.reports[-1].restrictions is not None
    assert hand.reports[-1].restrictions.internet is Access.BLOCKED


def test_a_new_password_counts_once_the_tablet_leaves_with_it() -> None:  # 28
    hand = Hand().ready()
    hand.kiosk.rotate("a-new-password", hand.now)
    hand.settle()
    hand.pass_by(1.5)
    assert hand.turns == ["leaving"]
    assert hand.words == ["settings", "reconnect"]
    hand.connect()
    assert hand.turns == ["leaving", "returned"]
    assert hand.presence() is AgentPresence.READY
    assert "a-new-password" not in repr(hand.said)


def test_a_tablet_that_does_not_come_back_with_it_gets_the_old_one_back() -> None:  # 28
    hand = Hand().ready()
    hand.kiosk.rotate("a-new-password", hand.now)
    hand.settle()
    hand.pass_by(16.9)
    assert hand.turns == ["leaving", "undone"]


def test_who_comes_back_and_is_put_out_has_returned_once_he_is_there_again() -> None:
    hand = Hand().ready()
    hand.kiosk.rotate("a-new-password", hand.now)
    hand.settle()
    hand.pass_by(1.5)
    hand.obeys = False
    hand.connect()
    hand.will()
    hand.pass_by(3)
    assert hand.turns == ["leaving"]
    hand.obeys = True
    hand.connect()
    assert hand.turns == ["leaving", "returned"]


def test_who_comes_back_with_the_old_password_and_is_put_out_for_it_has_not_returned() -> None:
    hand = Hand().ready()
    hand.kiosk.rotate("a-new-password", hand.now)
    hand.settle()
    hand.pass_by(1.5)
    hand.obeys = False
    hand.connect()
    hand.will()
    hand.pass_by(17)
    assert hand.turns == ["leaving", "undone"]


def test_coming_and_going_for_a_new_password_is_no_fight() -> None:
    hand = Hand().ready()
    hand.kiosk.rotate("a-new-password", hand.now)
    hand.settle()
    hand.pass_by(1.5)
    hand.obeys = False
    for _ in range(6):
        hand.connect()
        hand.will()
        hand.pass_by(0.5)
    assert hand.kiosk.memory.alarms == frozenset()


def test_a_tablet_that_never_left_keeps_its_password() -> None:  # 28
    hand = Hand().ready()
    hand.deaf_to = {"reconnect"}
    hand.kiosk.rotate("a-new-password", hand.now)
    hand.settle()
    hand.pass_by(7)
    assert hand.turns == ["undone"]
