import pytest

from appliance.domain.schools import checked_uai, file_word
from appliance.errors import Invalid
from protocol.uai import control_letter


@pytest.mark.parametrize("code", ["0750655E", "0750654D"])
def test_the_codes_of_known_schools_have_their_letter(code: str) -> None:
    assert checked_uai(code) == code
    assert control_letter(code[:7]) == code[7]


def test_small_letters_and_blanks_are_forgiven() -> None:
    assert checked_uai(" 075 0655e ") == "0750655E"


def test_no_code_is_no_error() -> None:
    assert checked_uai("  ") == ""


@pytest.mark.parametrize(
    ("code", "reason"), [("0750655F", "wrong_letter"), ("750655E", "bad_form"), ("0750655EE", "bad_form")]
)
def test_a_code_that_cannot_be_is_refused_with_the_reason(code: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_uai(code)

    assert refused.value.fields == {"uai": reason}


@pytest.mark.parametrize(
    ("name", "word"), [("École des Tilleuls", "cole-des-Tilleuls"), ("../../x", "x"), ("", "ecole")]
)
def test_a_name_in_a_file_name_leads_nowhere(name: str, word: str) -> None:
    assert file_word(name) == word
