"""Profiles by name, how they combine, and the life that follows from them."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.device import Capability
from simulator.chance import seeded
from simulator.life import Life
from simulator.profiles import CLASS, Act, Profile, UnknownProfile, assign, parse_profile


@pytest.mark.parametrize("name", list(Profile))
def test_every_profile_has_a_behaviour(name: Profile) -> None:
    assert parse_profile(name) is not None


def test_profiles_add_up() -> None:
    both = parse_profile("old+slow+flaky")
    assert both.missing == {Capability.CAMERA}
    assert both.answers_after[1] > 0
    assert {Act.GO_AWAY, Act.CHANGE_APP} <= set(both.habits)


def test_an_unknown_profile_is_named_beside_the_known_ones() -> None:
    with pytest.raises(UnknownProfile, match=r"« casse-cou ».*steady.*sleepy"):
        parse_profile("slow+casse-cou")


def test_profiles_take_turns_and_a_class_without_wishes_is_mostly_healthy() -> None:
    assert assign(["flaky", "old"], 3) == ["flaky", "old", "flaky"]
    assert assign([], 15) == list(CLASS)
    assert len(CLASS) == 15
    assert sum(name == "steady" for name in CLASS) >= 9


@given(st.sampled_from(list(Profile)), st.integers(0, 1000))
def test_what_begins_ends_before_it_begins_again(name: Profile, seed: int) -> None:
    life = Life(parse_profile(name), random.Random(seed), 10.0, 0.0)
    going_on: set[Act] = set()
    undone = {Act.LOWER_HAND: Act.RAISE_HAND, Act.COME_BACK: Act.GO_AWAY, Act.WAKE_UP: Act.FALL_ASLEEP}
    for step in range(4000):
        for act in life.due(step * 0.5):
            if act in undone:
                going_on.remove(undone[act])
            elif act in undone.values():
                assert act not in going_on
                going_on.add(act)


def test_a_faster_life_has_more_in_it() -> None:
    def count(speed: float) -> int:
        life = Life(parse_profile("hand-raiser"), random.Random(7), speed, 0.0)
        return sum(len(life.due(step * 1.0)) for step in range(3600))

    assert count(10.0) > 5 * count(1.0)


def test_devices_with_similar_names_do_not_have_similar_luck() -> None:
    draws = [seeded(f"R52T{number:07}").random() for number in range(100)]
    assert len({round(draw * 10) for draw in draws}) == 11
    assert seeded("R52T").random() == seeded("R52T").random()
