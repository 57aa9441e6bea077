"""Whatever ends a box, nothing of it is left but its data; and the data are there at the next start."""

import random
import signal
import threading
from pathlib import Path

import pytest

from tests.faults.doors import opened, place_in, serving
from tests.support.processes import family, wait_gone

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_a_demo_leaves_no_process_no_file_and_no_port(tmp_path: Path, number: int) -> None:
    place = place_in(tmp_path)
    with serving(place, "demo", "--devices", "3") as box:
        assert box.end(number) == 0
        assert "Traceback" not in box.log
    place.assert_nothing_is_left()


def test_ctrl_c_at_any_moment_of_the_start_leaves_nothing(tmp_path: Path, is_long: bool) -> None:
    chance = random.Random(3)
    place = place_in(tmp_path)
    for _ in range(20 if is_long else 4):
        moment = chance.uniform(0.3, 2.5)
        with opened(place, "demo", "--devices", "2") as box:
            threading.Event().wait(moment)
            box.end()
            assert "Traceback" not in box.log, box.log
        place.assert_nothing_is_left()


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_serves(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with serving(place) as box:
        pids = family(box.process.pid)
        box.process.kill()
        box.process.wait()
        wait_gone(pids)
    with serving(place) as box:
        box.end()
    place.assert_nothing_is_left()


def test_two_demos_side_by_side_and_each_is_the_same_after_its_second_start(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, other = place_in(tmp_path / "a"), place_in(tmp_path / "b")
    with serving(other, "demo", "--devices", "2") as beside:
        with serving(one, "demo", "--devices", "2") as first:
            shown = first.log.split("Préau, démonstration", 1)[1]
            first.end()
        assert beside.is_ready()
        with serving(one, "demo", "--devices", "2") as second:
            assert second.log.split("Préau, démonstration", 1)[1].split("Ctrl-C")[0] == shown.split("Ctrl-C")[0]
            second.end()
        beside.end()
    for place in (one, other):
        place.assert_nothing_is_left()
