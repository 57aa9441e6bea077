"""`./run demo`: whoever opens its link is in a lesson, whatever was pressed first."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from playwright.sync_api import expect

from tests.faults.doors import Running, place_in, serving
from tests.support.appliance import Browser, wait_for
from tests.support.chromium import Desk, running_chromium

pytestmark = pytest.mark.timeout(120)
SIMULATED = 2
TILE_SECONDS = 10.0


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    with serving(place_in(tmp_path), "demo", "--devices", str(SIMULATED)) as box:
        yield box
        box.end()


def tab_link(box: Running) -> str:
    found = re.search(r"Élève +(\S+/t/\S+)", box.log)
    assert found is not None, box.log
    return found[1]


def open_tab(box: Running, serial: str) -> str:
    """As the page behind the link enrolls; the device's id."""
    wanted = {
        "token": tab_link(box).rsplit("/", 1)[-1], "serial": serial, "manufacturer": "", "model": "Chromium",
        "kind": "tablet", "os": "Linux", "agent": "preau-page/1.0", "capabilities": ["lock", "message"],
    }  # fmt: skip
    answer = requests.post(f"{box.place.url}/api/devices", json=wanted, timeout=20)
    assert answer.status_code == 201, answer.text
    device_id: str = answer.json()["id"]
    return device_id


def teacher(box: Running) -> Browser:
    return Browser(box.place.url, "durand", json.loads((box.place.data_path / "demo.json").read_text())["durand"])


def open_lesson(browser: Browser) -> str | None:
    found = re.search(r'class="return" href="/lessons/([^"]+)"', browser.get("/").text)
    return None if found is None else found[1]


def tiles(browser: Browser, lesson_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.board(lesson_id)["tiles"]
    return found


def wait_for_tile(browser: Browser, lesson_id: str, device_id: str) -> None:
    def is_there() -> bool:
        return device_id in [tile["device_id"] for tile in tiles(browser, lesson_id)]

    wait_for(is_there, TILE_SECONDS, "a tile for it")


def test_a_tab_that_comes_first_begins_the_lesson_with_all_tablets_of_the_cart(demo: Running) -> None:
    durand = teacher(demo)
    assert open_lesson(durand) is None
    device_id = open_tab(demo, "tab-1")
    lesson_id = wait_for(lambda: open_lesson(durand), TILE_SECONDS + 10, "a lesson of Mme Durand")
    wait_for_tile(durand, lesson_id, device_id)
    assert len(tiles(durand, lesson_id)) == SIMULATED + 1


def test_a_tab_that_comes_later_joins_the_lesson_that_a_teacher_began(demo: Running) -> None:
    durand = teacher(demo)
    wait_for(lambda: durand.get("/").text.count('name="devices"') == SIMULATED or None, 20, "the simulated tablets")
    devices = re.findall(r'name="devices" value="([^"]+)"', durand.get("/").text)
    lesson_id = durand.start_lesson(devices[:1])
    wait_for_tile(durand, lesson_id, open_tab(demo, "tab-1"))
    wait_for_tile(durand, lesson_id, open_tab(demo, "tab-2"))
    assert len(tiles(durand, lesson_id)) == 3


def test_after_the_end_of_the_lesson_it_is_the_next_tab_that_begins_another(demo: Running) -> None:
    durand = teacher(demo)
    open_tab(demo, "tab-1")
    lesson_id = wait_for(lambda: open_lesson(durand), TILE_SECONDS + 10, "a lesson of Mme Durand")
    durand.post(f"/lessons/{lesson_id}/end")
    assert open_lesson(durand) is None
    newcomer = open_tab(demo, "tab-2")
    another = wait_for(lambda: open_lesson(durand), TILE_SECONDS, "the lesson of the tab that came after the end")
    wait_for_tile(durand, another, newcomer)


def test_the_link_is_the_same_after_a_restart_and_still_opens_a_lesson(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with serving(place, "demo", "--devices", "0") as first:
        link = tab_link(first)
        known = open_tab(first, "tab-1")
        durand = teacher(first)
        lesson_id = wait_for(lambda: open_lesson(durand), TILE_SECONDS, "a lesson of Mme Durand")
        durand.post(f"/lessons/{lesson_id}/end")
        first.end()
    with serving(place, "demo", "--devices", "0") as second:
        assert tab_link(second) == link
        durand = teacher(second)
        assert open_tab(second, "tab-1") == known
        lesson_id = wait_for(lambda: open_lesson(durand), TILE_SECONDS, "a lesson of who comes back by the link")
        wait_for_tile(durand, lesson_id, known)
        second.end()


def test_a_real_tab_is_locked_by_the_teacher_a_moment_after_its_link_was_opened(demo: Running) -> None:
    with running_chromium() as chromium, closing(Desk(chromium, demo.place.url)) as desk:
        tab = desk.open()
        tab.goto(tab_link(demo))
        tab.locator('[data-kind="tablet"]').click()
        expect(tab.get_by_role("heading", name="Séance avec Mme Durand")).to_be_visible()
        durand = teacher(demo)
        lesson_id = open_lesson(durand)
        assert lesson_id is not None
        answer = durand.gesture(lesson_id, "eyes_up", str(uuid4()), args={"message": "Les yeux vers moi"})
        assert answer.status_code == 201, answer.text
        expect(tab.locator("#lock")).to_be_visible()
        wait_for(lambda: all(tile["presence"] == "online" for tile in tiles(durand, lesson_id)), 10, "all are there")
