"""`/health` does some work for whoever asks, and not once for each."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.config import Config
from central.domain.roles import Role
from central.store.database import writing
from central.store.models import Setting, database
from central.store.room import HELD_SECONDS
from central.store.trouble import STORE_ERRORS
from central.web.about import Pulse
from tests.central.web.conftest import Site, make_site

FULL = "Le serveur de la ville n’a plus de place"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Site]:
    """On SQLite: its file can be held small."""
    with make_site(Config(tmp_path / "data", http_port=8090)) as site:
        yield site


def test_health_writes_a_row_and_tells_a_stranger_nothing_else(site: Site) -> None:
    answer = site.browser().get("/health")
    assert set(answer.get_json()) == {"status", "database_ms"}
    assert Setting.get(Setting.key == "health").value == site.clock.now().isoformat()


def test_a_crowd_of_strangers_makes_work_once_in_two_seconds_and_a_failure_is_not_kept() -> None:
    times, done, is_broken = [0.0], [], [False]

    def exercise() -> None:
        done.append(times[0])
        times[0] += 0.5  # what it takes
        if is_broken[0]:
            raise OSError

    pulse = Pulse(exercise, lambda: times[0])
    assert [pulse.milliseconds() for _ in range(50)] == [500] * 50
    assert done == [0.0]
    times[0] = 2.49
    pulse.milliseconds()
    assert done == [0.0]
    times[0], is_broken[0] = 2.5, True
    for _ in range(2):
        with pytest.raises(OSError):
            pulse.milliseconds()
    assert done == [0.0, 2.5, 3.0]


def hold(pages: int) -> None:
    database.execute_sql(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_said_on_every_page_to_who_may_act_and_ends_by_itself(small: Site) -> None:
    admin, director = small.browser_of(Role.ADMINISTRATOR), small.browser_of(Role.DIRECTOR)
    assert FULL not in admin.get("/about").text
    hold(database.execute_sql("PRAGMA page_count").fetchone()[0])
    with pytest.raises(STORE_ERRORS), writing():
        Setting.create(key="large", value="x" * 1_000_000)

    answer = small.browser().get("/health")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "disk_full"})
    for page in ("/about", "/fleet", "/account"):
        assert FULL in admin.get(page).text, page
    assert FULL not in director.get("/school", follow_redirects=True).text
    small.clock.pass_by(seconds=61)
    assert FULL in admin.get("/about").text, "what is small still fits: that ends nothing so soon"

    hold(1_000_000)
    long_ago = time.monotonic() - HELD_SECONDS - 1
    os.utime(small.services.config.data_path / "room", (long_ago, long_ago))
    assert FULL in admin.get("/about").text, "nothing was written since"
    small.clock.pass_by(seconds=61)
    assert FULL not in admin.get("/about").text
    assert small.browser().get("/health").status_code == 200


def test_a_page_opens_although_nothing_at_all_can_be_written(small: Site) -> None:
    admin = small.browser_of(Role.ADMINISTRATOR)
    database.execute_sql(
        "CREATE TRIGGER heavy AFTER UPDATE ON session BEGIN"
        " INSERT INTO setting VALUES (hex(randomblob(8)), zeroblob(1000000)); END"
    )
    hold(database.execute_sql("PRAGMA page_count").fetchone()[0])
    small.clock.pass_by(seconds=61)
    for _ in range(2):
        page = admin.get("/about")
        assert page.status_code == 200 and FULL in page.text
