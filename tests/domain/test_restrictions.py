"""What a lesson forbids: base restrictions, eyes up above them, and the texts and names that teachers type."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.restrictions import MAX_APPS, Hold, changed, in_force, message_text, package_name
from appliance.errors import Invalid
from protocol.device import MAX_MESSAGE_CHARS, UNRESTRICTED, Access, Lock, Restrictions

BLOCKED, ALLOWED = Access.BLOCKED, Access.ALLOWED
access = st.sampled_from(Access)
packages = st.from_regex(r"[a-z][a-z0-9_]{0,9}(\.[a-z][a-z0-9_]{0,9}){0,3}", fullmatch=True)
restrictions = st.builds(
    Restrictions,
    lock=st.none() | st.builds(Lock, st.text(min_size=1, max_size=40)),
    sound=access,
    camera=access,
    internet=access,
    apps=st.none() | st.lists(packages, max_size=4, unique=True).map(tuple),
)


@given(restrictions, st.text(min_size=1, max_size=40))
def test_eyes_up_forbids_everything_at_once_with_its_message(base: Restrictions, message: str) -> None:
    wanted = Hold(base, message).restrictions
    assert wanted == replace(base, lock=Lock(message), sound=BLOCKED, camera=BLOCKED, internet=BLOCKED)


@given(restrictions, st.text(min_size=1, max_size=40))
def test_lifting_eyes_up_gives_the_base_back(base: Restrictions, message: str) -> None:
    raised = Hold(base, message)
    assert Hold(raised.base).restrictions == base


@given(restrictions, st.sampled_from(["sound", "camera", "internet"]), access)
def test_a_change_touches_the_named_restriction_and_no_other(base: Restrictions, name: str, to: Access) -> None:
    as_it_should_be = {
        "sound": replace(base, sound=to),
        "camera": replace(base, camera=to),
        "internet": replace(base, internet=to),
    }
    assert changed(base, {name: to.value}) == as_it_should_be[name]


def test_a_lock_is_set_with_its_message_and_taken_away_by_null() -> None:
    locked = changed(UNRESTRICTED, {"lock": {"message": "  On écoute  "}})
    assert locked.lock == Lock("On écoute")
    assert changed(locked, {"lock": None}) == UNRESTRICTED


def test_apps_are_any_by_null_and_only_these_by_a_list_each_once() -> None:
    only = changed(UNRESTRICTED, {"apps": ["org.kde.gcompris", "web:fr.vikidia.org", "org.kde.gcompris"]})
    assert only.apps == ("org.kde.gcompris", "web:fr.vikidia.org")
    assert changed(only, {"apps": []}).apps == ()
    assert changed(only, {"apps": None}).apps is None


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({}, "args"),
        ({"colour": "blue"}, "colour"),
        ({"sound": "off"}, "sound"),
        ({"sound": None}, "sound"),
        ({"camera": True}, "camera"),
        ({"lock": "yes"}, "lock"),
        ({"lock": {}}, "lock"),
        ({"lock": {"message": " \n "}}, "lock"),
        ({"lock": {"message": "x" * (MAX_MESSAGE_CHARS + 1)}}, "lock"),
        ({"apps": "org.kde.gcompris"}, "apps"),
        ({"apps": ["a b"]}, "apps"),
        ({"apps": [7]}, "apps"),
        ({"apps": ["a"] * (MAX_APPS + 1)}, "apps"),
        ({"sound": "blocked", "wipe": True}, "wipe"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_with_the_fields_name(args: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        changed(UNRESTRICTED, args)
    assert list(caught.value.fields) == [field]


def test_what_is_in_force_is_told_by_its_capabilitys_name() -> None:
    assert in_force(UNRESTRICTED) == ()
    assert in_force(Hold(UNRESTRICTED, "Chut").restrictions) == ("lock", "sound", "camera", "internet")
    assert in_force(Restrictions(apps=())) == ("apps",)


@given(st.text())
def test_a_message_is_harmless_and_within_the_contracts_length_or_refused(text: str) -> None:
    try:
        kept = message_text(text)
    except Invalid as error:
        assert list(error.fields) == ["message"]
        return
    assert 1 <= len(kept) <= MAX_MESSAGE_CHARS
    assert kept == kept.strip()
    assert all(c in "\n\u200c\u200d" or c.isprintable() for c in kept)


@pytest.mark.contract("4.message_is_at_most_500_characters")
def test_a_message_of_500_characters_passes_and_one_of_501_is_refused() -> None:
    assert message_text("é" * 500) == "é" * 500
    with pytest.raises(Invalid):
        message_text("é" * 501)


def test_marks_that_turn_the_writing_round_are_taken_out_and_joiners_stay() -> None:
    assert message_text("\u202eabc\u0007\r\nd\te") == "abc\nd e"
    assert message_text("\U0001f469\u200d\U0001f3eb") == "\U0001f469\u200d\U0001f3eb"


@pytest.mark.parametrize("value", ["", "a" * 201, "a b", "../x", "é.é", "a/b", 'x"', None, 3, "a\n"])
def test_a_package_name_holds_letters_digits_and_dots_only(value: object) -> None:
    with pytest.raises(Invalid):
        package_name(value)
