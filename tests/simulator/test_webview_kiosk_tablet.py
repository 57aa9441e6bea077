"""The fake tablet by itself: which command works when, and what it says of itself."""

import json
import random
from typing import Any

import pytest

from simulator.webview_kiosk import keys
from simulator.webview_kiosk.answers import Asked, Who, answer
from simulator.webview_kiosk.commands import COMMANDS, obey
from simulator.webview_kiosk.effects import Event, Join, Leave
from simulator.webview_kiosk.options import BadOption, parse_switches, parse_troubles
from simulator.webview_kiosk.settings import Settings
from simulator.webview_kiosk.switches import WEBVIEW_KIOSK, LockState, Manner, Route, Switches, Trouble
from simulator.webview_kiosk.tablet import FakeTablet

WHO = Who("t07", "instance")
HOME = "http://a.local"


def tablet(settings: dict[str, Any] | None = None, *troubles: Trouble, **switches: Any) -> FakeTablet:
    values = {keys.HOME: f"{HOME}/", **(settings or {})}
    made = FakeTablet(Settings(values), Switches(**switches), Manner(troubles=set(troubles)), random.Random(1))
    made.start_as_switched(0.0)
    made.is_connected = True
    made.take()
    return made


def order(one: FakeTablet, command: str, now: float = 0.0, **data: Any) -> list[str]:
    """What it tells within the next two seconds."""
    obey(one, json.dumps({"command": command, "data": data}).encode(), now)
    one.step(now + 2.0)
    return [effect.name for effect in one.take() if isinstance(effect, Event)]


def ask(one: FakeTablet, request: Any) -> list[dict[str, Any]]:
    raw = request if isinstance(request, bytes) else json.dumps(request).encode()
    return [said.body for said in answer(one, Asked(raw), WHO)]


def status(one: FakeTablet) -> dict[str, Any]:
    found: dict[str, Any] = ask(one, {"requestType": "get_status", "messageId": "a"})[0]["data"]
    return found


def test_the_owner_locks_at_once_and_says_so_within_a_second() -> None:
    one = tablet()
    assert order(one, "lock") == ["lock"]
    assert (status(one)["isLocked"], status(one)["lockStateType"]) == (True, "LOCK_TASK")


@pytest.mark.parametrize("switches", [
    {"front": "org.gcompris", "fgs": True}, {"screen": False, "fgs": True}, {"route": Route.SETTINGS},
    {"owner": False},
])  # fmt: skip
def test_a_lock_that_cannot_be_vanishes(switches: dict[str, Any]) -> None:
    one = tablet(None, **switches)
    assert order(one, "lock") == []
    assert status(one)["lockStateType"] == "NONE"


def test_a_pupil_may_agree_to_a_weak_lock() -> None:
    one = tablet(owner=False, pupil_agrees=True)
    order(one, "lock")
    assert status(one)["lockStateType"] == "SCREEN_PINNING"


def test_unlocking_needs_no_password_and_shows_the_page_again() -> None:
    one = tablet(None, fgs=True, lock=LockState.LOCK_TASK, front="org.gcompris")
    assert order(one, "unlock") == ["app_foreground", "unlock"]
    assert one.switches.front == WEBVIEW_KIOSK


def test_going_somewhere_is_told_after_a_second_without_the_last_slash() -> None:
    one = tablet()
    obey(one, b'{"command":"go_to_url","data":{"url":"http://b.local/"}}', 0.0)
    one.step(0.9)
    assert one.take() == []
    one.step(1.1)
    assert one.take() == [Event("url_changed", {"url": "http://b.local"})]
    assert status(one)["currentUrl"] == "http://b.local"


def test_the_same_address_again_is_loaded_and_not_told() -> None:
    one = tablet()
    loads = one.page.loads
    assert order(one, "go_to_url", url=f"{HOME}/") == []
    assert one.page.loads == loads + 1
    assert order(one, "go_home") == []
    assert one.page.loads == loads + 1


def test_where_it_must_not_go_it_does_not() -> None:
    one = tablet({keys.BLACKLIST: ".*", keys.WHITELIST: "^http://a\\.local/"})
    assert order(one, "go_to_url", url="http://b.local/x") == []
    assert order(one, "go_to_url", url="http://a.local/x") == ["url_changed"]


def test_back_and_forward_follow_its_own_history() -> None:
    one = tablet()
    order(one, "go_to_url", url="http://b.local")
    assert order(one, "go_back", 10.0) == ["url_changed"]
    assert status(one)["currentUrl"] == HOME
    assert order(one, "go_back", 20.0) == []
    assert order(one, "go_forward", 30.0) == ["url_changed"]


def test_refreshing_is_dead_where_it_is_not_allowed() -> None:
    for allowed in (True, False):
        one = tablet({keys.ALLOW_REFRESH: allowed})
        loads = one.page.loads
        order(one, "refresh")
        assert one.page.loads - loads == int(allowed)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_page_commands_vanish_while_the_settings_are_open(command: str) -> None:
    one = tablet(route=Route.SETTINGS)
    before = (one.page.loads, one.page.address, one.switches.lock)
    order(one, command, url="http://b.local", query="b")
    assert (one.page.loads, one.page.address, one.switches.lock) == before


@pytest.mark.parametrize(("locked", "allowed", "home", "starts"), [
    (False, (), False, True), (True, (), True, False), (True, ("org.gcompris",), False, False),
    (True, ("org.gcompris",), True, True),
])  # fmt: skip
def test_an_app_starts_where_the_lock_lets_it(locked: bool, allowed: tuple[str, ...], home: bool, starts: bool) -> None:
    lock = LockState.LOCK_TASK if locked else LockState.NONE
    one = tablet({keys.LOCK_TASK_HOME: home}, fgs=True, allowed=allowed, lock=lock)
    assert order(one, "launch_package", packageName="org.gcompris") == (["app_background"] if starts else [])


def test_an_app_that_is_not_there_makes_a_toast() -> None:
    one = tablet(fgs=True)
    assert order(one, "launch_package", packageName="org.absent") == []
    assert one.toasts == ["cannot launch org.absent"]


def test_nothing_unreadable_does_anything() -> None:
    one = tablet()
    for raw in (b"", b"{", b'{"command":"explode"}', b'{"command":"lock","data":[]}x'):
        obey(one, raw, 0.0)
    assert len(one.toasts) == 4
    assert one.switches.lock is LockState.NONE


def test_a_request_that_does_not_parse_is_answered_with_itself() -> None:
    said = ask(tablet(), b"{oops")[0]
    assert (said["responseType"], said["payloadStr"], said["requestMessageId"]) == ("error", "{oops", None)
    assert said["errorMessage"]
    assert "data" not in said
    assert ask(tablet(), {"requestType": "get_moon"})[0]["responseType"] == "error"


def test_a_request_meant_for_others_is_not_answered() -> None:
    for field in ("targetInstances", "targetUsernames"):
        assert ask(tablet(), {"requestType": "get_status", field: ["another"]}) == []
    assert ask(tablet(), {"requestType": "get_status", "targetUsernames": ["t07"], "targetInstances": []})


def test_the_packages_are_those_with_an_icon_or_those_allowed_in_the_lock() -> None:
    one = tablet(allowed=("org.gcompris",))
    everything = ask(one, {"requestType": "get_launchable_packages"})[0]["data"]["packages"]
    asked = {"requestType": "get_launchable_packages", "data": {"filterLockTaskPermitted": True}}
    assert ask(one, asked)[0]["data"]["packages"] == ["org.gcompris", WEBVIEW_KIOSK]
    assert everything == sorted(one.switches.installed)
    assert ask(tablet(owner=False), {"requestType": "get_lock_task_packages"})[0]["data"]["packages"] == []


def test_troubles_change_the_answers() -> None:
    request = {"requestType": "get_status", "messageId": "a"}
    assert ask(tablet(None, Trouble.MUTE), request) == []
    assert len(ask(tablet(None, Trouble.TWICE), request)) == 2
    assert ask(tablet(None, Trouble.WRONG_ID), request)[0]["requestMessageId"] not in ("a", None)
    assert ask(tablet(None, Trouble.NO_ID), request)[0]["requestMessageId"] is None
    garbled = answer(tablet(None, Trouble.GARBLED), Asked(json.dumps(request).encode()), WHO)[0]
    with pytest.raises(ValueError, match=r".*"):
        json.loads(garbled.raw or b"{}")
    strange = ask(tablet(None, Trouble.STRANGE_STATUS), request)[0]["data"]
    assert strange["currentUrl"] == ""
    assert "isLocked" not in strange


def test_opening_it_by_hand_locks_it_where_that_is_set() -> None:
    one = FakeTablet(Settings({keys.LOCK_ON_LAUNCH: True}), Switches(), Manner(), random.Random(1))
    one.open(0.0)
    assert one.take() == [Join()]
    assert one.switches.lock is LockState.LOCK_TASK


def test_a_waking_command_lights_the_display_for_a_moment() -> None:
    one = tablet(fgs=True, screen=False)
    obey(one, b'{"command":"toast","wakeScreen":true,"data":{"message":"hi"}}', 0.0)
    assert status(one)["isDeviceInteractive"] is True
    one.step(6.0)
    assert status(one)["isDeviceInteractive"] is False


def test_without_the_service_leaving_the_screen_ends_the_connection() -> None:
    one = tablet()
    one.use_app("org.gcompris", 0.0)
    assert [type(effect) for effect in one.take()] == [Leave]
    one.bring_to_front(1.0)
    assert [type(effect) for effect in one.take()] == [Join]


def test_the_command_line_names_switches_and_troubles() -> None:
    switches = parse_switches(["owner=no,fgs=yes", "allowed=org.gcompris+org.geogebra", "route=settings", "expiry=0"])
    expected = Switches(owner=False, fgs=True, allowed=("org.gcompris", "org.geogebra"), route=Route.SETTINGS, expiry=0)
    assert switches == expected
    assert parse_troubles(["late", "twice"]) == {Trouble.LATE, Trouble.TWICE}
    for bad in ("owner=perhaps", "moon=full", "lock"):
        with pytest.raises(BadOption):
            parse_switches([bad])
    with pytest.raises(BadOption):
        parse_troubles(["tired"])
