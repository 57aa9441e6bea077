import io
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.config import Config, make_folders
from appliance.services.backups import Backups
from appliance.services.documents import Documents
from appliance.services.guests import Guests
from appliance.services.retention import LESSONS
from appliance.services.upkeep import FIRST_LOOK, Upkeep
from appliance.store.models import Device, Lesson
from tests.services.school import TEACHER, add_device, add_people, nobody_listens
from tests.support.documents import store_upload
from tests.support.store import HandClock, opened_store


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    config = Config(tmp_path / "data")
    make_folders(config)
    with opened_store(config.data_path):
        add_people()
        yield config
    shutil.rmtree(config.runtime_path)


@pytest.fixture
def documents(config: Config, clock: HandClock) -> Documents:
    return Documents(clock, config.documents_path)


@pytest.fixture
def upkeep(config: Config, clock: HandClock, documents: Documents) -> Upkeep:
    guests = Guests(clock, nobody_listens(config.runtime_path))
    return Upkeep(clock, config, Backups(clock, config), documents, guests)


def work(upkeep: Upkeep, clock: HandClock, steps: int = 6) -> None:
    for _ in range(steps):
        upkeep.step()
        clock.pass_by(seconds=5)


def test_the_ballast_comes_first_and_is_one_units_work(upkeep: Upkeep, config: Config) -> None:
    assert upkeep.step()
    assert config.ballast_path.exists()
    assert not upkeep.step()


def test_what_a_killed_process_left_is_swept_at_the_start(upkeep: Upkeep, clock: HandClock, config: Config) -> None:
    (config.documents_path / ("0" * 64)).write_bytes(b"orphan")
    (config.data_path / ".backup-work-0123").mkdir()
    work(upkeep, clock)

    assert list(config.documents_path.iterdir()) == []
    assert not (config.data_path / ".backup-work-0123").exists()


def test_a_backup_is_made_once_a_day_and_not_while_the_appliance_starts(
    upkeep: Upkeep, clock: HandClock, config: Config
) -> None:
    work(upkeep, clock)
    assert list(config.backups_path.iterdir()) == []
    clock.at += FIRST_LOOK
    for day in range(1, 4):
        work(upkeep, clock, 20)
        assert len(list(config.backups_path.iterdir())) == day
        clock.pass_by(days=1)


def test_what_is_over_its_term_goes_each_day_a_slice_at_a_time(upkeep: Upkeep, clock: HandClock) -> None:
    work(upkeep, clock)
    for number in range(12):
        Lesson.create(
            id=f"l{number}", teacher=TEACHER.user_id, title="CP", started_at=clock.at, ends_at=clock.at,
            ended_at=clock.at, force_insert=True,
        )  # fmt: skip
    clock.at += LESSONS + timedelta(days=1)
    work(upkeep, clock, 3)
    assert 0 < Lesson.select().count() < 12
    work(upkeep, clock, 10)
    assert Lesson.select().count() == 0


def test_a_document_that_was_changed_on_disk_is_found_within_a_day(
    upkeep: Upkeep, clock: HandClock, config: Config, documents: Documents
) -> None:
    whole, changed = (
        store_upload(documents, io.BytesIO(b"%PDF-1.7 " + part), "a.pdf", TEACHER) for part in (b"1", b"2")
    )
    (config.documents_path / changed.sha256).write_bytes(b"%PDF-1.7 !")
    work(upkeep, clock)
    clock.pass_by(days=1)
    work(upkeep, clock, 10)

    assert [path.name for path in config.documents_path.iterdir()] == [whole.sha256]


def test_a_backup_that_cannot_be_written_does_not_end_the_work(
    upkeep: Upkeep, clock: HandClock, config: Config
) -> None:
    work(upkeep, clock)
    config.backups_path.rmdir()
    config.backups_path.write_bytes(b"")  # a file where the folder should be
    clock.at += FIRST_LOOK
    work(upkeep, clock)
    assert config.backups_path.is_file()

    config.backups_path.unlink()
    clock.pass_by(minutes=11)
    work(upkeep, clock)
    assert len(list(config.backups_path.iterdir())) == 1


def test_a_guest_that_nobody_saw_out_is_gone_soon_after_a_start(upkeep: Upkeep, clock: HandClock) -> None:
    school_device = add_device(1)
    add_device(2, guest_lesson_id="a lesson that is gone")
    work(upkeep, clock)
    assert Device.select().where(Device.status == "active").count() == 1
    clock.pass_by(hours=1)
    work(upkeep, clock)
    assert [row.id for row in Device.select()] == [school_device]
