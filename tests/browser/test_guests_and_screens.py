"""Who comes for one lesson, the class's screen, and what is said of those that only half obey: on a real board.

The devices are in the test's own hand and speak the device protocol, as a page and a tablet do.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from protocol.device import CommandType, parse_time
from tests.browser.classroom import gesture_button, open_board, press_primary, sheet
from tests.browser.hand_devices import (
    LAPTOP,
    PUPIL_PAGE,
    SCREEN_PAGE,
    HandDevice,
    Make,
    Room,
    come_in,
    hand_devices,
    join,
    lesson_in,
)
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, WALL, Desk, Size, axe_findings

pytestmark = pytest.mark.timeout(240)
SIZE = 5


@pytest.fixture(scope="module")
def devices(box: Appliance) -> Iterator[list[HandDevice]]:
    """Two Chromebooks, a laptop, two tablets that can do everything, and the screen of the class."""
    makes = [PUPIL_PAGE, PUPIL_PAGE, LAPTOP, Make(), Make()]
    with hand_devices(box, makes) as devices, hand_devices(box, [SCREEN_PAGE], "Salles") as screens:
        yield [*devices, *screens]


@pytest.fixture
def room(durand: Client, devices: list[HandDevice]) -> Iterator[Room]:
    with lesson_in(durand, devices) as room:
        yield room


@pytest.fixture
def board(desk: Desk, durand: Client, room: Room) -> Page:
    return open_board(desk.open(client=durand), room.lesson_id)


def screen_tile(page: Page) -> Locator:
    return page.locator('.tile[data-kind="screen"]')


def guest_tile(page: Page) -> Locator:
    return page.locator(".tile[data-guest]")


def shown_code(page: Page) -> str:
    code = page.locator("#welcome-code")
    expect(code).not_to_be_empty()
    return (code.text_content() or "").replace("\u00a0", "").replace(" ", "")


def test_a_visitor_comes_in_by_the_code_on_the_board_and_is_sent_away_from_its_tile(
    board: Page, box: Appliance, room: Room
) -> None:
    board.locator("#welcome").click()
    code = shown_code(board)
    assert len(code) == 6
    assert code.isdigit()
    expect(board.locator("#welcome-address")).to_have_text(f"{box.url.removeprefix('http://')}/join")
    assert (
        board.locator("#welcome-qr img").evaluate("async (one) => { await one.decode(); return one.naturalWidth }") > 0
    )
    expect(sheet(board)).to_contain_text("Rien ne reste après la séance")
    expect(sheet(board)).to_contain_text("Personne n’est encore entré")
    with come_in(box, code) as guest:
        guest.wait_lesson(room.lesson_id)
        guest.obey(foreground="web:preau")
        expect(board.locator("#welcome-guests")).to_contain_text("Invité 1")
        expect(board.locator("#welcome-count")).to_have_text("1 appareil accueilli")
        board.keyboard.press("Escape")
        expect(guest_tile(board)).to_contain_text("Invité 1")
        expect(guest_tile(board).locator(".tile-number")).to_have_text("")
        press_primary(board)
        guest.wait_wanted(sound="blocked")
        guest_tile(board).locator(".tile-open").click()
        expect(sheet(board)).to_contain_text("rien ne reste de lui")
        board.get_by_role("button", name="Renvoyer cet invité").click()
        expect(guest_tile(board)).to_have_count(0)
        guest.peer.wait_for_end()
    expect(board.get_by_role("dialog")).to_have_count(0)
    assert guest.id not in box.admin("device", "list", "--json").stdout


def test_a_closed_door_lets_nobody_in_and_those_who_are_in_stay(board: Page, box: Appliance) -> None:
    board.locator("#welcome").click()
    code = shown_code(board)
    with come_in(box, code):
        expect(guest_tile(board)).to_have_count(1)
        board.get_by_role("button", name="Fermer l’accueil").click()
        expect(sheet(board)).to_contain_text("L’accueil est fermé")
        assert join(box, code).status_code == 401
        expect(guest_tile(board)).to_have_count(1)
        board.get_by_role("button", name="Rouvrir, avec un nouveau code").click()
        expect(board.locator("#welcome-door")).to_be_visible()
        assert shown_code(board) != code
        board.get_by_role("button", name="Continuer").click()
        expect(board.locator("#welcome")).to_contain_text("Accueil ouvert")
        guest_tile(board).locator(".tile-open").click()
        board.get_by_role("button", name="Renvoyer cet invité").click()
        expect(guest_tile(board)).to_have_count(0)


def test_the_code_is_read_from_the_back_of_the_room(desk: Desk, durand: Client, room: Room) -> None:
    wall = open_board(desk.open(WALL, durand), f"{room.lesson_id}?mode=tableau")
    wall.locator("#welcome").click()
    assert len(shown_code(wall)) == 6
    digits = wall.locator("#welcome-code").bounding_box()
    drawing = wall.locator("#welcome-qr img").bounding_box()
    assert digits is not None
    assert drawing is not None
    assert digits["height"] > WALL.height / 8, "a hand's breadth on the wall"
    words = wall.evaluate(
        """() => {
            const range = document.createRange();
            range.selectNodeContents(document.getElementById("welcome-code"));
            return range.getBoundingClientRect().right;
        }"""
    )
    assert words < drawing["x"], "no digit lies under the drawing"
    assert axe_findings(wall) == []


def test_what_is_done_to_all_does_not_touch_the_screen_and_the_counts_say_so(board: Page, room: Room) -> None:
    expect(board.locator("#whom")).to_have_text(f"{SIZE} appareils")
    expect(board.locator("#present")).to_have_text(f"{SIZE} sur {SIZE} en ligne")
    press_primary(board)
    for number in room.numbers:
        room[number].wait_wanted(sound="blocked")
    room.obey(*room.numbers)
    expect(board.locator(".receipt-count")).to_have_text(f"{SIZE} sur {SIZE}")
    expect(screen_tile(board)).to_have_attribute("data-state", "free")
    assert room.screen.desired.restrictions.is_free
    board.locator("#select-all").check()
    expect(screen_tile(board)).not_to_have_attribute("data-chosen", "")
    board.locator("#select-none").click()
    screen_tile(board).locator("label.tile-check").click()
    expect(board.locator("#whom")).to_have_text("1 appareil")
    gesture_button(board, "sound").click()
    room.screen.wait_wanted(sound="blocked")


def hub_time(box: Appliance) -> datetime:
    return parse_time(requests.get(f"{box.url}/api/time", timeout=20).json()["now"])


def test_the_screen_shows_a_timer_a_message_who_is_there_and_nothing(board: Page, box: Appliance, room: Room) -> None:
    board.keyboard.press("p")
    expect(sheet(board)).to_contain_text("à l’écran : rien")
    board.locator("#timer-label").fill("On range")
    before = hub_time(box)
    sheet(board).get_by_role("button", name="3 min").click()
    timer = wait_for(lambda: room.screen.desired.display, 20, "the screen is to show something")
    assert timer.label == "On range"
    assert timer.ends_at is not None
    assert timedelta(seconds=180) <= timer.ends_at - before < timedelta(seconds=190)
    expect(screen_tile(board).locator(".tile-text")).to_contain_text("minuteur jusqu’à")
    board.locator("#display-text").fill("Sortez vos cahiers")
    sheet(board).get_by_role("button", name="Afficher").click()
    expect(screen_tile(board).locator(".tile-text")).to_contain_text("Sortez vos cahiers")
    presence = sheet(board).get_by_role("button", name="Les présents")
    presence.click()
    expect(presence).to_have_attribute("aria-pressed", "true")
    wait_for(lambda: room.screen.desired.display and room.screen.desired.display.show == "presence", 20, "presence")
    sheet(board).get_by_role("button", name="Rien").click()
    wait_for(lambda: room.screen.desired.display is None, 20, "nothing")
    expect(screen_tile(board).locator(".tile-text")).to_have_text("rien")


def test_a_site_goes_to_the_screen_alone_from_the_screens_own_tile(board: Page, room: Room) -> None:
    screen_tile(board).locator(".tile-open").click()
    sheet(board).get_by_role("button", name="Site…").click()
    expect(sheet(board)).to_contain_text("Écran 01")
    board.locator("#open-query").fill("lumni.fr")
    board.keyboard.press("Enter")
    assert room.screen.wait_commands()[-1].type is CommandType.OPEN_LINK
    room.screen.answer()
    room.screen.obey(foreground="web:www.lumni.fr")
    expect(board.locator(".receipt-count")).to_have_text("1 sur 1")
    expect(screen_tile(board).locator(".tile-text")).to_have_text("www.lumni.fr")
    assert all(not room[number].commands for number in room.numbers)


def test_a_tab_that_is_closed_is_offline_within_five_seconds(board: Page, box: Appliance, room: Room) -> None:
    board.locator("#welcome").click()
    guest = come_in(box, shown_code(board))
    board.keyboard.press("Escape")
    with guest:
        expect(guest_tile(board)).not_to_have_attribute("data-state", "off")
        closed_at = time.monotonic()
        guest.vanish()
        expect(guest_tile(board)).to_have_attribute("data-state", "off", timeout=5000)
        assert time.monotonic() - closed_at < 5


@pytest.mark.parametrize(
    "look",
    [Size(), PHONE, Size(dark=True), Size(360, 780, finger=True, large_text=True)],
    ids=["laptop", "phone", "dark", "large text"],
)
def test_the_sheets_have_no_accessibility_finding_on_any_screen(
    desk: Desk, durand: Client, room: Room, look: Size
) -> None:
    page = open_board(desk.open(look, durand), room.lesson_id)
    page.locator("#welcome").click()
    assert len(shown_code(page)) == 6
    assert axe_findings(page) == []
    page.keyboard.press("Escape")
    screen_tile(page).locator(".tile-open").click()
    expect(sheet(page)).to_contain_text("Écran de la classe")
    assert axe_findings(page) == []


def test_a_guest_is_called_in_the_reader_s_language_and_a_timer_s_bounds_are_said(
    board: Page, desk: Desk, durand: Client, box: Appliance, room: Room
) -> None:
    board.locator("#welcome").click()
    with come_in(box, shown_code(board)):
        durand.post_form("/language", {"lang": "en"})
        page = open_board(desk.open(client=durand), room.lesson_id)
        expect(guest_tile(page)).to_contain_text("Guest 1")
        page.keyboard.press("p")
        for minutes in ("99999", "-1", "0.001"):
            page.locator("#timer-minutes").fill(minutes)
            page.locator("#timer-minutes").press("Enter")
            expect(sheet(page).get_by_role("alert")).to_contain_text("at the latest 8 h after the lesson began")
            expect(page.locator("#timer-minutes")).to_be_focused()
            page.locator("#display-text").focus()
        desk.witness.forgive(r"status of 4\d\d")
        durand.post_form("/language", {"lang": "fr"})


# Of the bar and the lesson's line: words on two lines, or beyond their button.
_BROKEN_WORDS = """() => [...document.querySelectorAll("#bar button, .lesson-tools button")].filter((button) => {
    const range = document.createRange();
    const box = button.getBoundingClientRect();
    return [...button.querySelectorAll(".toggle-name, :scope > span:not([class])")].some((name) => {
        range.selectNodeContents(name);
        const { left, right } = range.getBoundingClientRect();
        const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top)));
        return lines.size > 1 || left < box.left || right > box.right || box.right > innerWidth;
    });
}).map((button) => button.textContent.trim())"""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_word_is_broken_beside_the_gesture_for_the_screen_and_a_raised_hand(
    desk: Desk, durand: Client, room: Room, language: str
) -> None:
    room[1].raise_hand()
    durand.post_form("/language", {"lang": language})
    try:
        page = open_board(desk.open(client=durand), room.lesson_id)
    finally:
        durand.post_form("/language", {"lang": "fr"})
    expect(gesture_button(page, "display")).to_be_visible()
    expect(page.locator("#hands")).to_be_visible()
    for held in (False, True):
        if held:
            press_primary(page)
            expect(page.locator("#bar")).to_have_attribute("data-eyes", "up")
        for width in (1024, 1180, 1280, 1366):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(_BROKEN_WORDS) == [], f"{width} px, held: {held}"
            title = page.locator("#lesson-title").evaluate("(one) => one.scrollWidth - one.clientWidth")
            assert title <= 0, f"the lesson's name is whole at {width} px"


def test_a_screen_is_chosen_on_the_start_page_and_each_kind_has_its_drawing(
    desk: Desk, durand: Client, devices: list[HandDevice]
) -> None:
    page = desk.open(client=durand)
    page.goto("/")
    page.locator('input[value="devices"]').check()
    drawn = page.locator(".pick .pick-kind").all_text_contents()
    assert [text.strip() for text in drawn] == ["Chromebook", "Chromebook", "ordinateur", "tablette", "tablette"]
    page.locator(".pick input").first.check()
    page.locator('input[name="screens"]').check()
    assert axe_findings(page) == []
    page.get_by_role("button", name="Commencer la séance").click()
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    expect(page.locator(".tile")).to_have_count(2)
    expect(screen_tile(page)).to_contain_text("Écran 01")
    durand.post(f"{page.url.removeprefix(durand.url)}/end", {})
