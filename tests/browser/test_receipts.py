"""The honest receipt: what became of a gesture on tablets that cannot, will not or are not there, read in French."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from protocol.device import Access, CommandType
from tests.browser.classroom import (
    Pupils,
    gesture_button,
    lesson_of,
    open_board,
    press_primary,
    running_pupils,
    sheet,
    tile,
    tiles,
)
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, Desk

pytestmark = pytest.mark.timeout(240)
AWAY, SLOW, FULL, OLD, SIZE = 4, 7, 9, 11, 15
_ODD = {AWAY: "offline", FULL: "full-storage", OLD: "old"}
EVERYBODY = range(1, SIZE + 1)


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, [_ODD.get(number, "idle") for number in EVERYBODY]) as pupils:
        yield pupils


@pytest.fixture
def board(desk: Desk, durand: Client, pupils: Pupils) -> Iterator[Page]:
    with lesson_of(durand, pupils, SIZE - 1) as lesson_id:
        yield open_board(desk.open(client=durand), lesson_id)


@contextmanager
def slowed(pupils: Pupils) -> Iterator[None]:
    """A tablet that takes its time, for this test only: every lesson's end would wait for it, too."""

    def answer_after(seconds: float) -> None:
        device = pupils[SLOW].device
        device.behaviour = replace(device.behaviour, answers_after=(seconds, seconds))

    pupils.fleet.do(lambda: answer_after(3.0))
    try:
        yield
    finally:
        pupils.fleet.do(lambda: answer_after(0.0))


def groups(page: Page) -> Locator:
    return page.locator("#receipt-groups .receipt-group")


def said(page: Page, text: str) -> None:
    """In words on the page, whatever its spaces."""
    expect(page.locator("#receipt-text")).to_contain_text(text)


def test_fourteen_of_fifteen_what_one_of_them_cannot_and_who_is_away(board: Page, pupils: Pupils) -> None:
    press_primary(board)
    said(board, "Les yeux vers moi")
    expect(board.locator(".receipt-count")).to_have_text("14 sur 15")
    expect(groups(board)).to_have_text(["11 : caméra non gérée", "04 hors ligne"])
    expect(groups(board).first).to_have_attribute("data-kind", "limit")
    expect(board.locator("#present")).to_have_text("14 sur 15 en ligne")
    expect(board.locator("#receipt-live")).to_have_text(
        "Les yeux vers moi : 14 sur 15. 11 : caméra non gérée 04 hors ligne"
    )
    assert pupils.restrictions(OLD).lock is not None
    assert pupils.restrictions(OLD).camera is Access.ALLOWED
    expect(tile(board, OLD)).to_have_attribute("data-state", "held")
    expect(tile(board, OLD)).not_to_have_attribute("data-problem", "")
    expect(tile(board, OLD).locator(".tile-held")).to_contain_text("Son coupé")
    expect(tile(board, OLD).locator(".tile-held")).not_to_contain_text("Caméra")


def test_a_slow_tablet_is_under_way_until_it_has_really_done_it(board: Page, pupils: Pupils) -> None:
    with slowed(pupils):
        press_primary(board)
        expect(board.locator(".receipt-pending")).to_have_text("1 en cours")
        expect(board.locator(".receipt-count")).to_have_text("13 sur 15")
        expect(tile(board, SLOW)).to_have_attribute("data-state", "pending")
        assert pupils.restrictions(SLOW).lock is None
        expect(tile(board, SLOW)).to_have_attribute("data-state", "held")
        assert pupils.restrictions(SLOW).lock is not None
        expect(board.locator(".receipt-pending")).to_have_count(0)
        expect(board.locator(".receipt-count")).to_have_text("14 sur 15")


def test_a_full_tablet_fails_with_its_reason_until_it_is_seen_to(board: Page, pupils: Pupils, tmp_path: Path) -> None:
    film = tmp_path / "Le cycle de l’eau.mp4"
    film.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(2_000_000))
    gesture_button(board, "give").click()
    board.locator("#give-file").set_input_files(film)
    expect(board.locator(".receipt-count")).to_have_text("13 sur 15")
    expect(groups(board).first).to_have_text("09 : échec : plus de place")
    expect(tile(board, FULL).locator(".tile-line")).to_contain_text("échec")
    assert pupils.heard(FULL, CommandType.OPEN_DOCUMENT) == []
    board.get_by_role("button", name="Réessayer").click()
    expect(board.locator(".receipt-count")).to_have_text("0 sur 1")
    expect(groups(board).first).to_contain_text("09 : échec")
    pupils.fleet.do(lambda: setattr(pupils[FULL].device, "storage_free", 10_000_000_000))
    board.get_by_role("button", name="Réessayer").click()
    expect(board.locator(".receipt-count")).to_have_text("1 sur 1")
    expect(groups(board)).to_have_count(0)
    pupils.wait_heard([FULL], CommandType.OPEN_DOCUMENT)


def test_one_that_comes_back_gets_the_state_it_missed_and_the_receipt_follows(board: Page, pupils: Pupils) -> None:
    pupils.fleet.do(lambda: pupils[2].go_offline())
    expect(tile(board, 2)).to_have_attribute("data-state", "off")
    expect(tile(board, 2).locator(".tile-line")).to_contain_text("vue")
    gesture_button(board, "sound").click()
    expect(groups(board)).to_have_text(["02, 04 hors ligne"])
    expect(board.locator(".receipt-count")).to_have_text("13 sur 15")
    pupils.fleet.do(lambda: pupils[2].come_back())
    expect(groups(board)).to_have_text(["04 hors ligne"])
    expect(board.locator(".receipt-count")).to_have_text("14 sur 15")
    assert pupils.restrictions(2).sound is Access.BLOCKED


def test_the_detail_names_each_tablet_and_what_is_seen_stays_quiet(board: Page) -> None:
    press_primary(board)
    expect(groups(board)).to_have_count(2)
    groups(board).first.click()
    expect(sheet(board)).to_contain_text("Tablette 11")
    said_of_it = sheet(board).locator("dl")
    expect(said_of_it).to_contain_text("Les yeux vers moi – confirmé par l’appareil – caméra non gérée")
    board.keyboard.press("Escape")
    expect(tiles(board, "held")).to_have_count(14)
    camera = gesture_button(board, "camera")
    expect(camera).to_have_attribute("title", re.compile("tient déjà tout. Libérez d’abord"))
    camera.click(force=True)
    said(board, "Les yeux vers moi")
    press_primary(board)
    said(board, "Libérer")
    expect(tiles(board, "free")).to_have_count(14)
    camera.click()
    expect(groups(board).first).to_have_text("11 : caméra non gérée")
    expect(tile(board, OLD).locator(".tile-text")).to_have_text("caméra non gérée")
    board.get_by_role("button", name="C’est vu").click()
    expect(groups(board)).to_have_count(0)


def test_only_an_old_tablet_chosen_is_not_offered_the_camera(board: Page, pupils: Pupils) -> None:
    tile(board, OLD).locator("label.tile-check").click()
    camera = gesture_button(board, "camera")
    expect(camera).to_have_attribute("aria-disabled", "true")
    expect(camera).to_contain_text("non géré")
    expect(camera).to_have_attribute("title", "Cet appareil ne le permet pas.")
    camera.click(force=True)
    gesture_button(board, "sound").click()
    said(board, "Couper le son")
    expect(board.locator(".receipt-count")).to_have_text("1 sur 1")
    assert pupils.restrictions(OLD).camera is Access.ALLOWED


def test_on_a_phone_what_does_not_fit_is_one_touch_away(desk: Desk, durand: Client, pupils: Pupils) -> None:
    with lesson_of(durand, pupils, SIZE - 1) as lesson_id:
        page = open_board(desk.open(PHONE, durand), lesson_id)
        page.locator("#more").tap()
        gesture_button(page, "camera").tap()
        expect(page.locator(".receipt-count")).to_have_text("13 sur 15")
        rest = page.locator(".receipt-rest")
        expect(rest).to_have_text("et 1 autre")
        rest.tap()
        expect(sheet(page).locator(".row-main")).to_have_text(
            ["Tablette 04 hors ligne", "Tablette 11 caméra non gérée"], use_inner_text=True
        )
