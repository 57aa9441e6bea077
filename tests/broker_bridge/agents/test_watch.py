"""Two clients under one name are seen by their coming and going; one that behaves is not."""

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
