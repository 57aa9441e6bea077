"""For which boxes the bridge to the city is kept, and what is done about one that hangs."""

import pytest

from appliance.broker.probe import Answer
from appliance.cli.city_bridge import Listening, is_awaited
from appliance.store.city_models import CityLink
from protocol.uplink_words import Standing


@pytest.mark.parametrize(
    ("standing", "other_chosen", "expected"),
    [
        (Standing.ACTIVE, False, True),
        (Standing.FENCED, False, True),  # a choice is heard at once
        (Standing.FENCED, True, False),  # the chosen one has the same name there
        (Standing.REVOKED, False, False),
        (Standing.REPLACED, False, False),
    ],
)
def test_one_that_waits_for_a_choice_keeps_its_bridge_and_one_that_lost_it_does_not(
    standing: Standing, other_chosen: bool, expected: bool
) -> None:
    assert is_awaited(CityLink(standing=standing.value, other_chosen=other_chosen)) is expected


def rests(answers: list[Answer], started: float = 0.0, step: float = 3.0) -> list[float | None]:
    """One look each three seconds, at a broker that answers so."""
    given = iter(answers)
    listening = Listening(lambda: next(given))
    return [listening.rest(started + place * step) for place in range(len(answers))]


def test_a_broker_that_says_nothing_twice_is_deaf_and_one_that_answers_or_is_away_is_not() -> None:
    silent, there, away = Answer.SILENT, Answer.ACCEPTED, Answer.ABSENT
    assert rests([there, silent, there, silent, away, silent, silent, there]) == [None] * 6 + [5.0, None]


def test_one_that_hangs_each_time_rests_longer_each_time() -> None:
    found = [one for one in rests([Answer.SILENT] * 24) if one is not None]
    assert found == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 900.0, 900.0, 900.0, 900.0]


def test_one_that_was_well_for_long_begins_with_the_short_rest_again() -> None:
    listening = Listening(lambda: Answer.SILENT)
    assert [listening.rest(at) for at in (0.0, 3.0, 6.0, 9.0)] == [None, 5.0, None, 10.0]
    assert [listening.rest(at) for at in (1000.0, 1003.0)] == [None, 5.0]


def test_it_is_asked_each_three_seconds_only() -> None:
    asked: list[None] = []

    def answer() -> Answer:
        asked.append(None)
        return Answer.ACCEPTED

    listening = Listening(answer)
    for tenths in range(61):
        listening.rest(tenths / 10)
    assert len(asked) == 3
