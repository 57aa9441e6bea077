"""Spaces as French wants them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.web.typography import typeset

N, U = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Vraiment ?", f"Vraiment{N}?"),
        ("Attention ! Bien ; mal", f"Attention{N}! Bien{N}; mal"),
        ("École : « Préau »", f"École{U}: «{U}Préau{U}»"),
        ("85 % de 12 Mo en %(n)s min", f"85{U}% de 12{U}Mo en %(n)s{U}min"),
        ("encore {minutes} min", f"encore {{minutes}}{U}min"),
        ("les minutes", "les minutes"),
        ("http://a:80?b", "http://a:80?b"),
    ],
)
def test_french_signs_keep_to_their_word(typed: str, shown: str) -> None:
    assert typeset(typed, "fr") == shown
    assert typeset(typed, "en") == typed


@given(st.text())
def test_only_spaces_change(text: str) -> None:
    shown = typeset(text, "fr")
    assert shown.replace(N, " ").replace(U, " ") == text.replace(N, " ").replace(U, " ")
    assert typeset(shown, "fr") == shown
