import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.naming import device_name, next_number
from protocol.device import Kind


@given(st.lists(st.integers(-3, 40)))
def test_a_new_device_gets_the_smallest_free_number_from_one(taken: list[int]) -> None:
    number = next_number(taken)
    assert number >= 1
    assert number not in taken
    assert set(range(1, number)) <= set(taken)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_french_noun_and_a_number_of_two_digits(kind: Kind) -> None:
    assert device_name(kind, 7).endswith(" 07")
    assert device_name(kind, 123).endswith(" 123")


def test_a_tablet_is_called_tablette() -> None:
    assert device_name(Kind.TABLET, 7) == "Tablette 07"
