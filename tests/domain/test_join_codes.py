"""Short codes: six digits, hard to guess first, easy to type."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.join_codes import new_code, read_code
from appliance.errors import Invalid
from tests.protocol.test_device_round_trips import ANY_JSON


def test_a_code_is_six_digits_and_may_begin_with_a_zero() -> None:
    assert new_code((), lambda _below: 4711) == "004711"


def test_what_is_tried_first_is_never_a_code() -> None:
    drawn = iter([0, 111111, 121212, 123456, 987654, 901234, 480502])
    assert new_code((), lambda _below: next(drawn)) == "480502"


def test_no_code_is_given_twice() -> None:
    drawn = iter([480502, 480502, 731406])
    assert new_code({"480502"}, lambda _below: next(drawn)) == "731406"


def test_nearly_every_number_is_a_code() -> None:
    chance = random.Random(1)
    asked = 0

    def below(limit: int) -> int:
        nonlocal asked
        asked += 1
        assert limit == 1_000_000
        return chance.randrange(limit)

    for _ in range(2000):
        new_code((), below)
    assert asked < 2010


@pytest.mark.parametrize("typed", ["480502", "480 502", "480\u00a0502", " 480-502 ", "480.502", "4 8 0 5 0 2"])
def test_a_code_is_read_however_it_was_written_down(typed: str) -> None:
    assert read_code(typed) == "480502"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "48050",
        "4805020",
        "48O502",
        "٤٨٠٥٠٢",
        "\uff14\uff18\uff10\uff15\uff10\uff12",
        "480502" * 100,
        None,
        480502,
        ["480502"],
        {},
    ],
)
def test_anything_else_is_no_code(typed: object) -> None:
    with pytest.raises(Invalid) as caught:
        read_code(typed)
    assert caught.value.fields == {"code": "not_digits"}


@given(ANY_JSON | st.text())
def test_whatever_is_sent_is_six_digits_or_invalid(typed: object) -> None:
    try:
        code = read_code(typed)
    except Invalid:
        return
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()
