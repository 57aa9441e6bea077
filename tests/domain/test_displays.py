"""What a teacher may put on a screen, and how it is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.displays import checked_display
from appliance.errors import Invalid
from protocol.device import (
    MAX_DISPLAY_CHARS,
    MAX_MESSAGE_CHARS,
    Display,
    Show,
    display_as_json,
    format_time,
    read_display,
)
from tests.protocol.test_device_round_trips import ANY_JSON

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STARTED = NOW - timedelta(hours=1)


def refused(value: object) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        checked_display(value, STARTED, NOW)
    return caught.value.fields


def test_nothing_who_is_there_a_timer_and_a_message_can_be_shown() -> None:
    timer = {"show": "timer", "seconds": 600, "label": " Lecture "}
    assert checked_display(None, STARTED, NOW) is None
    assert checked_display({"show": "presence"}, STARTED, NOW) == Display(Show.PRESENCE)
    assert checked_display(timer, STARTED, NOW) == Display(Show.TIMER, NOW + timedelta(minutes=10), "Lecture")
    assert checked_display({"show": "message", "text": "Bravo !"}, STARTED, NOW) == Display(
        Show.MESSAGE, text="Bravo !"
    )


def test_a_timer_may_name_its_end() -> None:
    ends_at = format_time(NOW + timedelta(minutes=5))
    found = checked_display({"show": "timer", "ends_at": ends_at}, STARTED, NOW)
    assert found == Display(Show.TIMER, NOW + timedelta(minutes=5))


@pytest.mark.parametrize("minutes", [-5, 0, 7 * 60 + 1, 60 * 24 * 365])
def test_a_timer_ends_in_the_future_and_within_the_day_of_its_lesson(minutes: int) -> None:
    ends_at = format_time(NOW + timedelta(minutes=minutes))
    assert refused({"show": "timer", "ends_at": ends_at}) == {"ends_at": "out_of_range"}


@pytest.mark.parametrize("seconds", [0, -1, 8 * 3600 + 1, 10**30, True, "600", 1.5, [600]])
def test_a_timer_lasts_a_whole_number_of_seconds(seconds: object) -> None:
    assert "seconds" in refused({"show": "timer", "seconds": seconds})


@pytest.mark.parametrize(
    "value",
    [
        "presence", 7, [], {}, {"show": "weather"}, {"show": None}, {"show": "presence", "text": "x"},
        {"show": "timer"}, {"show": "timer", "ends_at": "bientôt"}, {"show": "timer", "ends_at": 7},
        {"show": "timer", "seconds": 60, "label": "x" * 501}, {"show": "timer", "seconds": 60, "label": 7},
        {"show": "message"}, {"show": "message", "text": ""}, {"show": "message", "text": "x" * 501},
        {"show": "message", "text": "x", "html": "<b>"},
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_the_field(value: object) -> None:
    assert refused(value)


@given(ANY_JSON | st.fixed_dictionaries({"show": st.sampled_from(Show)}, optional={
    "text": ANY_JSON, "label": ANY_JSON, "seconds": ANY_JSON, "ends_at": ANY_JSON}))  # fmt: skip
def test_whatever_a_page_sends_is_a_display_that_can_be_sent_or_invalid(value: object) -> None:
    try:
        found = checked_display(value, STARTED, NOW)
    except Invalid:
        return
    assert found is None or read_display(display_as_json(found), "display") == found


def test_what_may_be_written_fits_what_may_be_sent() -> None:
    assert MAX_MESSAGE_CHARS <= MAX_DISPLAY_CHARS
