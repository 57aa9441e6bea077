import io
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.config import Config, make_folders
from appliance.errors import Conflict, Invalid, NotFound
from appliance.services.backups import KEPT_DAYS, Backups
from appliance.services.documents import Documents
from appliance.services.school import School, SchoolFacts
from appliance.store.backup_file import read_manifest
from tests.services.school import ADMIN, add_people, deeds
from tests.support.documents import store_upload
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
        add_people()
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


def test_a_backup_never_overwrites_a_file_nor_invents_a_folder(backups: Backups, tmp_path: Path) -> None:
    precious = tmp_path / "key.preau"
    precious.write_bytes(b"last good copy")

    with pytest.raises(Conflict) as refused:
        backups.create(ADMIN, precious)
    assert (refused.value.code, refused.value.params) == ("backup_exists", {"path": str(precious)})
    assert precious.read_bytes() == b"last good copy"
    with pytest.raises(Invalid) as invalid:
        backups.create(ADMIN, tmp_path / "nowhere" / "x.preau")
    assert (invalid.value.code, invalid.value.params) == ("no_folder", {"path": str(tmp_path / "nowhere")})


def test_only_a_backup_by_hand_holds_the_documents(backups: Backups, config: Config, clock: HandClock) -> None:
    stored = store_upload(Documents(clock, config.documents_path), io.BytesIO(b"%PDF-1.7 x"), "a.pdf", ADMIN)
    by_hand, _ = backups.create(ADMIN)
    automatic = backups.automatic(clock.at)

    assert automatic is not None
    assert f"documents/{stored.sha256}" in read_manifest(by_hand).parts
    assert set(read_manifest(automatic).on_box) == {stored.sha256}
    assert {line.name: line.has_documents for line in backups.listed()} == {by_hand.name: True, automatic.name: False}


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
