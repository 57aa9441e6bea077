"""The hub's time against machines that boot in the past, jump, and run wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.clock import SETTLING_SECONDS, SLEW_SECONDS, ClockKeeper, HubClock, Machine

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()


class HandMachine:
    """Its two clocks, moved by hand; `pass_by` is real time, `wall` may be set to anything."""

    def __init__(self, wall: float = NINE, boot: float = 50.0) -> None:
        self.wall, self.boot = wall, boot

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.boot += seconds

    @property
    def clocks(self) -> Machine:
        return Machine(lambda: self.wall, lambda: self.boot)


class Hub:
    """A keeper that steps once a second, and a clock that asks it from another process."""

    def __init__(self, folder: Path, machine: HandMachine) -> None:
        self.machine = machine
        self.folder = folder
        self.keeper = ClockKeeper(folder, folder / "floor", machine.clocks)
        self.keeper.start()
        self.clock = HubClock(folder, machine.clocks)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.machine.pass_by(1)
            self.keeper.step()

    def now(self) -> float:
        return self.clock.now().timestamp()


@pytest.fixture
def machine() -> HandMachine:
    return HandMachine()


@pytest.fixture
def hub(tmp_path: Path, machine: HandMachine) -> Hub:
    hub = Hub(tmp_path, machine)
    hub.run(SETTLING_SECONDS + 1)
    return hub


def test_the_hub_says_the_machines_time_in_utc(hub: Hub) -> None:
    assert hub.clock.now() == datetime.fromtimestamp(hub.machine.wall, UTC)


@pytest.mark.parametrize("hours", [1, -1, 24, -24, 24 * 365, -24 * 365])
def test_a_jump_while_running_neither_ends_nor_prolongs_a_lesson(hub: Hub, hours: int) -> None:
    lesson_ends = hub.now() + 45 * 60
    hub.machine.wall += hours * 3600
    before = hub.now()
    hub.run(60)
    assert hub.now() - before == pytest.approx(60, abs=60 * SLEW_SECONDS + 0.01)
    hub.run(8 * 60)
    assert hub.now() == pytest.approx(before + 9 * 60, abs=9 * 60 * SLEW_SECONDS + 0.01)
    assert hub.now() < lesson_ends


def test_a_jump_that_is_too_large_is_reported_and_the_report_goes_when_it_is_over(hub: Hub) -> None:
    hub.machine.wall += 86_400
    hub.run(2)
    assert hub.keeper.state.suspect_seconds == pytest.approx(86_400)
    assert "86400" in (hub.folder / "clock.json").read_text()
    hub.machine.wall -= 86_400
    hub.run(2)
    assert hub.keeper.state.suspect_seconds == 0
    assert '"suspect_seconds": 0' in (hub.folder / "clock.json").read_text()


@pytest.mark.parametrize("seconds", [40, -40])
def test_a_smaller_difference_is_made_up_slowly_and_wholly(hub: Hub, seconds: float) -> None:
    hub.machine.wall += seconds
    hub.run(int(abs(seconds) / SLEW_SECONDS) + 1)
    assert hub.now() == pytest.approx(hub.machine.wall, abs=0.6)


def test_what_the_network_says_right_after_the_start_is_followed_at_once(tmp_path: Path, machine: HandMachine) -> None:
    hub = Hub(tmp_path, machine)
    hub.run(30)
    machine.wall += 1800
    hub.run(1)
    hub.machine.pass_by(1)
    assert hub.now() == pytest.approx(machine.wall)


def test_a_box_that_boots_two_weeks_in_the_past_goes_on_from_where_it_was(tmp_path: Path, machine: HandMachine) -> None:
    before = Hub(tmp_path, machine)
    before.run(1000)
    stopped_at = before.now()
    before.keeper.stop()
    rebooted = Hub(tmp_path, HandMachine(wall=stopped_at - 14 * 86_400, boot=3.0))
    assert rebooted.now() == pytest.approx(stopped_at, abs=0.01)
    rebooted.run(10)
    assert rebooted.now() == pytest.approx(stopped_at + 10, abs=0.01)


def test_a_box_that_lost_power_knows_the_time_to_five_minutes(tmp_path: Path, machine: HandMachine) -> None:
    before = Hub(tmp_path, machine)
    before.run(1000)
    cut_at = before.now()
    rebooted = Hub(tmp_path, HandMachine(wall=0.0, boot=3.0))
    assert cut_at - 302 <= rebooted.now() <= cut_at


@pytest.mark.parametrize("floor", ["", "nonsense", "nan", "inf", "-inf", "1e300", "\x00\x00"])
def test_a_floor_that_is_no_number_is_no_floor(tmp_path: Path, machine: HandMachine, floor: str) -> None:
    (tmp_path / "floor").write_text(floor)
    hub = Hub(tmp_path, machine)
    hub.run(1)
    assert hub.now() == pytest.approx(machine.wall)


def test_the_hub_goes_on_when_the_keepers_file_disappears(hub: Hub) -> None:
    hub.machine.wall += 86_400
    hub.run(2)
    said = hub.now()
    (hub.folder / "clock").unlink()
    hub.machine.pass_by(5)
    assert hub.now() == pytest.approx(said + 5)


def test_without_a_keeper_the_machines_clock_is_all_there_is(tmp_path: Path, machine: HandMachine) -> None:
    assert HubClock(tmp_path, machine.clocks).now().timestamp() == NINE


def test_a_disk_that_takes_nothing_does_not_stop_the_clock(tmp_path: Path, machine: HandMachine) -> None:
    keeper = ClockKeeper(tmp_path / "gone", tmp_path / "gone" / "floor", machine.clocks)
    keeper.start()
    machine.pass_by(400)
    machine.wall += 10
    assert keeper.step()
    keeper.stop()


def test_while_a_difference_is_taken_back_nobody_sees_the_time_step_back(hub: Hub) -> None:
    """The keeper writes, and the next look at its file comes a moment after the last answer."""
    hub.machine.wall -= 60
    said = hub.now()
    for look in range(2000):
        hub.machine.pass_by(0.01)
        if look % 100 == 50:
            hub.keeper.step()
        assert hub.now() >= said
        said = hub.now()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 20), st.floats(-200_000, 200_000)), max_size=20))
def test_whatever_the_machines_clock_does_the_hubs_time_never_goes_back(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[int, float]]
) -> None:
    hub = Hub(tmp_path_factory.mktemp("run"), HandMachine())
    said = hub.clock.now()
    for seconds, jump in story:
        hub.machine.wall += jump
        for _ in range(seconds):
            hub.run(1)
            now = hub.clock.now()
            assert now >= said
            said = now


def test_the_real_machines_clocks_run(tmp_path: Path) -> None:
    keeper = ClockKeeper(tmp_path, tmp_path / "floor")
    keeper.start()
    clock = HubClock(tmp_path)
    first = clock.now()
    assert timedelta(0) <= clock.now() - first < timedelta(seconds=5)


def test_a_box_without_a_battery_is_right_as_soon_as_the_network_is_there(tmp_path: Path, machine: HandMachine) -> None:
    """It boots on the clock of its last day; two months later the network tells it the time a minute after."""
    (tmp_path / "floor").write_text(str(NINE))
    hub = Hub(tmp_path, machine)
    hub.run(60)
    machine.wall += 60 * 86_400
    hub.run(2)
    assert abs(hub.now() - machine.wall) < 2
    assert hub.keeper.state.suspect_seconds == 0


def test_a_clock_that_is_years_ahead_at_the_start_is_reported_and_no_floor_for_ever(tmp_path: Path) -> None:
    (tmp_path / "floor").write_text(str(NINE))
    machine = HandMachine(wall=NINE + 70 * 365 * 86_400)
    hub = Hub(tmp_path, machine)
    hub.run(2)
    assert abs(hub.now() - NINE) < 5
    assert hub.keeper.state.suspect_seconds > 0
    machine.wall = NINE + 10
    assert abs(Hub(tmp_path, machine).now() - machine.wall) < 5
