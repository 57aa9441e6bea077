"""The board of a class with a kiosk tablet beside one that speaks for itself: each outcome is said as it is known."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from simulator.webview_kiosk.switches import Switches, Trouble
from simulator.webview_kiosk.tablet import FakeTablet
from tests.agents.plant import Kiosk, Plant
from tests.browser.classroom import GCOMPRIS, gesture_button, open_board, press_primary, sheet
from tests.browser.hand_devices import HandDevice, Make, hand_devices
from tests.support.chromium import Desk, axe_findings, quiet_desk, running_chromium

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def desk(chromium: Browser, plant: Plant) -> Iterator[Desk]:
    with quiet_desk(chromium, plant.box.url) as desk:
        yield desk


@pytest.fixture
def kiosk(plant: Plant) -> Iterator[Kiosk]:
    kiosk = plant.ready()
    yield kiosk
    plant.stop(kiosk)


@pytest.fixture
def tablet(plant: Plant) -> Iterator[HandDevice]:
    with hand_devices(plant.box, [Make()]) as (tablet,):
        yield tablet


@pytest.fixture
def board(plant: Plant, desk: Desk, kiosk: Kiosk, tablet: HandDevice) -> Iterator[Page]:
    lesson_id = plant.teacher.start_lesson([kiosk.device_id, tablet.id])
    tablet.wait_lesson(lesson_id)
    tablet.obey(foreground="org.kde.gcompris")
    yield open_board(desk.open(client=plant.teacher), lesson_id)
    plant.teacher.post(f"/lessons/{lesson_id}/end", {})


def tile_of(page: Page, device_id: str) -> Locator:
    return page.locator(f'.tile[data-id="{device_id}"]')


def mark_of(page: Page, device_id: str) -> Locator:
    return tile_of(page, device_id).locator(".tile-receipt")


def colour_of(element: Locator) -> str:
    return str(element.evaluate("(one) => getComputedStyle(one).color"))


def test_a_message_that_an_agent_only_shows_is_not_counted_as_read_by_anybody(
    board: Page, kiosk: Kiosk, tablet: HandDevice
) -> None:
    gesture_button(board, "say").click()
    board.locator("#say-text").fill("On range")
    sheet(board).get_by_role("button", name="Dire", exact=True).click()
    tablet.answer()
    expect(board.locator(".receipt-count")).to_have_text("1 sur 2")
    unsure = board.locator('.receipt-group[data-kind="unsure"]')
    expect(unsure).to_contain_text("envoyé, sans confirmation possible")
    expect(tile_of(board, kiosk.device_id).locator(".tile-text")).to_have_text("non confirmé")
    expect(mark_of(board, kiosk.device_id)).to_have_attribute("data-mark", "circle-help")
    expect(mark_of(board, tablet.id)).to_have_attribute("title", "confirmé par l’appareil")
    expect(mark_of(board, tablet.id)).to_have_attribute("data-mark", "check")
    assert colour_of(mark_of(board, kiosk.device_id)) != colour_of(mark_of(board, tablet.id))
    unsure.click()
    expect(sheet(board).locator("dl")).to_contain_text("envoyé, sans confirmation possible")
    assert axe_findings(board) == []


def test_a_lock_that_is_seen_in_the_tablets_state_counts_and_says_how_it_is_known(
    board: Page, kiosk: Kiosk, tablet: HandDevice
) -> None:
    press_primary(board)
    tablet.wait_wanted(sound="blocked")
    tablet.obey()
    expect(board.locator(".receipt-count")).to_have_text("2 sur 2")
    expect(board.locator(".receipt-seen")).to_have_text("dont 1 vu dans son état")
    expect(mark_of(board, kiosk.device_id)).to_have_attribute("data-mark", "eye")
    expect(mark_of(board, kiosk.device_id)).to_have_attribute("title", "vu dans son état")
    expect(mark_of(board, tablet.id)).to_have_attribute("data-mark", "check")
    expect(tile_of(board, kiosk.device_id)).to_have_attribute("data-state", "held")
    tile_of(board, kiosk.device_id).locator(".tile-open").click()
    expect(sheet(board).locator("dl")).to_contain_text("Les yeux vers moi – vu dans son état")


def test_a_dark_display_is_asleep_and_not_lost(board: Page, plant: Plant, kiosk: Kiosk) -> None:
    tile = tile_of(board, kiosk.device_id)
    expect(tile.locator(".tile-text")).to_have_text("page d’accueil")
    expect(tile).not_to_have_attribute("data-state", "off")
    plant.fakes.act(kiosk.agent, FakeTablet.screen_off)
    expect(tile.locator(".tile-word")).to_have_text("en veille")
    plant.fakes.act(kiosk.agent, FakeTablet.screen_on)
    expect(tile).not_to_have_attribute("data-state", "off")


def test_another_app_in_front_is_said(plant: Plant, desk: Desk) -> None:
    switches = Switches(fgs=True, allowed=(GCOMPRIS,))
    kiosk = plant.ready(switches, changed={"web_lifecycle.lock_on_launch": False})
    with plant.lesson(kiosk) as lesson_id:
        text = tile_of(open_board(desk.open(client=plant.teacher), lesson_id), kiosk.device_id).locator(".tile-text")
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.use_app(GCOMPRIS, now))
        expect(text).to_have_text("dans une autre appli")
        plant.fakes.act(kiosk.agent, lambda tablet, now: tablet.bring_to_front(now))
        expect(text).not_to_have_text("dans une autre appli")
    plant.stop(kiosk)


def test_an_agent_that_does_not_answer_is_said_not_to_and_nothing_counts_as_done(plant: Plant, desk: Desk) -> None:
    kiosk = plant.tablet(None, Trouble.MUTE)
    plant.wait_for_presence(kiosk, "stale")
    with plant.lesson(kiosk) as lesson_id:
        board = open_board(desk.open(client=plant.teacher), lesson_id)
        expect(tile_of(board, kiosk.device_id)).to_contain_text("ne répond pas")
        press_primary(board)
        expect(board.locator(".receipt-count")).to_have_text("0 sur 1")
        expect(board.locator(".receipt-group")).to_contain_text("hors ligne")
        expect(tile_of(board, kiosk.device_id)).not_to_have_attribute("data-state", "held")
    plant.stop(kiosk)
