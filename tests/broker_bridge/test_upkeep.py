"""The box's own chores, with a real store and real files; only the two clocks are moved by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.broker_bridge.upkeep import Upkeep
from appliance.config import Config, make_folders
from appliance.services.backups import Backups
from appliance.services.documents import Documents
from tests.support.store import HandClock, opened_store


@dataclass
class Home:
    config: Config
    clock: HandClock
    upkeep: Upkeep
    monotonic: float = 0.0

    def pass_by(self, seconds: float) -> None:
        self.clock.pass_by(seconds=seconds)
        self.monotonic += seconds
        self.upkeep.step(self.monotonic)

    @property
    def backups(self) -> int:
        return len(list(self.config.backups_path.glob("auto-*.preau")))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    config, clock = Config(tmp_path), HandClock()
    make_folders(config)
    with opened_store(tmp_path):
        upkeep = Upkeep(clock, config.ballast_path, Backups(clock, config), Documents(clock, config.documents_path))
        yield Home(config, clock, upkeep)
    config.runtime_path.rmdir()


def test_the_ballast_is_there_after_the_first_look_and_comes_back_when_it_was_needed(home: Home) -> None:
    home.pass_by(0)
    assert home.config.ballast_path.exists()
    home.config.ballast_path.unlink()
    home.pass_by(5)
    assert home.config.ballast_path.exists()


def test_a_day_has_one_backup_however_often_the_box_starts(home: Home) -> None:
    home.pass_by(0)
    assert home.backups == 0, "the start is for the class"
    home.pass_by(61)
    assert home.backups == 1
    for _ in range(20):
        home.upkeep = Upkeep(
            home.clock,
            home.config.ballast_path,
            Backups(home.clock, home.config),
            Documents(home.clock, home.config.documents_path),
        )
        home.pass_by(0)
        home.pass_by(61)
    assert home.backups == 1
    home.pass_by(86_400)
    assert home.backups == 2


def test_a_chore_that_fails_stops_no_other_and_is_tried_again(home: Home) -> None:
    home.config.backups_path.write_text("a file where the folder should be")
    left = home.config.documents_path / ("0" * 64)
    left.write_bytes(b"nobody's")
    home.pass_by(0)
    home.pass_by(61)
    assert not left.exists()
    home.config.backups_path.unlink()
    home.pass_by(3601)
    assert home.backups == 1
