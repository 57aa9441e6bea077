"""The city signs the time: it alone moves the hub by more than an hour, and a lesson never notices."""

from pathlib import Path

import pytest

from appliance.clock import (
    SETTLING_SECONDS,
    SLEW_SECONDS,
    ClockKeeper,
    HubClock,
    Machine,
    signed_now,
    write_signed_time,
)

NINE = 1_795_424_400.0
DAY = 86_400.0


class Hub:
    """Real time passes; the machine's clock is what it is. `sign` is what the uplink does after a hello."""

    def __init__(self, folder: Path, wall: float) -> None:
        self.folder, self.wall, self.boot, self.truth = folder, wall, 20.0, NINE
        self.lesson = False
        machine = Machine(lambda: self.wall, lambda: self.boot)
        self.keeper = ClockKeeper(folder, folder / "floor", machine)
        self.keeper.mind(lambda: self.lesson)
        self.keeper.start()
        self.clock = HubClock(folder, machine)

    def now(self) -> float:
        return self.clock.now().timestamp()

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.wall, self.boot, self.truth = self.wall + 1, self.boot + 1, self.truth + 1
            self.keeper.step()

    def sign(self) -> None:
        write_signed_time(self.folder, self.truth - self.boot)


def test_a_box_that_wakes_up_in_1970_is_right_a_second_after_the_city_spoke(tmp_path: Path) -> None:
    hub = Hub(tmp_path, 0.0)
    hub.run(SETTLING_SECONDS + 60)
    assert hub.now() < DAY
    hub.sign()
    hub.run(2)
    assert hub.now() == pytest.approx(hub.truth, abs=1)
    assert hub.keeper.state.suspect_seconds < -DAY  # the machine itself is still wrong, and it is said


def test_a_lesson_does_not_jump_it_ends_first(tmp_path: Path) -> None:
    hub = Hub(tmp_path, NINE - DAY)
    hub.run(SETTLING_SECONDS + 60)
    hub.lesson = True
    hub.sign()
    before = hub.now()
    hub.run(100)
    assert hub.now() - before == pytest.approx(100 * (1 + SLEW_SECONDS), abs=1.5)
    hub.lesson = False
    hub.run(2)
    assert hub.now() == pytest.approx(hub.truth, abs=1)


def test_a_machine_that_is_right_again_is_followed_once_the_city_agrees(tmp_path: Path) -> None:
    hub = Hub(tmp_path, NINE - 2 * DAY)
    hub.run(SETTLING_SECONDS + 60)
    hub.wall = hub.truth + 0.7
    hub.run(30)
    assert hub.truth - hub.now() > DAY  # nobody vouches for it
    hub.sign()
    hub.run(2)
    assert hub.now() == pytest.approx(hub.wall, abs=0.6)
    assert hub.keeper.state.suspect_seconds == 0


def test_a_liar_on_the_network_moves_nothing_once_the_city_was_heard(tmp_path: Path) -> None:
    hub = Hub(tmp_path, NINE)
    hub.run(30)
    hub.sign()
    for lie in (NINE + 4000 * DAY, 0.0, NINE + 0.3 * DAY):
        hub.wall = lie
        hub.run(20)
        assert hub.now() == pytest.approx(hub.truth, abs=2)
        assert abs(hub.keeper.state.suspect_seconds) > 3600


def test_two_hundred_days_ahead_never_goes_back_while_it_runs(tmp_path: Path) -> None:
    hub = Hub(tmp_path, NINE + 200 * DAY)
    hub.run(30)
    before = hub.now()
    hub.sign()
    for _ in range(400):
        hub.run(1)
        assert hub.now() >= before
        before = hub.now()
    assert before - hub.truth > 199 * DAY


@pytest.mark.parametrize("wall_after", [0.0, 3.0])
def test_two_hundred_days_ahead_is_right_again_at_the_next_start(tmp_path: Path, wall_after: float) -> None:
    hub = Hub(tmp_path, NINE + 200 * DAY)
    hub.run(30)
    hub.sign()
    hub.run(400)
    hub.keeper.stop()
    (tmp_path / "city-time").unlink()  # the runtime folder goes with a reboot
    again = Hub(tmp_path, hub.truth + wall_after)
    assert again.now() == pytest.approx(hub.truth + wall_after, abs=2)


@pytest.mark.parametrize("text", ["nan", "", "inf", "9e300", "no number"])
def test_a_broken_file_vouches_for_nothing(tmp_path: Path, text: str) -> None:
    hub = Hub(tmp_path, NINE)
    hub.run(SETTLING_SECONDS + 5)
    (tmp_path / "city-time").write_text(text)
    hub.wall += 30 * DAY
    hub.run(5)
    assert hub.now() == pytest.approx(hub.truth, abs=2)
    assert hub.keeper.state.suspect_seconds > 29 * DAY


def test_the_city_s_own_time_is_known_whatever_the_box_goes_by(tmp_path: Path) -> None:
    machine = Machine(lambda: 0.0, lambda: 20.0)
    assert signed_now(tmp_path, machine) is None
    write_signed_time(tmp_path, NINE - 15.0)
    told = signed_now(tmp_path, machine)
    assert told is not None and told.timestamp() == NINE + 5.0
