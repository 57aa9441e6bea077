from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.lessons import DEFAULT_MINUTES, LONGEST, checked_end, checked_minutes
from appliance.errors import Invalid

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_a_lesson_may_last_a_school_day_and_not_a_second_more() -> None:
    assert checked_end(START + LONGEST, START, START) == START + LONGEST
    with pytest.raises(Invalid) as caught:
        checked_end(START + LONGEST + timedelta(seconds=1), START, START)
    assert caught.value.fields == {"ends_at": "too_late"}


@pytest.mark.parametrize("seconds", [0, -1, -86400])
def test_a_lesson_ends_in_the_future(seconds: int) -> None:
    with pytest.raises(Invalid) as caught:
        checked_end(START + timedelta(seconds=seconds), START, START)
    assert caught.value.fields == {"ends_at": "in_the_past"}


@given(st.integers(-10_000, 100_000), st.integers(0, 40_000))
def test_no_end_is_accepted_but_one_ahead_and_within_a_school_day(after: int, late: int) -> None:
    now, end = START + timedelta(seconds=late), START + timedelta(seconds=after)
    try:
        assert checked_end(end, START, now) == end
        assert now < end <= START + LONGEST
    except Invalid:
        assert end <= now or end > START + LONGEST


@pytest.mark.parametrize(("value", "minutes"), [(1, 1), ("45", 45), (480, 480), (" 30 ", 30), (DEFAULT_MINUTES, 45)])
def test_minutes_come_from_a_form_or_from_json(value: object, minutes: int) -> None:
    assert checked_minutes(value) == minutes


@pytest.mark.parametrize("value", [0, -5, 481, "", "an hour", None, 45.5, True, [], "9" * 400])
def test_minutes_that_make_no_lesson_are_refused(value: object) -> None:
    with pytest.raises(Invalid):
        checked_minutes(value)
