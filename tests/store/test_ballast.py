import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.domain.storage import Level
from appliance.store.ballast import BALLAST_BYTES, disk_of, is_spent, release, room_beside, storage_level, tend
from appliance.store.models import Cart, database
from tests.support.store import opened_store

MIB = 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """64 MB of memory as a disk of their own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False)
    assert mounted.returncode == 0, "mounting a tmpfs needs root"
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    path = folder / "filling"
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, disk_of(folder).free - leave))
    return path


def test_the_ballast_has_real_blocks(disk: Path) -> None:
    assert tend(disk / "ballast")

    stat = (disk / "ballast").stat()
    assert stat.st_size == BALLAST_BYTES
    assert stat.st_blocks * 512 >= BALLAST_BYTES
    assert not tend(disk / "ballast")  # there is nothing more to do


def test_a_full_disk_gets_the_ballast_back_and_the_store_writes_again(disk: Path) -> None:
    tend(disk / "ballast")
    with opened_store(disk):
        Cart.create(name="A", created_at=0)
        filling = fill(disk)
        assert storage_level(disk) is Level.SURVIVAL

        assert tend(disk / "ballast")
        with database.atomic("IMMEDIATE"):
            Cart.create(name="B", created_at=0)
            Cart.delete().where(Cart.name == "A").execute()

        assert not tend(disk / "ballast")  # still too full to build it again
        filling.unlink()
        assert tend(disk / "ballast")
        assert (disk / "ballast").stat().st_size == BALLAST_BYTES


def test_a_ballast_is_not_built_where_it_would_fill_the_disk(disk: Path) -> None:
    fill(disk, leave=20 * MIB)

    assert not tend(disk / "ballast")
    assert [path.name for path in disk.iterdir()] == ["filling"]


def test_releasing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert not release(tmp_path / "ballast")


def test_a_reserve_that_was_spent_is_seen_and_uploads_wait_until_it_is_back(disk: Path) -> None:
    tend(disk / "ballast")
    assert not is_spent(disk / "ballast")
    assert room_beside(disk / "ballast") > 30 * MIB
    filling = fill(disk)
    assert tend(disk / "ballast")
    assert disk_of(disk).free > 15 * MIB

    assert is_spent(disk / "ballast")
    assert room_beside(disk / "ballast") == 0

    filling.unlink()
    assert tend(disk / "ballast")
    assert not is_spent(disk / "ballast")


def test_an_upload_never_takes_what_would_release_the_reserve(disk: Path) -> None:
    tend(disk / "ballast")
    filling = fill(disk, leave=disk_of(disk).free - room_beside(disk / "ballast"))
    assert filling.stat().st_size > 0
    assert not tend(disk / "ballast")
    assert (disk / "ballast").exists()
