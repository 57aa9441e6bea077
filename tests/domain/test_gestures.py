"""What teachers can do to devices: arguments that are accepted, what each gesture asks of a device."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.gestures import (
    COMMANDS,
    STATE_KINDS,
    GestureKind,
    command_args,
    hold_after,
    is_possible,
    missing_for,
    restrictions_asked,
    web_address,
)
from appliance.domain.restrictions import Hold
from appliance.errors import Invalid
from protocol.device import (
    UNRESTRICTED,
    Access,
    Capability,
    CommandType,
    Lock,
    Restrictions,
    check_args,
    is_web_link,
)

BASE = Restrictions(sound=Access.BLOCKED, apps=("org.kde.gcompris",))
_ARGS: dict[GestureKind, dict[str, object]] = {
    GestureKind.OPEN_LINK: {"url": "education.fr"},
    GestureKind.OPEN_APP: {"package": "org.kde.gcompris"},
    GestureKind.MESSAGE: {"text": "Bravo"},
}


def test_every_gesture_is_a_state_or_a_command_and_not_both() -> None:
    assert set(GestureKind) == STATE_KINDS | set(COMMANDS)
    assert not STATE_KINDS & set(COMMANDS)


@pytest.mark.contract("4.wipe_is_from_the_dsi_only")
def test_no_gesture_wipes_a_device() -> None:
    assert CommandType.WIPE not in COMMANDS.values()


@pytest.mark.parametrize("kind", sorted(set(COMMANDS) - {GestureKind.OPEN_DOCUMENT}))
def test_a_commands_arguments_are_those_of_the_contract(kind: GestureKind) -> None:
    check_args(COMMANDS[kind], command_args(kind, _ARGS.get(kind, {"anything": 1}), "Mme Durand"))


def test_a_message_says_who_sent_it_and_a_page_cannot_say_otherwise() -> None:
    args = command_args(GestureKind.MESSAGE, {"text": "Bravo", "from": "Le Directeur"}, "Mme Durand")
    assert args == {"text": "Bravo", "from": "Mme Durand"}


gestures: st.SearchStrategy[tuple[GestureKind, dict[str, Any]]] = st.one_of(
    st.tuples(st.just(GestureKind.EYES_UP), st.just({"message": "Les yeux vers moi"})),
    st.tuples(st.just(GestureKind.EYES_FREE), st.just({})),
    st.tuples(
        st.just(GestureKind.RESTRICT),
        st.dictionaries(
            st.sampled_from(["sound", "camera", "internet"]), st.sampled_from(["allowed", "blocked"]), min_size=1
        ),
    ),
)


@given(st.lists(gestures, max_size=12))
def test_eyes_free_leaves_what_there_would_be_if_eyes_had_never_been_up(
    performed: list[tuple[GestureKind, dict[str, Any]]],
) -> None:
    with_eyes = without = Hold()
    for kind, args in performed:
        with_eyes = hold_after(kind, args, with_eyes)
        if kind is GestureKind.RESTRICT:
            without = hold_after(kind, args, without)
    assert hold_after(GestureKind.EYES_FREE, {}, with_eyes) == without


@given(st.lists(gestures, max_size=12))
def test_a_release_leaves_nothing(performed: list[tuple[GestureKind, dict[str, Any]]]) -> None:
    hold = Hold()
    for kind, args in performed:
        hold = hold_after(kind, args, hold)
    assert hold_after(GestureKind.RELEASE, {}, hold).restrictions == UNRESTRICTED


def test_what_is_set_while_eyes_are_up_shows_when_they_are_free_again() -> None:
    raised = hold_after(GestureKind.EYES_UP, {"message": "Ici"}, Hold(BASE))
    changed = hold_after(GestureKind.RESTRICT, {"sound": "allowed", "camera": "blocked"}, raised)
    assert changed.restrictions.lock == Lock("Ici")
    assert changed.restrictions.sound is Access.BLOCKED
    freed = hold_after(GestureKind.EYES_FREE, {}, changed)
    assert freed.restrictions == Restrictions(camera=Access.BLOCKED, apps=("org.kde.gcompris",))


def test_eyes_up_without_a_message_is_refused() -> None:
    with pytest.raises(Invalid):
        hold_after(GestureKind.EYES_UP, {}, Hold())


def test_a_gesture_asks_for_what_it_forbids_and_not_for_what_it_allows() -> None:
    assert restrictions_asked(GestureKind.EYES_UP, {"message": "x"}) == ("lock", "sound", "camera", "internet")
    assert restrictions_asked(GestureKind.EYES_FREE, {}) == ()
    asked = restrictions_asked(
        GestureKind.RESTRICT, {"sound": "blocked", "camera": "allowed", "lock": None, "apps": [], "internet": "blocked"}
    )
    assert asked == ("sound", "internet", "apps")


def test_a_device_lacks_what_is_wanted_of_it_and_not_among_its_capabilities() -> None:
    eyes_up = Hold(BASE, "x").restrictions
    assert missing_for(eyes_up, frozenset({"lock", "sound"})) == ("camera", "internet", "apps")
    assert missing_for(UNRESTRICTED, frozenset()) == ()


@pytest.mark.parametrize("kind", sorted(COMMANDS))
def test_a_command_needs_the_capability_of_its_name_where_the_contract_has_one(kind: GestureKind) -> None:
    has_word = kind.value in set(map(str, Capability))
    assert is_possible(kind, frozenset()) is not has_word
    assert is_possible(kind, frozenset({kind.value}))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("education.fr", "https://education.fr"),
        ("  http://192.168.1.10:8080/a?b=c#d ", "http://192.168.1.10:8080/a?b=c#d"),
        ("HTTPS://Éducation.fr/é", "HTTPS://Éducation.fr/é"),
        ("fr.vikidia.org/wiki/Volcan", "https://fr.vikidia.org/wiki/Volcan"),
        ("[::1]:8080/x", "https://[::1]:8080/x"),
    ],
)
def test_an_address_is_kept_as_typed_with_https_in_front_where_nothing_is(typed: str, meant: str) -> None:
    assert web_address(typed) == meant


@pytest.mark.contract("4.open_link_is_http_or_https")
@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a.fr",
        "about:blank", "intent://scan/#Intent;scheme=zxing;end", "https://", "https:///x", "https://a b.fr", "https://a.fr\\@evil.fr",
        "https://education.fr@evil.fr", "https://:x@evil.fr", "https://a.fr:port", "https://a.fr:99999", "https://a\n.fr",
        "https://a.fr/\u202egpj.exe", "https://[::1", "mailto:a@b.fr", "tel:+33123456789", "", "   ", None, 7, ["x"],
        "https://a.fr/" + "x" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_is_not_one_of_the_web_is_refused(typed: object) -> None:
    with pytest.raises(Invalid) as caught:
        web_address(typed)
    assert list(caught.value.fields) == ["url"]


@given(st.text(max_size=80))
def test_an_accepted_address_is_one_that_devices_accept(typed: str) -> None:
    try:
        address = web_address(typed)
    except Invalid:
        return
    assert is_web_link(address)
