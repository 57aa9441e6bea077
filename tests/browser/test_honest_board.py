"""What the board says of devices that obey in part, that are not looked at, or of which one cannot know.

The devices are in the test's own hand and speak the device protocol, as a page and a tablet do.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.classroom import gesture_button, open_board, press_primary, sheet, tile
from tests.browser.hand_devices import LAPTOP, PUPIL_PAGE, HandDevice, Make, Room, hand_devices, lesson_in
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk

pytestmark = pytest.mark.timeout(240)
PAGES, TABLETS = (1, 2, 3), (4, 5)


@pytest.fixture(scope="module")
def devices(box: Appliance) -> Iterator[list[HandDevice]]:
    """Two Chromebooks and a laptop, which are pages, and two tablets that can do everything."""
    with hand_devices(box, [PUPIL_PAGE, PUPIL_PAGE, LAPTOP, Make(), Make()]) as devices:
        yield devices


@pytest.fixture
def room(durand: Client, devices: list[HandDevice]) -> Iterator[Room]:
    with lesson_in(durand, devices) as room:
        yield room


@pytest.fixture
def board(desk: Desk, durand: Client, room: Room) -> Page:
    return open_board(desk.open(client=durand), room.lesson_id)


def test_what_no_page_can_do_is_greyed_with_the_reason_and_some_are_counted(board: Page, room: Room) -> None:
    camera = gesture_button(board, "camera")
    expect(camera).to_have_attribute("title", "2 appareils sur 5 le permettent.")
    for number in PAGES:
        tile(board, number).locator("label.tile-check").click()
    expect(camera).to_have_attribute("aria-disabled", "true")
    expect(camera).to_have_attribute("title", "Aucun de ces appareils ne le permet.")
    expect(gesture_button(board, "sound")).not_to_have_attribute("aria-disabled", "true")
    board.locator("#select-none").click()
    camera.click()
    for number in TABLETS:
        room[number].wait_wanted(camera="blocked")
    room.obey(*TABLETS)
    expect(board.locator(".receipt-count")).to_have_text("2 sur 5")
    expect(board.locator("#receipt-groups .receipt-group")).to_have_text("01, 02, 03 : caméra non gérée")


def test_eyes_up_counts_those_that_are_held_and_tells_the_limits_of_pages_apart(board: Page, room: Room) -> None:
    press_primary(board)
    for number in room.numbers:
        room[number].wait_wanted(sound="blocked")
    room.obey(*room.numbers)
    expect(board.locator(".receipt-count")).to_have_text("5 sur 5")
    limits = board.locator("#receipt-groups .receipt-group")
    expect(limits).to_have_text("01, 02, 03 : caméra non gérée, internet non géré")
    expect(limits).to_have_attribute("data-kind", "limit")
    expect(board.locator(".tile[data-problem]")).to_have_count(0)
    tile(board, 1).locator(".tile-open").click()
    expect(sheet(board).locator("dl")).to_contain_text("confirmé par l’appareil – caméra non gérée")


def test_a_page_that_its_pupil_left_is_held_by_nothing_and_the_receipt_says_so(board: Page, room: Room) -> None:
    room[2].leave_page()
    expect(tile(board, 2).locator(".tile-text")).to_have_text("a quitté la page")
    expect(tile(board, 2)).to_have_attribute("data-state", "left")
    expect(board.locator("#present")).to_have_text("5 sur 5 en ligne")
    room[2].obey(foreground="web:preau")
    expect(tile(board, 2).locator(".tile-text")).to_have_text("page d’accueil")
    press_primary(board)
    for number in room.numbers:
        room[number].wait_wanted(sound="blocked")
    room.obey(*room.numbers)
    expect(board.locator(".receipt-count")).to_have_text("5 sur 5")
    room[2].leave_page()
    expect(board.locator(".receipt-count")).to_have_text("4 sur 5")
    expect(board.locator("#receipt-groups .receipt-group").first).to_have_text("02 : a quitté la page")
    expect(tile(board, 2).locator(".tile-receipt .icon-check")).to_have_count(0)
    room[2].obey(foreground="web:preau")
    expect(board.locator(".receipt-count")).to_have_text("5 sur 5")
    expect(tile(board, 2)).to_have_attribute("data-state", "held")
