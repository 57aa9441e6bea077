"""What may be sent to a kiosk as a setting, and what a tablet should have. The contract's sections 3.4 and 4.3."""

import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.channels import Profile
from appliance.domain.webview_kiosk import (
    ARRAY_KEYS,
    BASELINE,
    BLACKLIST,
    PASSWORD,
    SECRET_KEYS,
    WHITELIST,
    Unfit,
    agrees,
    any_website,
    checked_settings,
    own_pages,
    wanted_settings,
)

ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.tuples(st.text())
)
KNOWN = sorted({*BASELINE, BLACKLIST, WHITELIST, *SECRET_KEYS, *ARRAY_KEYS, "device.brightness"})
# To lose a tablet, or to leave it open: nothing in this house can say them.
UNSPEAKABLE = (
    "mqtt.enabled",
    "mqtt.connection.server_host",
    "mqtt.connection.server_port",
    "mqtt.connection.use_tls",
    "mqtt.connection.username",
    "mqtt.connection.client_id",
    "mqtt.publish.event.topic",
    "mqtt.publish.response.topic",
    "mqtt.subscribe.command.topic",
    "mqtt.subscribe.settings.topic",
    "mqtt.subscribe.request.topic",
    "mqtt.will.topic",
    "js_scripts.custom_script_on_page_start",
    "js_scripts.custom_script_on_page_finish",
    "no.such.key",
)


def parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


@given(key=st.sampled_from(KNOWN), value=ANYTHING)
def test_whatever_is_let_through_is_taken_by_the_tablet_as_it_is(key: str, value: object) -> None:
    """Never null (it would become a text), arrays for the two keys only, no number for a switch."""
    try:
        checked = checked_settings({key: value})  # type: ignore[dict-item]  # that is the point
    except Unfit as error:
        assert repr(value) not in str(error) or len(repr(value)) < 4, "a value is never quoted"
        return
    assert checked == {key: value}
    assert value is not None
    assert isinstance(value, tuple) is (key in ARRAY_KEYS)
    assert not isinstance(value, float | list)


@pytest.mark.parametrize("key", UNSPEAKABLE)
@pytest.mark.parametrize("value", [False, True, "x", 1])
def test_what_loses_a_tablet_cannot_be_said(key: str, value: bool | int | str) -> None:
    with pytest.raises(Unfit):
        checked_settings({key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("web_engine.ssl_error_mode", "PROCEED"),
        ("web_engine.mixed_content_mode", "ALWAYS_ALLOW"),
        ("device.unlock_auth_requirement", "NONE"),
        ("device.custom_auth_password", ""),
        (PASSWORD, ""),
        ("device.brightness", 101),
        ("device.brightness", True),
        ("mqtt.connection.keep_alive", 0),
        (WHITELIST, ("a", "b")),
        ("web_browsing.kiosk_control_panel_actions", "UNLOCK"),
    ],
)
def test_what_opens_a_tablet_or_is_kept_as_something_else_is_refused(
    key: str, value: int | str | tuple[str, ...]
) -> None:
    with pytest.raises(Unfit):
        checked_settings({key: value})


@given(
    profile=st.sampled_from(Profile),
    hosts=st.sets(st.text(string.ascii_lowercase + string.digits + ".-[]:+*", min_size=1), min_size=1),
    internet=st.booleans(),
)
def test_whatever_is_wanted_can_be_sent(profile: Profile, hosts: set[str], internet: bool) -> None:
    wanted = wanted_settings(profile, hosts, internet=internet)
    assert checked_settings(wanted) == wanted


def test_a_managed_tablet_is_told_its_pages_only() -> None:
    assert set(wanted_settings(Profile.MANAGED, ["preau.local"], internet=True)) == {BLACKLIST, WHITELIST}


def test_a_tablet_can_always_be_refreshed_and_left_by_an_adult() -> None:  # 20
    assert BASELINE["web_browsing.allow_refresh"] is True
    assert BASELINE["web_browsing.kiosk_control_panel_actions"] == ("UNLOCK", "SETTINGS")


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("http://preau.local/pupil", True),
        ("http://preau.local:8080/documents/x", True),
        ("https://192.168.10.2", True),
        ("http://[2001:db8::7]:8080/pupil", True),
        ("http://preau.local.evil.example/", False),
        ("http://evil.example/?http://preau.local/", False),
        ("http://preauxlocal/", False),
        ("http://preau.local:80@evil.example/", False),
        ("javascript:location='http://preau.local/'", False),
        ("file:///preau.local/", False),
        ("https://education.fr/", False),
    ],
)
def test_without_internet_only_this_appliances_pages_open(address: str, is_ours: bool) -> None:
    """As the agent reads them: each line a regular expression that may match anywhere."""
    lines = own_pages({"preau.local", "192.168.10.2", "2001:db8::7"}).split("\n")
    assert any(re.search(line, address) for line in lines) is is_ours


@pytest.mark.parametrize(
    ("address", "opens"),
    [("https://education.fr/", True), ("http://a", True), ("javascript:alert(1)", False), ("intent://x", False)],
)
def test_with_internet_every_website_opens_and_nothing_else(address: str, opens: bool) -> None:
    assert bool(re.search(any_website(), address)) is opens


@given(st.sampled_from(KNOWN), ANYTHING)
def test_nothing_agrees_by_looking_alike(key: str, reported: object) -> None:
    for wanted in (True, 1, "1", ("UNLOCK", "SETTINGS")):
        if agrees(key, wanted, reported, parsed) and key not in ARRAY_KEYS:
            assert type(reported) is type(wanted)
            assert reported == wanted


@pytest.mark.parametrize("reported", ['["UNLOCK","SETTINGS"]', '[ "UNLOCK", "SETTINGS" ]', ["UNLOCK", "SETTINGS"]])
def test_an_array_that_comes_back_as_a_text_is_the_array(reported: object) -> None:  # 27
    key = "web_browsing.kiosk_control_panel_actions"
    assert agrees(key, ("UNLOCK", "SETTINGS"), reported, parsed)
    assert not agrees(key, ("SETTINGS", "UNLOCK"), reported, parsed)
