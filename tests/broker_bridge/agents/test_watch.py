"""Two clients under one name are seen by their coming and going; one that behaves is not."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from appliance.broker_bridge.agents.watch import Watch
from appliance.domain.agents import Alarm


def test_four_comings_without_a_good_bye_in_twenty_seconds_are_a_fight_until_it_is_calm() -> None:
    watch = Watch("i-1")
    for at in (0, 3, 6):
        watch.came(at, orderly=False)
    assert not watch.is_withholding(6)
    watch.came(9, orderly=False)
    assert watch.alarms(9) == {Alarm.TAKEOVER}
    assert watch.next_at(9) == 39
    assert watch.is_withholding(38.9)
    assert not watch.is_withholding(39)
    assert watch.alarms(39) == frozenset()


@given(st.lists(st.floats(7, 1000), min_size=1, max_size=50))
def test_a_weak_network_is_no_fight(pauses: list[float]) -> None:
    """Who comes back after each loss as the broker sees it cannot do so four times within twenty seconds."""
    watch, at = Watch("i-1"), 0.0
    for pause in pauses:
        at += pause
        watch.came(at, orderly=False)
        assert not watch.is_withholding(at)


@given(st.lists(st.floats(0, 10), max_size=100))
def test_good_byes_are_no_fight_however_many(pauses: list[float]) -> None:
    watch, at = Watch("i-1"), 0.0
    for pause in pauses:
        at += pause
        watch.came(at, orderly=True)
    assert watch.alarms(at) == frozenset()


def test_the_first_installation_is_taken_as_it_is() -> None:
    watch = Watch("")
    watch.spoke("i-1", 0)
    watch.spoke(None, 1)
    watch.spoke("i-1", 2)
    assert (watch.instance, watch.alarms(2)) == ("i-1", frozenset())


def test_another_installation_is_told_and_the_former_one_coming_back_is_a_clone() -> None:
    watch = Watch("i-1")
    watch.spoke("i-2", 100)
    assert watch.alarms(100) == {Alarm.REINSTALLED}
    watch.spoke("i-1", 110)
    assert watch.alarms(110) == {Alarm.REINSTALLED, Alarm.CLONED}
    assert watch.alarms(171) == {Alarm.REINSTALLED}


def test_a_tablet_that_was_put_back_to_an_old_copy_next_day_is_no_clone() -> None:
    watch = Watch("i-1")
    watch.spoke("i-2", 100)
    watch.spoke("i-1", 100_000)
    assert Alarm.CLONED not in watch.alarms(100_000)


def test_of_installations_without_end_a_few_are_remembered_and_they_are_clones() -> None:
    watch = Watch("i-0")
    for number in range(1, 10_000):
        watch.spoke(f"i-{number}", number / 1000)
    assert len(watch._left) <= 8
    assert watch.is_withholding(10)


def test_while_several_installations_speak_none_of_them_is_taken_for_the_tablets_own() -> None:
    watch, seen = Watch("i-1"), list[str]()
    for number in range(200):
        watch.spoke(f"i-{number % 2 + 1}", float(number))
        seen.append(watch.instance)
    assert sum(one != other for one, other in itertools.pairwise(seen)) == 1


def test_of_two_installations_the_one_that_stays_is_the_tablets_own_once_it_is_calm() -> None:
    watch = Watch("i-1")
    for instance, at in (("i-2", 1), ("i-1", 2), ("i-1", 30), ("i-1", 61)):
        watch.spoke(instance, at)
        assert watch.instance == "i-2"
    watch.spoke("i-1", 62)
    assert (watch.instance, watch.is_withholding(62)) == ("i-1", False)
