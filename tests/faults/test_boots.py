"""A box that is switched on and off: a storm of starts, and a clock that the night has set back or somebody ahead."""

import random
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.faults.books import assert_sound, rows
from tests.faults.doors import Place, opened, place_in, serving
from tests.faults.school import running_class
from tests.support.appliance import wait_for
from tests.support.processes import family, kill, wait_gone

pytestmark = pytest.mark.timeout(240)


def hub_time(url: str) -> datetime:
    return datetime.fromisoformat(requests.get(f"{url}/api/time", timeout=5).json()["now"])


def test_a_storm_of_starts_that_are_cut_leaves_a_box_that_serves_and_nothing_that_piles_up(
    tmp_path: Path, is_long: bool
) -> None:
    chance, place = random.Random(9), place_in(tmp_path)
    with serving(place) as box:
        box.end()
    before = counts(place)
    for _ in range(20 if is_long else 3):
        with opened(place, "run") as box:
            threading.Event().wait(chance.uniform(0.2, 3.0))
            pids = family(box.process.pid)
            kill(*pids)
            box.process.wait()
            wait_gone(pids)
    with serving(place) as box:
        box.end()
    assert counts(place) == before
    place.assert_nothing_is_left()


def counts(place: Place) -> dict[str, object]:
    """What a start could add to, again and again."""
    facts = rows(
        place, "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM setting), (SELECT count(*) FROM user)"
    )
    assert_sound(place)
    return {"rows": facts, "files": sorted(path.name for path in place.data_path.iterdir())}


def test_a_box_that_wakes_up_two_weeks_in_the_past_goes_on_from_where_it_was(tmp_path: Path) -> None:
    with running_class(tmp_path, 2) as school:
        box = school.box
        known = datetime.now().astimezone().replace(microsecond=0) + timedelta(days=14)  # noqa: TID251 - the machine's own clock is meant
        box.stop()
        (box.data_path / "clock-floor").write_text(f"{known.timestamp():.3f}\n")
        box.start()
        first = hub_time(box.url)
        assert first >= known
        browser = box.browser("durand")
        lesson_id = browser.start_lesson(school.ids)
        sent = browser.gesture(lesson_id, "message", "0b5f8f5e-7c53-4c9e-9a3c-5f8c4f1a2b3c", args={"text": "bonjour"})
        assert sent.status_code == 201
        wait_for(lambda: all(school.effects.done[one, "bonjour"] == 1 for one in school.ids), 30, "the message")
        box.stop()
        box.start()
        assert hub_time(box.url) >= first
        assert browser.get(f"/lessons/{lesson_id}").status_code == 200, "the session outlives it"
