"""A whole lesson held with the mouse: what the board says is what the tablets do."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from protocol.device import Access, CommandType
from tests.browser.classroom import (
    FIREFOX,
    GCOMPRIS,
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
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk, sign_in

pytestmark = pytest.mark.timeout(240)
SIZE = 15
EVERYBODY = range(1, SIZE + 1)


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * SIZE) as pupils:
        yield pupils


@pytest.fixture
def board(desk: Desk, durand: Client, pupils: Pupils) -> Iterator[Page]:
    with lesson_of(durand, pupils, SIZE) as lesson_id:
        yield open_board(desk.open(client=durand), lesson_id)


def end(page: Page) -> None:
    page.locator('[data-sheet="end-sheet"]').click()
    sheet(page).get_by_role("button", name="Terminer").click()
    expect(page.locator("body")).to_have_attribute("data-link", "over")


def count_says(page: Page, count: str) -> None:
    expect(page.locator(".receipt-count")).to_have_text(count)


def test_a_teacher_signs_in_and_starts_a_lesson_with_a_cart(desk: Desk, pupils: Pupils) -> None:
    page = desk.open()
    sign_in(page, "durand")
    page.get_by_text("Classe mobile A", exact=True).click()
    page.get_by_text("30 min", exact=True).click()
    page.locator("#title").fill("Lecture suivie")
    page.get_by_role("button", name="Commencer la séance").click()
    expect(page.get_by_role("heading", name="Lecture suivie")).to_be_visible()
    expect(page.locator("#lesson-cart")).to_have_text("Classe mobile A")
    expect(page.locator("#present")).to_have_text(f"{SIZE} sur {SIZE} en ligne")
    expect(page.locator("#remaining")).to_have_text(re.compile(r"encore (30|29)\smin"))
    end(page)


def test_eyes_up_holds_every_tablet_and_release_frees_it(board: Page, pupils: Pupils) -> None:
    press_primary(board)
    expect(tiles(board, "held")).to_have_count(SIZE)
    count_says(board, f"{SIZE} sur {SIZE}")
    for number in EVERYBODY:
        applied = pupils.restrictions(number)
        assert applied.lock is not None
        assert applied.lock.message == "Les yeux vers moi"
        assert {applied.sound, applied.camera, applied.internet} == {Access.BLOCKED}
        assert pupils.app(number) is None
    expect(board.locator("#eyes")).to_contain_text("Libérer")
    press_primary(board)
    expect(tiles(board, "free")).to_have_count(SIZE)
    assert all(pupils.restrictions(number).is_free for number in EVERYBODY)


def test_sound_is_cut_for_those_chosen_only_and_given_back(board: Page, pupils: Pupils) -> None:
    tile(board, 2).locator("label.tile-check").click()
    tile(board, 5).locator("label.tile-check").click()
    expect(board.locator("#whom")).to_have_text("2 tablettes")
    gesture_button(board, "sound").click()
    count_says(board, "2 sur 2")
    assert [number for number in EVERYBODY if pupils.restrictions(number).sound is Access.BLOCKED] == [2, 5]
    expect(tile(board, 5).locator(".tile-held")).to_contain_text("Son coupé")
    expect(tile(board, 6).locator(".tile-held")).to_be_empty()
    gesture_button(board, "sound").click()
    expect(board.locator("#receipt-text")).to_contain_text("Remettre le son")
    count_says(board, "2 sur 2")
    assert all(pupils.restrictions(number).is_free for number in EVERYBODY)


def test_only_chosen_apps_may_be_opened_until_all_may_again(board: Page, pupils: Pupils) -> None:
    gesture_button(board, "apps").click()
    sheet(board).get_by_label("GCompris").check()
    sheet(board).get_by_role("button", name="Appliquer").click()
    count_says(board, f"{SIZE} sur {SIZE}")
    assert pupils.restrictions(3).apps == (GCOMPRIS,)
    assert not pupils.fleet.do(lambda: pupils[3].open_app(FIREFOX))
    assert pupils.fleet.do(lambda: pupils[3].open_app(GCOMPRIS))
    expect(tile(board, 3).locator(".tile-text")).to_have_text("GCompris")
    gesture_button(board, "apps").click()
    sheet(board).get_by_role("button", name="Permettre toutes les applis").click()
    expect(board.locator("#receipt-text")).to_contain_text("Permettre toutes les applis")
    count_says(board, f"{SIZE} sur {SIZE}")
    assert pupils.fleet.do(lambda: pupils[3].open_app(FIREFOX))


def test_a_link_and_an_app_are_opened_and_stand_in_front_on_the_tiles(board: Page, pupils: Pupils) -> None:
    gesture_button(board, "open").click()
    board.locator("#open-query").fill("lumni.fr/primaire")
    sheet(board).get_by_role("button", name="Ouvrir lumni.fr https://lumni.fr/primaire", exact=True).click()
    count_says(board, f"{SIZE} sur {SIZE}")
    links = pupils.wait_heard(EVERYBODY, CommandType.OPEN_LINK)
    assert {one.args["url"] for one in links} == {"https://lumni.fr/primaire"}
    expect(tile(board, 15).locator(".tile-text")).to_have_text("Firefox")
    gesture_button(board, "open").click()
    sheet(board).get_by_role("button", name="GCompris appli", exact=True).click()
    expect(board.locator("#receipt-text")).to_contain_text("Ouvrir GCompris")
    count_says(board, f"{SIZE} sur {SIZE}")
    assert {pupils.app(number) for number in EVERYBODY} == {GCOMPRIS}
    expect(board.locator(".tile-text", has_text="GCompris")).to_have_count(SIZE)


def test_a_document_is_uploaded_handed_out_and_downloaded_by_every_tablet(
    board: Page, pupils: Pupils, tmp_path: Path
) -> None:
    paper = tmp_path / "Dictée du lundi.pdf"
    paper.write_bytes(b"%PDF-1.7\n" + b"Le chat dort. " * 20_000 + b"\n%%EOF\n")
    gesture_button(board, "give").click()
    board.locator("#give-file").set_input_files(paper)
    expect(sheet(board)).to_have_count(0)
    count_says(board, f"{SIZE} sur {SIZE}")
    given = pupils.wait_heard(EVERYBODY, CommandType.OPEN_DOCUMENT)
    assert {one.args["name"] for one in given} == {"Dictée du lundi.pdf"}
    assert {one.args["size"] for one in given} == {paper.stat().st_size}
    expect(board.locator("#receipt-text")).to_contain_text("Donner Dictée du lundi.pdf")
    gesture_button(board, "give").click()
    sheet(board).get_by_role("button", name="Dictée du lundi.pdf").click()
    pupils.wait_heard(EVERYBODY, CommandType.OPEN_DOCUMENT, 2)


def test_a_message_reaches_all_and_one_tablet_makes_itself_seen(board: Page, pupils: Pupils) -> None:
    gesture_button(board, "say").click()
    sheet(board).get_by_role("button", name="On range les tablettes.").click()
    sheet(board).get_by_role("button", name="Dire", exact=True).click()
    count_says(board, f"{SIZE} sur {SIZE}")
    said = pupils.wait_heard(EVERYBODY, CommandType.MESSAGE)
    assert {(one.args["text"], one.args["from"]) for one in said} == {("On range les tablettes.", "Durand")}
    gesture_button(board, "find").click()
    sheet(board).get_by_role("button", name="07").click()
    count_says(board, "1 sur 1")
    pupils.wait_heard([7], CommandType.IDENTIFY)
    assert [number for number in EVERYBODY if pupils.heard(number, CommandType.IDENTIFY)] == [7]


def test_a_favourite_is_kept_and_used_again_in_one_touch(board: Page, pupils: Pupils) -> None:
    before = len(pupils.heard(1, CommandType.OPEN_LINK))
    gesture_button(board, "open").click()
    board.locator("#open-query").fill("vikidia.org")
    sheet(board).get_by_role("button", name="Garder dans les favoris : Ouvrir vikidia.org").click()
    expect(sheet(board).get_by_role("heading", name="Favoris")).to_be_visible()
    board.keyboard.press("Escape")
    board.reload()
    gesture_button(board, "open").click()
    sheet(board).get_by_role("button", name="vikidia.org").first.click()
    (opened,) = pupils.wait_heard([1], CommandType.OPEN_LINK, before + 1)
    assert opened.args["url"] == "https://vikidia.org/"
    board.goto("/")
    board.get_by_role("button", name="Retirer vikidia.org des favoris").click()
    expect(board.locator("#favourites-none")).to_be_visible()
    board.get_by_role("link", name="Revenir à la séance").click()


def test_a_raised_hand_calls_and_is_found_at_once(board: Page, pupils: Pupils) -> None:
    pupils.fleet.do(lambda: pupils[9].raise_hand())
    hands = board.get_by_role("button", name="1 main levée")
    expect(hands).to_be_visible()
    expect(tile(board, 9).locator(".tile-hand")).to_be_visible()
    hands.click()
    expect(tile(board, 9).locator(".tile-open")).to_be_focused()
    pupils.fleet.do(lambda: pupils[9].lower_hand())
    expect(hands).to_be_hidden()


def test_the_lesson_is_prolonged_and_its_end_frees_every_tablet(board: Page, pupils: Pupils) -> None:
    before = board.locator("#until").inner_text()
    board.get_by_role("button", name="Prolonger").click()
    sheet(board).get_by_role("button", name="+ 15 min").click()
    expect(board.locator("#until")).not_to_have_text(before)
    expect(board.locator("#remaining")).to_have_text(re.compile(r"encore (60|59)\smin"))
    press_primary(board)
    pupils.wait_locked(EVERYBODY)
    end(board)
    expect(board.get_by_text("La séance est terminée")).to_be_visible()
    wait_for(lambda: all(pupils.restrictions(number).is_free for number in EVERYBODY) or None, 30, "all are free")
    board.get_by_role("link", name="Nouvelle séance").click()
    expect(board.get_by_role("heading", name="Commencer une séance")).to_be_visible()
    expect(board.get_by_role("link", name="Revenir à la séance")).to_have_count(0)
    board.go_back()
    expect(board.locator("body")).to_have_attribute("data-link", "over")
