import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.plain_text import folded, without_controls


@given(st.text())
def test_what_is_left_is_one_line_of_visible_characters(text: str) -> None:
    plain = without_controls(text)

    assert plain == plain.strip() and "  " not in plain
    assert all(unicodedata.category(c)[0] != "C" or c in "\u200c\u200d" for c in plain)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = without_controls(text)

    assert without_controls(once) == once


def test_headings_fold_to_plain_words() -> None:
    assert folded("  Nom d’USAGE  élève :") == "nom d usage eleve"


def test_joined_emoji_stay_joined() -> None:
    family = "\U0001f469\u200d\U0001f467"

    assert without_controls(family) == family
