"""A whole lesson on a phone 360 pixels wide, with a finger: everything in reach, nothing moves under it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from protocol.device import Access, CommandType
from tests.browser.classroom import (
    Pupils,
    gesture_button,
    lesson_of,
    open_board,
    running_pupils,
    sheet,
    tile,
    tiles,
)
from tests.support.appliance import PASSWORD, Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, Desk, is_wider_than_screen

pytestmark = pytest.mark.timeout(240)
SIZE = 15
EVERYBODY = range(1, SIZE + 1)
LEAST_TARGET = 24  # WCAG 2.2, 2.5.8; what a teacher presses in haste is larger, see below
THUMB = 44


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * SIZE) as pupils:
        yield pupils


@pytest.fixture
def board(desk: Desk, durand: Client, pupils: Pupils) -> Iterator[Page]:
    with lesson_of(durand, pupils, SIZE) as lesson_id:
        yield open_board(desk.open(PHONE, durand), lesson_id)


def count_says(page: Page, gesture: str, count: str) -> None:
    expect(page.locator(".receipt-what")).to_have_text(gesture)
    expect(page.locator(".receipt-count")).to_have_text(count)


def test_a_teacher_signs_in_and_starts_and_ends_a_lesson_with_a_finger(desk: Desk, pupils: Pupils) -> None:
    page = desk.open(PHONE)
    page.goto("/sign-in")
    page.locator("#login").tap()
    page.keyboard.type("durand")
    page.locator("#password").tap()
    page.keyboard.type(PASSWORD)
    page.locator("form:has(#password) button.button-primary").tap()
    page.get_by_text("Classe mobile A", exact=True).tap()
    page.get_by_role("button", name="Commencer la séance").tap()
    expect(tiles(page, "free")).to_have_count(SIZE)
    page.locator('[data-sheet="end-sheet"]').tap()
    sheet(page).get_by_role("button", name="Terminer").tap()
    expect(page.get_by_text("La séance est terminée")).to_be_visible()


def test_eyes_up_and_release_stay_under_the_same_thumb(board: Page, pupils: Pupils) -> None:
    primary = board.locator("#eyes")
    place = primary.bounding_box()
    primary.tap()
    count_says(board, "Les yeux vers moi", f"{SIZE} sur {SIZE}")
    pupils.wait_locked(EVERYBODY)
    expect(board.locator("#bar:not([data-resting])")).to_be_visible()
    assert primary.bounding_box() == place
    primary.tap()
    count_says(board, "Libérer", f"{SIZE} sur {SIZE}")
    pupils.wait_locked(EVERYBODY, locked=False)


def test_a_double_tap_does_not_undo_itself(board: Page, pupils: Pupils) -> None:
    board.locator("#eyes").dblclick()
    count_says(board, "Les yeux vers moi", f"{SIZE} sur {SIZE}")
    pupils.wait_locked(EVERYBODY)


def test_what_is_rare_unfolds_and_acts_on_those_chosen(board: Page, pupils: Pupils) -> None:
    tile(board, 4).locator("label.tile-check").tap()
    expect(board.locator("#whom")).to_have_text("1 tablette")
    board.locator("#more").tap()
    gesture_button(board, "camera").tap()
    count_says(board, "Couper la caméra", "1 sur 1")
    assert [number for number in EVERYBODY if pupils.restrictions(number).camera is Access.BLOCKED] == [4]
    board.get_by_role("button", name="Ne plus choisir").tap()
    gesture_button(board, "sound").tap()
    count_says(board, "Couper le son", f"{SIZE} sur {SIZE}")


def test_a_link_a_document_a_message_and_one_tablet_found(board: Page, pupils: Pupils, tmp_path: Path) -> None:
    gesture_button(board, "open").tap()
    board.locator("#open-query").tap()
    board.keyboard.type("vikidia.org")
    board.keyboard.press("Enter")
    pupils.wait_heard(EVERYBODY, CommandType.OPEN_LINK)
    paper = tmp_path / "photo du tableau.png"
    paper.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50_000))
    gesture_button(board, "give").tap()
    with board.expect_file_chooser() as chosen:
        board.locator("#give-drop").tap()
    chosen.value.set_files(paper)
    pupils.wait_heard(EVERYBODY, CommandType.OPEN_DOCUMENT)
    gesture_button(board, "say").tap()
    sheet(board).get_by_role("button", name="Travaillez à voix basse.").tap()
    sheet(board).get_by_role("button", name="Dire", exact=True).tap()
    pupils.wait_heard(EVERYBODY, CommandType.MESSAGE)
    tile(board, 12).locator(".tile-open").tap()
    expect(sheet(board)).to_contain_text("Tablette 12")
    sheet(board).get_by_role("button", name="Trouver").tap()
    pupils.wait_heard([12], CommandType.IDENTIFY)


def test_every_control_in_sight_is_large_enough_for_a_finger(board: Page) -> None:
    board.locator("#more").tap()
    for control in board.locator("button:visible, a:visible, label.tile-check:visible").all():
        width, height = size_of(control)
        assert min(width, height) >= LEAST_TARGET, control.inner_text()
    for control in board.locator("#bar button:visible, .tile-open").all():
        assert min(size_of(control)) >= THUMB, control.inner_text()
    assert not is_wider_than_screen(board)


def size_of(control: Locator) -> tuple[float, float]:
    box = control.bounding_box()
    assert box is not None
    return box["width"], box["height"]
