"""One lesson of all sorts: a page, a simulated tablet, one that Webview Kiosk holds, one reached by page and kiosk."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from protocol.device import CommandType
from tests.agents.plant import Kiosk, Plant, running_plant
from tests.browser.classroom import Pupils, open_board, press_primary, running_pupils
from tests.browser.pages import LAPTOP, PagesDesk, PupilPage, gesture, pages_desk, tile_of, wait_tile
from tests.support.appliance import wait_for

pytestmark = pytest.mark.timeout(240)
EYES = "Les yeux vers moi"
CONFIRMED, SEEN, UNSURE = "confirmed", "observed", "unconfirmed"


@dataclass
class Mixed:
    """`held` has the kiosk only; `both` is the page inside the kiosk `double`."""

    plant: Plant
    laptop: PupilPage
    simulated: Pupils
    held: Kiosk
    double: Kiosk
    both: PupilPage

    @property
    def ids(self) -> list[str]:
        return [self.laptop.id, self.simulated.ids[0], self.held.device_id, self.double.device_id]

    def evidence(self, lesson: str, gesture_id: str) -> dict[str, str | None]:
        """Of each device, how its outcome is known; once all of them have one."""

        def look() -> dict[str, str | None] | None:
            receipts = {one: _of(tile_of(self.plant.teacher, lesson, one), gesture_id) for one in self.ids}
            settled = all(one and one["status"] in ("succeeded", "unconfirmed") for one in receipts.values())
            return {name: one["evidence"] for name, one in receipts.items() if one} if settled else None

        return wait_for(look, 30, "an outcome of each")


def _of(tile: dict[str, Any], gesture_id: str) -> dict[str, Any] | None:
    receipt: dict[str, Any] | None = tile["receipt"]
    return receipt if receipt and receipt["gesture_id"] == gesture_id else None


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    with running_plant(tmp_path_factory.mktemp("mixed")) as plant:
        yield plant


@pytest.fixture(scope="module")
def desk(chromium: Browser, plant: Plant) -> Iterator[PagesDesk]:
    with pages_desk(chromium, plant.box) as desk:
        yield desk


@pytest.fixture(scope="module")
def mixed(plant: Plant, desk: PagesDesk) -> Iterator[Mixed]:
    held, double = plant.ready(), plant.ready()
    both = desk.blank()
    both.page.goto(desk.here(double.imported["web_content.home_url"]))
    both.arrive()
    laptop = desk.device(plant.box.link(), "laptop", LAPTOP)
    with running_pupils(plant.box, ["idle"]) as simulated:
        yield Mixed(plant, laptop, simulated, held, double, both)


@pytest.fixture
def lesson(mixed: Mixed) -> Iterator[str]:
    lesson_id = mixed.plant.teacher.start_lesson(mixed.ids)
    for one in mixed.ids:
        wait_tile(mixed.plant.teacher, lesson_id, one, 30, presence="online")
    yield lesson_id
    mixed.plant.teacher.post(f"/lessons/{lesson_id}/end", {})


@pytest.fixture
def board(mixed: Mixed, desk: PagesDesk, lesson: str) -> Page:
    return open_board(desk.open(client=mixed.plant.teacher), lesson)


def tile(board: Page, device_id: str) -> Locator:
    return board.locator(f'.tile[data-id="{device_id}"]')


def test_the_kiosks_page_is_the_kiosks_tablet_and_one_tile(mixed: Mixed, board: Page) -> None:
    assert mixed.both.id == mixed.double.device_id
    expect(board.locator(".tile")).to_have_count(4)
    expect(tile(board, mixed.double.device_id)).to_have_count(1)


def test_eyes_up_holds_all_and_each_tile_says_how_it_is_known(mixed: Mixed, board: Page, lesson: str) -> None:
    press_primary(board)
    mixed.laptop.wait_locked()
    mixed.both.wait_locked()
    mixed.simulated.wait_locked([1])
    expect(board.locator('.tile[data-state="held"]')).to_have_count(4)
    known = mixed.evidence(lesson, mixed.plant.teacher.board(lesson)["gesture"]["id"])
    assert known[mixed.laptop.id] == known[mixed.simulated.ids[0]] == CONFIRMED
    assert known[mixed.held.device_id] == SEEN
    words = tile(board, mixed.held.device_id).locator(".tile-receipt")
    expect(words).to_have_attribute("title", "vu dans son état")
    expect(tile(board, mixed.laptop.id).locator(".tile-receipt")).to_have_attribute("title", "confirmé par l’appareil")
    press_primary(board)
    for pupil in (mixed.laptop, mixed.both):
        pupil.wait_free()
    mixed.simulated.wait_locked([1], locked=False)


def test_a_message_takes_the_page_where_there_is_one_and_the_kiosk_where_there_is_none(
    mixed: Mixed, lesson: str
) -> None:
    teacher = mixed.plant.teacher
    known = mixed.evidence(lesson, gesture(teacher, lesson, "message", text="Bonjour"))
    assert known[mixed.held.device_id] == UNSURE
    assert {known[one] for one in (mixed.laptop.id, mixed.simulated.ids[0], mixed.both.id)} == {CONFIRMED}
    for pupil in (mixed.laptop, mixed.both):
        expect(pupil.message).to_have_text("Bonjour")
        pupil.page.locator("#message-read").click()
    mixed.simulated.wait_heard([1], CommandType.MESSAGE)


def test_when_the_page_goes_away_the_kiosk_carries_what_it_can(mixed: Mixed, lesson: str) -> None:
    teacher, both_id = mixed.plant.teacher, mixed.both.id
    mixed.both.page.goto("about:blank")
    wait_for(lambda: mixed.plant._live("SELECT own FROM live WHERE device_id = ?", both_id)[0][0] == "offline", 10)
    assert tile_of(teacher, lesson, both_id)["presence"] == "online", "the kiosk is there"
    known = mixed.evidence(lesson, gesture(teacher, lesson, "message", text="Reviens"))
    assert known[both_id] == UNSURE
    mixed.laptop.page.locator("#message-read").click()  # the next one is done when it is on the screen
    mixed.both.page.goto("/pupil")
    wait_for(lambda: mixed.plant._live("SELECT own FROM live WHERE device_id = ?", both_id)[0][0] == "online", 10)
    again = mixed.evidence(lesson, gesture(teacher, lesson, "message", text="Te voilà"))
    assert again[both_id] == CONFIRMED
    expect(mixed.both.message).to_have_text("Te voilà")
