"""What a screen shows: three things, and nothing that could cost it the rest of its state."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given

from protocol.device import (
    MAX_DISPLAY_CHARS,
    UNRESTRICTED,
    Desired,
    Display,
    Malformed,
    Show,
    display_as_json,
    encode_desired,
    parse_desired,
    read_display,
)
from tests.protocol.golden import EXAMPLES
from tests.protocol.test_device_round_trips import ANY_JSON

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def desired_with(display: object) -> Desired:
    base = json.loads((EXAMPLES / "desired.locked.json").read_bytes())
    return parse_desired(json.dumps({**base, "display": display}).encode())


def test_the_examples_mean_what_they_say() -> None:
    shown = {
        name: parse_desired((EXAMPLES / f"desired.screen-{name}.json").read_bytes()).display
        for name in ("presence", "timer", "message")
    }
    assert shown == {
        "presence": Display(Show.PRESENCE),
        "timer": Display(Show.TIMER, datetime(2026, 11, 23, 9, 20, tzinfo=UTC), "Lecture silencieuse"),
        "message": Display(Show.MESSAGE, text="Rangez vos cahiers."),
    }


def test_a_state_without_a_display_does_not_speak_of_one() -> None:
    assert b"display" not in encode_desired(Desired(1, NOW, UNRESTRICTED, None, None))


@pytest.mark.parametrize(
    "display", [None, {}, [], 7, "timer", {"show": "weather"}, {"show": "timer"}, {"show": "timer", "ends_at": "soon"},
                {"show": "message"}, {"show": "message", "text": 7}, {"show": ["timer"]}],
)  # fmt: skip
def test_a_display_that_cannot_be_read_is_none_and_the_lock_counts(display: object) -> None:
    desired = desired_with(display)
    assert desired.display is None
    assert desired.restrictions.lock is not None


@given(ANY_JSON)
def test_whatever_stands_there_is_a_display_or_none(value: object) -> None:
    found = read_display(value, "display")
    assert found is None or read_display(display_as_json(found), "display") == found


def test_text_that_is_too_long_is_cut_and_shown() -> None:
    long = "x" * (MAX_DISPLAY_CHARS + 1)
    assert read_display({"show": "message", "text": long}, "") == Display(Show.MESSAGE, text=long[:-1])


def test_only_a_timer_ends_and_every_timer_does() -> None:
    with pytest.raises(Malformed, match="ends_at"):
        Display(Show.TIMER)
    for show in (Show.PRESENCE, Show.MESSAGE):
        with pytest.raises(Malformed, match="ends_at"):
            Display(show, NOW)
