"""Who drowns the others is out for a minute, and in again afterwards."""

import logging
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.broker_bridge.flood import (
    MOST_PER_SECOND,
    OFFENCE_BYTES_PER_SECOND,
    OFFENCE_PER_SECOND,
    FloodGate,
)
from appliance.broker_bridge.suspensions import SUSPENDED_SECONDS, Suspensions
from appliance.errors import Unavailable
from appliance.store.models import Journal
from tests.services.school import add_device
from tests.support.store import HandClock, opened_store

ONE, TWO = "d-aaaaaaaa", "d-bbbbbbbb"


class Bench:
    """Suspensions on a hand-moved monotonic clock; `applied`: who was left out at each call."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.applied: list[set[str]] = []
        self.fails = 0
        self.credentials = {ONE: "hash", TWO: "hash"}
        self.suspensions = Suspensions(HandClock(), self._apply, lambda: dict(self.credentials), lambda: self.seconds)

    def _apply(self, without: Collection[str]) -> None:
        if self.fails:
            self.fails -= 1
            raise Unavailable("broker_unavailable")
        self.applied.append(set(without))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened_store(tmp_path):
        yield Bench()


def test_a_new_process_lets_everybody_in_whom_the_one_before_left_out(bench: Bench) -> None:
    assert bench.suspensions.step()
    assert not bench.suspensions.step()
    assert bench.applied == [set()]


def test_who_came_and_went_between_two_looks_is_put_out_all_the_same(bench: Bench) -> None:
    """Another process let it in meanwhile: what the store says now is what it said before."""
    bench.suspensions.step()
    bench.suspensions.wake()
    assert bench.suspensions.step()
    assert bench.applied == [set(), set()]


def test_an_offender_is_out_for_a_minute_and_the_journal_says_so(bench: Bench) -> None:
    bench.suspensions.step()
    bench.suspensions.suspend([ONE])
    assert bench.suspensions.out == {ONE}
    bench.suspensions.step()
    bench.seconds += SUSPENDED_SECONDS - 1
    assert not bench.suspensions.step()
    bench.seconds += 1
    bench.suspensions.step()
    assert bench.applied == [set(), {ONE}, set()]
    assert bench.suspensions.out == set()
    (line,) = Journal.select()
    assert (line.actor, line.action, line.target) == ("bridge", "device.suspend", f"device:{ONE}")


def test_a_guest_that_floods_is_not_named_in_the_journal(bench: Bench) -> None:
    guest = add_device(guest_lesson_id="a lesson")
    bench.suspensions.suspend([guest])
    (line,) = Journal.select()
    assert (line.action, line.target) == ("device.suspend", "guest")
    assert bench.suspensions.out == {guest}


def test_one_that_somebody_let_in_again_is_put_out_again_and_told_once(bench: Bench) -> None:
    bench.suspensions.suspend([ONE])
    bench.suspensions.step()
    bench.seconds += 30
    bench.suspensions.suspend([ONE, TWO])
    bench.suspensions.step()
    bench.seconds += SUSPENDED_SECONDS - 1
    assert not bench.suspensions.step()
    assert bench.applied == [{ONE}, {ONE, TWO}]
    assert Journal.select().count() == 2


def test_what_changed_in_the_store_is_applied_even_when_nobody_said_so(bench: Bench) -> None:
    """A process was killed after its commit, before it told the broker."""
    bench.suspensions.step()
    del bench.credentials[ONE]
    assert bench.suspensions.step()
    assert not bench.suspensions.step()
    assert len(bench.applied) == 2


def test_a_broker_that_has_just_started_is_told_again_who_is_out(bench: Bench) -> None:
    bench.suspensions.suspend([ONE])
    bench.suspensions.step()
    bench.suspensions.renew()
    bench.suspensions.step()
    assert bench.applied == [{ONE}, {ONE}]


def test_a_broker_that_does_not_answer_is_asked_again(bench: Bench) -> None:
    bench.fails = 2
    bench.suspensions.suspend([ONE])
    assert not bench.suspensions.step()
    assert not bench.suspensions.step()
    assert bench.suspensions.step()
    assert bench.applied == [{ONE}]


def gate_after(messages: int, size: int = 30) -> FloodGate:
    gate, clock = FloodGate(), HandClock()
    for _ in range(messages):
        gate.is_flooding(ONE, size, clock.now())
    return gate


def test_a_thousand_messages_a_second_are_heard_and_not_one_more() -> None:
    gate, clock = FloodGate(), HandClock()
    heard = [not gate.is_flooding(ONE, 30, clock.now()) for _ in range(MOST_PER_SECOND + 1)]
    assert heard == [True] * MOST_PER_SECOND + [False]
    assert not gate.is_flooding(TWO, 30, clock.now())
    clock.pass_by(seconds=1)
    assert not gate.is_flooding(ONE, 30, clock.now())


def test_far_too_many_messages_or_bytes_are_an_offence() -> None:
    assert gate_after(OFFENCE_PER_SECOND - 1).offenders == set()
    assert gate_after(OFFENCE_PER_SECOND).offenders == {ONE}
    assert gate_after(OFFENCE_BYTES_PER_SECOND // 65_536, 65_536).offenders == {ONE}


def test_what_an_honest_tablet_sends_after_weeks_in_a_cupboard_is_no_offence() -> None:
    assert gate_after(100, 65_536).offenders == set(), "100 full batches within a second"
    assert gate_after(MOST_PER_SECOND, 200).offenders == set(), "a thousand records, one by one"


def test_a_flood_is_told_rarely(caplog: pytest.LogCaptureFixture) -> None:
    gate, clock = FloodGate(), HandClock()
    with caplog.at_level(logging.INFO):
        for _ in range(60):
            for _ in range(MOST_PER_SECOND + 5):
                gate.is_flooding(ONE, 30, clock.now())
            clock.pass_by(seconds=1)
    assert [record.getMessage() for record in caplog.records] == [f"device_floods device={ONE}"]


@given(st.lists(st.tuples(st.sampled_from([ONE, TWO]), st.floats(0, 3)), max_size=400))
def test_no_device_is_silenced_by_another(said: list[tuple[str, float]]) -> None:
    gate, clock = FloodGate(), HandClock()
    heard: dict[tuple[str, int], int] = {}
    for device, pause in said:
        clock.pass_by(seconds=pause)
        key = device, int(clock.now().timestamp())
        heard[key] = heard.get(key, 0) + 1
        assert gate.is_flooding(device, 30, clock.now()) is (heard[key] > MOST_PER_SECOND)
