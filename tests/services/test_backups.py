import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.config import Config, make_folders
from appliance.errors import NotFound
from appliance.services.backups import KEPT_DAYS, Backups
from appliance.services.school import School, SchoolFacts
from tests.services.school import ADMIN, deeds
from tests.support.store import HandClock, opened_store


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    config = Config(tmp_path / "data")
    make_folders(config)
    yield config
    shutil.rmtree(config.runtime_path)


@pytest.fixture
def backups(config: Config, clock: HandClock) -> Iterator[Backups]:
    with opened_store(config.data_path):
        yield Backups(clock, config)


def test_a_backup_bears_the_schools_code_and_the_moment(backups: Backups, clock: HandClock) -> None:
    School(clock).change(SchoolFacts("École des Tilleuls", "0750655e"), ADMIN)

    path, _ = backups.create(ADMIN)

    assert path.name == f"preau-0750655E-{clock.at.astimezone():%Y%m%d-%H%M}.preau"
    assert backups.path_of(path.name) == path
    assert deeds()[-1] == ("user:1", "backup.create", f"backup:{path.name}")


def test_a_backup_may_go_where_the_console_says(backups: Backups, tmp_path: Path) -> None:
    path, _ = backups.create(ADMIN, tmp_path / "key.preau")

    assert path == tmp_path / "key.preau"
    assert path.is_file()
    assert backups.listed() == []


def test_each_day_has_one_automatic_backup_and_a_week_of_them_is_kept(backups: Backups, clock: HandClock) -> None:
    by_hand, _ = backups.create(ADMIN)
    for _ in range(KEPT_DAYS + 3):
        assert backups.automatic(clock.at) is not None
        assert backups.automatic(clock.at + timedelta(hours=3)) is None
        clock.pass_by(days=1)

    listed = backups.listed()
    assert len([line for line in listed if line.is_daily]) == KEPT_DAYS
    assert by_hand.name in [line.name for line in listed]
    assert listed == sorted(listed, key=lambda line: line.created_at, reverse=True)


@pytest.mark.parametrize("name", ["../store.db", "store.db", "preau-x.preau/..", "", "preau-../x.preau"])
def test_only_backups_are_handed_out(backups: Backups, config: Config, name: str) -> None:
    backups.create(ADMIN)

    with pytest.raises(NotFound):
        backups.path_of(name)


def test_a_file_that_is_no_backup_is_not_shown(backups: Backups, config: Config) -> None:
    config.backups_path.mkdir(exist_ok=True)
    (config.backups_path / "preau-x.preau").write_bytes(b"PK not a zip")

    assert backups.listed() == []


def test_a_removed_backup_is_gone_and_in_the_journal(backups: Backups) -> None:
    path, _ = backups.create(ADMIN)
    backups.remove(path.name, ADMIN)

    assert backups.listed() == []
    assert deeds()[-1][1] == "backup.remove"
