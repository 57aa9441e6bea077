"""Logins, names, passwords and PINs as they may be stored."""

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.people import (
    CONSOLE,
    MAX_NAME_CHARS,
    Actor,
    Role,
    display_name,
    login_name,
    new_password,
    new_pin,
    role_of,
    typed_password,
)
from appliance.errors import Invalid


def reason(call: object, *args: object) -> str:
    with pytest.raises(Invalid) as caught:
        call(*args)  # type: ignore[operator]  # methods of several signatures in one list
    (why,) = caught.value.fields.values()
    return why


def test_an_actor_is_an_id_in_the_journal_and_never_a_name() -> None:
    assert Actor(3, "Mme Durand", Role.TEACHER).label == "user:3"
    assert CONSOLE.label == "console"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Mme  Durand ", "Mme Durand"),
        ("Zoe\u0308", "Zoë"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("O’Brien-Lévêque", "O’Brien-Lévêque"),
        ("Maîtresse 👩‍🏫", "Maîtresse 👩‍🏫"),
        ("\ufeffDurand\u200b", "Durand"),
        ("M.\u00a0Petit", "M. Petit"),
    ],
)
def test_a_name_is_kept_as_it_is_meant(typed: str, stored: str) -> None:
    assert display_name(typed) == stored


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "missing"),
        (" \u200b ", "missing"),
        ("x" * 81, "too_long"),
        ("x" * 10_240, "too_long"),
        ("Durand\u202egnp", "forbidden_character"),
        ("Du\x00rand", "forbidden_character"),
        ("Du\nrand", "forbidden_character"),
        ("\x1b[31mDurand", "forbidden_character"),
        (7, "wrong_type"),
        (None, "wrong_type"),
    ],
)
def test_a_name_is_refused_with_its_reason(typed: object, why: str) -> None:
    assert reason(display_name, typed) == why


@given(st.text())
def test_a_stored_name_is_one_harmless_line_and_stays_itself(typed: str) -> None:
    try:
        name = display_name(typed)
    except Invalid:
        return
    assert 1 <= len(name) <= MAX_NAME_CHARS
    assert display_name(name) == name
    assert not any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} or c in "\u202e\u2066" for c in name)


@given(st.text())
def test_a_stored_login_stays_itself(typed: str) -> None:
    try:
        login = login_name(typed)
    except Invalid:
        return
    assert login_name(login) == login
    if login.isascii():
        assert login_name(f" {login.upper()} ") == login


def test_a_login_is_found_again_however_it_is_typed() -> None:
    assert login_name(" M.Durand ") == login_name("m.durand") == "m.durand"
    assert login_name("\uff24\uff35\uff32and") == "durand"
    assert login_name("E\u0301lise") == login_name("élise")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "missing"),
        ("a", "too_short"),
        ("a" * 65, "too_long"),
        ("a b", "forbidden_character"),
        ("../etc", "forbidden_character"),
        ("<b>", "forbidden_character"),
        ("a\u202eb", "forbidden_character"),
        ({}, "wrong_type"),
    ],
)
def test_a_login_is_refused_with_its_reason(typed: object, why: str) -> None:
    assert reason(login_name, typed) == why


@pytest.mark.parametrize(
    "password", ["trois tortues vertes", "48213907561", "Zq8!fW3tbM", "мой-пароль-длинный", "azerty lune cheval"]
)
def test_length_is_all_that_a_password_needs(password: str) -> None:
    assert new_password(password) == password


@pytest.mark.parametrize(
    "password",
    [
        "motdepasse",
        "Motdepasse2026!",
        "P@ssw0rd2026",
        "password123",
        "azertyuiop",
        "1234567890",
        "aaaaaaaaaaaa",
        "abababababab",
        "Administrateur1",
        "mme.durand",
        "Mme.Durand1234",
    ],
)
def test_the_first_passwords_that_are_tried_are_refused(password: str) -> None:
    assert reason(lambda value: new_password(value, ("mme.durand", "Mme Durand")), password) == "too_common"


def test_a_password_has_ten_characters_at_least_and_256_at_most() -> None:
    assert reason(new_password, "zk3!fW9tb") == "too_short"
    assert len(new_password("zk3!fW9tbé" * 25)) == 250
    assert reason(new_password, "zk3!fW9tbé" * 26) == "too_long"
    assert reason(new_password, None) == "missing"


def test_a_password_is_the_same_typed_on_a_mac_and_on_windows() -> None:
    assert typed_password("e\u0301te\u0301 a\u0300 Brest") == typed_password("été à Brest")


@pytest.mark.parametrize("pin", ["1234", "4321", "0000", "1111", "1212", "123123", "2580", "1998", "2026", "890123"])
def test_a_pin_that_a_colleague_would_try_is_refused(pin: str) -> None:
    assert reason(new_pin, pin) == "too_common"


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("", "missing"),
        ("123", "wrong_length"),
        ("1234567", "wrong_length"),
        ("12a4", "not_digits"),
        ("١٢٣٥", "wrong_length"),
    ],
)
def test_a_pin_is_four_to_six_plain_digits(pin: str, why: str) -> None:
    assert reason(new_pin, pin) == why


def test_most_pins_are_accepted() -> None:
    accepted = 0
    for number in range(10_000):
        with contextlib.suppress(Invalid):
            accepted += bool(new_pin(f"{number:04d}"))
    assert accepted > 9_700


def test_a_role_is_one_of_the_known_words() -> None:
    assert role_of("teacher") is Role.TEACHER
    assert reason(role_of, "root") == "unknown_value"
