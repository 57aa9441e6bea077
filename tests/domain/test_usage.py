"""The watermark: what it covers is stored, whatever the order in which records came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.usage import app_name, next_watermark


@given(st.sets(st.integers(0, 60), min_size=1))
def test_the_first_time_it_runs_from_the_lowest_one_to_the_first_gap(stored: set[int]) -> None:
    mark = next_watermark(None, stored)
    assert set(range(min(stored), mark + 1)) <= stored
    assert mark + 1 not in stored


@given(st.integers(0, 60), st.sets(st.integers(0, 60)))
def test_later_it_goes_on_from_where_it_was_and_never_over_a_gap(up_to: int, stored: set[int]) -> None:
    mark = next_watermark(up_to, stored)
    assert mark >= up_to
    assert set(range(up_to + 1, mark + 1)) <= stored
    assert mark + 1 not in stored


@given(st.permutations(range(18, 40)))
def test_once_the_lowest_has_come_any_order_of_the_others_ends_at_the_highest(order: list[int]) -> None:
    stored, mark = {18}, next_watermark(None, {18})
    for number in order:
        stored.add(number)
        mark = next_watermark(mark, stored)
    assert mark == 39


@pytest.mark.contract("5.device_keeps_records_until_acknowledged")
def test_a_gap_holds_it_until_the_missing_record_comes() -> None:
    assert next_watermark(18, {20, 21, 22}) == 18
    assert next_watermark(18, {19, 20, 21, 22}) == 22


@pytest.mark.parametrize(("said", "kept"), [
    ("org.kde.gcompris", "org.kde.gcompris"), ("web:lumni.fr", "web:lumni.fr"), ("web:[::1]", "web:[::1]"),
    ("https://lumni.fr/page?name=Lea", "web:lumni.fr"), ("web:https://user:secret@lumni.fr/x", "web:lumni.fr"),
    ("Léa Martin", "other"), ("http://[", "other"), ("web:lumni.fr/page", "other"), ("", "other"),
])  # fmt: skip
def test_an_address_is_cut_to_its_host_and_nothing_personal_is_kept(said: str, kept: str) -> None:
    assert app_name(said) == kept


@given(st.text(max_size=300))
def test_whatever_is_said_only_a_name_of_an_app_or_a_host_is_kept(said: str) -> None:
    kept = app_name(said)
    assert kept.isascii()
    assert not set(kept) & set("/?#@ ")
