"""PostgreSQL without room, and killed while it takes batches: nothing acknowledged is lost, nothing doubled."""

import random
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import requests

from tests.faults.disks import fill, small_disk
from tests.support.appliance import wait_for
from tests.support.central import HOST, Central, running_central
from tests.support.postgres import Postgres, running_postgres
from tests.uplink.hand_box import HandBox
from uplink.trouble import TroubleCode

pytestmark = pytest.mark.timeout(600)


@dataclass
class Scene:
    server: Postgres
    url: str
    city: Central
    box: HandBox
    numbers: list[int] = field(default_factory=list)

    def told(self) -> list[int]:
        """The numbers of `note` that the city has; one twice is a doubled record."""
        wait_for(self._is_there, 60, "PostgreSQL is back")
        query = "SELECT target FROM school_audit WHERE appliance = %s AND action = 'device.rename'"
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(query, [self.box.appliance]).fetchall()
        return sorted(int(str(row[0]).rpartition(":")[2]) for row in rows)

    def _is_there(self) -> bool:
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:  # it comes back from a fall
            return False
        return True

    def page(self) -> int:
        return requests.get(self.city.console_url, timeout=30).status_code

    def health(self) -> int:
        """It writes and reads a row."""
        return requests.get(f"{self.city.console_url}/health", timeout=30).status_code

    def under_fire(self, strike: Callable[[], int], seconds: float) -> None:
        """Batches are taken until the strike, which comes after so long, has hit somebody."""
        struck: list[int] = []
        killer = threading.Timer(seconds, lambda: struck.append(strike()))
        killer.start()
        while killer.is_alive():
            self.numbers += self.box.note(40, weight=50)
            self.box.turn(2)
        assert len(struck) == 1, "nobody was hit"

    def lost(self) -> set[int]:
        """What was acknowledged and is not there. Before the box speaks again: it would tell it anew."""
        acknowledged = self.numbers[: len(self.numbers) - self.box.waiting()]
        wait_for(lambda: self.health() == 200, 60, "the city is back by itself")
        return set(acknowledged) - set(self.told())


@contextmanager
def scene(folder: Path, disk: Path | None = None, *, careful: bool = True) -> Iterator[Scene]:
    with running_postgres(careful=careful, within=disk) as server:
        url = server.new_database("city")
        with (
            running_central(folder / "city", "--mqtt", "0", database_url=url) as city,
            HandBox(folder / "box", f"{HOST}:{city.uplink_port}").opened() as box,
        ):
            box.join(city, city.new_school(1))
            yield Scene(server, url, city, box)


@pytest.fixture
def disk() -> Iterator[Path]:
    """Where PostgreSQL, which is not root, may go."""
    with tempfile.TemporaryDirectory(prefix="preau-disk-") as name:
        Path(name).chmod(0o755)
        with small_disk(Path(name) / "small", 200) as place:
            yield place


def test_a_full_disk_is_said_and_it_goes_on_by_itself(disk: Path, tmp_path: Path) -> None:
    with scene(tmp_path, disk) as here:
        box = here.box
        numbers = box.note(20)
        box.until(lambda: not box.waiting())
        filler = fill(disk)
        numbers += box.note(2_000, weight=400)
        box.turn(2)
        assert box.waiting() and box.trouble() == TroubleCode.CITY_FULL, "the box says whose disk it is"
        assert here.page() in (200, 503)
        full = set(here.told())
        shutil.rmtree(filler)
        box.until(lambda: not box.waiting() and not box.trouble())
        assert here.told() == numbers and full <= set(numbers)
        assert here.page() == 200
        assert "Traceback" not in here.city.log()


def test_killed_while_it_takes_batches_it_has_all_that_was_acknowledged(tmp_path: Path, is_long: bool) -> None:
    chance = random.Random(19)
    with scene(tmp_path) as here:
        box, hits = here.box, 0
        for number in range(40 if is_long else 6):
            here.under_fire(here.server.kill if number % 2 else here.server.kill_one, chance.uniform(0.0, 0.3))
            hits += bool(box.trouble())
            if number % 2:
                here.server.start()
            assert not here.lost()
        box.until(lambda: not box.waiting() and not box.trouble())
        assert here.told() == here.numbers
        assert hits, "none was under way"
        assert "Traceback" not in here.city.log()


def test_it_loses_what_it_acknowledged_when_a_commit_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    """The same rig must find a loss where there is one."""
    with scene(tmp_path, careful=False) as here:
        for _ in range(12):
            here.under_fire(here.server.kill, 0.3)
            here.server.start()
            if here.lost():
                return
            here.box.until(lambda: not here.box.waiting() and not here.box.trouble())
    pytest.fail("no kill lost anything")
