"""Whatever chance decides: boxes come back spread out, later and later, and never later than a quarter of an hour."""

import random

from hypothesis import given
from hypothesis import strategies as st

from uplink.backoff import (
    FIRST_SECONDS,
    LONGEST_ASKED_SECONDS,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    STABLE_SECONDS,
    Tries,
    after_success,
    after_trouble,
    spread,
)

SEEDS = st.integers(0, 2**32)


@given(SEEDS)
def test_the_first_try_after_a_loss_is_anywhere_within_two_minutes(seed: int) -> None:
    tries, pause = after_trouble(Tries(), random.Random(seed).uniform)
    assert 0 <= pause <= FIRST_SECONDS
    assert tries.pause >= SHORTEST_SECONDS


@given(SEEDS, st.integers(2, 60))
def test_later_tries_drift_apart_and_stay_within_a_quarter_of_an_hour(seed: int, times: int) -> None:
    chance, tries = random.Random(seed).uniform, Tries()
    tries, before = after_trouble(tries, chance)
    for _ in range(times):
        tries, pause = after_trouble(tries, chance)
        assert SHORTEST_SECONDS <= pause <= min(LONGEST_SECONDS, max(SHORTEST_SECONDS, before) * 3)
        before = pause


@given(SEEDS, st.floats(0, 100_000))
def test_nobody_comes_back_before_the_city_asked_and_an_absurd_wish_is_cut(seed: int, asked: float) -> None:
    _, pause = after_trouble(Tries(), random.Random(seed).uniform, asked)
    assert pause >= min(asked, LONGEST_ASKED_SECONDS)
    assert pause <= max(FIRST_SECONDS, LONGEST_ASKED_SECONDS * 1.25)


@given(SEEDS, st.lists(st.floats(0, 250), min_size=1, max_size=20))
def test_only_five_good_minutes_make_a_loss_a_new_one(seed: int, gaps: list[float]) -> None:
    tries, now = Tries(300.0), 1000.0
    for gap in gaps:
        tries = after_success(tries, now)
        now += gap
    lasted = now - gaps[-1] - 1000.0
    assert (tries.pause == 0.0) is (lasted >= STABLE_SECONDS)


def test_trouble_ends_the_good_time() -> None:
    tries = after_success(Tries(300.0), 0.0)
    tries, _ = after_trouble(tries, random.Random(1).uniform)
    assert after_success(tries, STABLE_SECONDS + 1).pause > 0


def test_a_thousand_boxes_that_lost_the_city_together_do_not_come_back_together() -> None:
    pauses = [after_trouble(Tries(), random.Random(seed).uniform)[1] for seed in range(1000)]
    busiest = max(sum(second <= pause < second + 1 for pause in pauses) for second in range(120))
    assert busiest < 30


@given(SEEDS, st.floats(1, 3600))
def test_regular_looks_are_spread_by_a_tenth(seed: int, seconds: float) -> None:
    told = spread(seconds, random.Random(seed).uniform)
    assert seconds * 0.899 <= told <= seconds * 1.101
