"""A start that cannot succeed says what is wrong and what to do, changes nothing and leaves nothing."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from appliance.store.database import SCHEMA_VERSION
from tests.faults.disks import fill, small_disk, take_inodes
from tests.faults.doors import Place, as_nobody, occupy, place_in, refusal, serving, without_mosquitto
from tests.support.appliance import wait_for


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = place_in(tmp_path)
    yield found
    found.assert_nothing_is_left()


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a box that has worked."""
    place = place_in(tmp_path_factory.mktemp("used"))
    with serving(place) as box:
        box.end()
    return place.data_path


@pytest.mark.parametrize(("which", "option"), [(0, "--http"), (1, "--mqtt"), (2, "--websocket")])
def test_a_port_in_use_is_named_with_the_option_that_changes_it(place: Place, which: int, option: str) -> None:
    port = place.ports[which]
    with occupy(port):
        said = refusal(place)
    assert str(port) in said
    assert option in said


def test_a_missing_mosquitto_is_said_with_what_to_install(place: Place) -> None:
    assert "apt-get install mosquitto" in refusal(place, *without_mosquitto())


def test_a_folder_that_may_not_be_read_is_said_with_its_name(place: Place, tmp_path: Path) -> None:
    place.data_path.mkdir(mode=0o700)
    for parent in (tmp_path, *list(tmp_path.parents)[:3]):
        parent.chmod(0o755)
    said = refusal(place, *as_nobody())
    assert str(place.data_path) in said
    assert "--data" in said


def test_a_file_in_the_folders_place_is_said(place: Place) -> None:
    place.data_path.write_text("a letter")
    assert str(place.data_path) in refusal(place)
    assert place.data_path.read_text() == "a letter"


def test_data_of_a_newer_version_is_left_as_it_is(place: Place, used: Path) -> None:
    shutil.copytree(used, place.data_path)
    with closing(apsw.Connection(str(place.data_path / "store.db"))) as store:
        store.pragma("user_version", SCHEMA_VERSION + 1)
    before = (place.data_path / "store.db").read_bytes()
    assert "plus récente" in refusal(place)
    assert (place.data_path / "store.db").read_bytes() == before


def test_a_second_start_in_the_same_folder_is_refused_and_the_first_goes_on(place: Place) -> None:
    with serving(place) as first:
        assert "déjà" in refusal(Place(place.data_path, *place_in(place.data_path.parent).ports))
        assert first.is_ready()
        first.end()


@pytest.mark.parametrize("exhaust", [fill, take_inodes])
def test_a_disk_without_any_room_is_said_at_the_start(tmp_path: Path, exhaust: Callable[[Path], Path]) -> None:
    with small_disk(tmp_path / "disk", 24, 60) as disk:
        place = place_in(disk)
        exhaust(disk)
        assert "plus de place" in refusal(place)
        place.assert_nothing_is_left()


def test_a_box_that_finds_its_disk_full_starts_by_its_ballast_and_without_one_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 48) as disk:
        place = place_in(disk)
        with serving(place) as box:
            wait_for((place.data_path / "ballast").exists, 20, "the ballast")
            box.end()
        fill(disk)
        with serving(place) as box:
            assert not (place.data_path / "ballast").exists()
            box.end()
        shutil.rmtree(disk / "filler")
        fill(disk)
        assert "plus de place" in refusal(place)
