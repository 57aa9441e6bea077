"""A store that was damaged on the card: healed by the box's own backup, or said with the way back, which works."""

import os
import random
import shlex
import shutil
from pathlib import Path

import pytest

from tests.faults.books import assert_sound, rows
from tests.faults.doors import Place, place_in, refusal, serving
from tests.support.appliance import PASSWORD, Browser
from tests.support.console import run_admin

PAGE = 4096


def admin(data_path: Path, *words: str, stdin: str = "") -> str:
    done = run_admin("appliance", ["--data", str(data_path), *words], stdin, os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = place_in(tmp_path_factory.mktemp("kept"))
    with serving(place) as box:
        admin(place.data_path, "user", "add", "durand", "--name", "Durand", "--role", "teacher", "--password-stdin",
              stdin=PASSWORD)  # fmt: skip
        admin(place.data_path, "backup")
        box.end()
    return place.data_path


@pytest.mark.parametrize("seed_of_page", range(2))
def test_a_damaged_page_is_found_at_the_start_and_the_printed_command_brings_the_school_back(
    tmp_path: Path, kept: Path, seed_of_page: int
) -> None:
    place = place_in(tmp_path)
    shutil.copytree(kept, place.data_path)
    damage(place, random.Random(seed_of_page))
    before = (place.data_path / "store.db").read_bytes()
    said = refusal(place)
    assert "endommagé" in said or "ne peut pas être lu" in said
    assert (place.data_path / "store.db").read_bytes() == before
    words = shlex.split(said.split("./run admin", 1)[1])
    assert words[:2] == ["--data", str(place.data_path)]
    admin(place.data_path, *words[2:])
    with serving(place) as box:
        Browser(place.url, "durand")
        box.end()


@pytest.mark.parametrize("seed_of_page", range(2))
def test_a_box_with_a_backup_of_its_own_serves_again_by_itself_and_says_what_to_look_at(
    tmp_path: Path, kept: Path, seed_of_page: int
) -> None:
    place = place_in(tmp_path)
    shutil.copytree(kept, place.data_path)
    (by_hand,) = (place.data_path / "backups").iterdir()
    by_hand.rename(by_hand.with_name(f"auto-{by_hand.name}"))
    damage(place, random.Random(seed_of_page))
    with serving(place) as box:
        Browser(place.url, "durand")
        assert "a pris leur place" in box.log
        assert_sound(place)
        healed = rows(place, "SELECT actor FROM journal WHERE action = 'backup.restore'")
        assert healed == [("appliance",)]
        assert len(list(place.data_path.glob("store.damaged-*.db"))) == 1
        box.end()


def damage(place: Place, chance: random.Random) -> None:
    """4 KiB of noise in one place."""
    store = place.data_path / "store.db"
    page = chance.randrange(store.stat().st_size // PAGE)
    with store.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(chance.randbytes(PAGE))
