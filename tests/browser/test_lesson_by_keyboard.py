"""A whole lesson without a mouse, from the sign-in to the end, with what is seen to have the focus."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from protocol.device import Access, CommandType
from tests.browser.classroom import GCOMPRIS, Pupils, running_pupils, sheet, tile, tiles
from tests.support.appliance import PASSWORD, Appliance
from tests.support.chromium import Desk

pytestmark = pytest.mark.timeout(240)
SIZE = 6
EVERYBODY = range(1, SIZE + 1)
MOST_TABS = 60


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * SIZE) as pupils:
        yield pupils


def tab_to(page: Page, place: Locator, key: str = "Tab") -> None:
    """As somebody who cannot use a mouse; wherever the focus is, it must be seen."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        assert has_visible_focus(page)
        if place.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{key} does not reach {place}")


def has_visible_focus(page: Page) -> bool:
    """An outline, on the element itself or on what stands for it (the label of a hidden radio, say)."""
    return bool(
        page.evaluate(
            """() => {
            const drawn = (one) => one && getComputedStyle(one).outlineStyle !== "none"
                && parseFloat(getComputedStyle(one).outlineWidth) > 0;
            const here = document.activeElement;
            const around = [here, here.closest("label"), here.nextElementSibling];
            return here === document.body || around.some(drawn);
        }"""
        )
    )


def receipt_count(page: Page, gesture: str, count: str) -> None:
    expect(page.locator(".receipt-what")).to_have_text(gesture)
    expect(page.locator(".receipt-count")).to_have_text(count)


def start_by_keyboard(page: Page) -> None:
    page.goto("/sign-in")
    tab_to(page, page.locator("#login"))
    page.keyboard.type("durand")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Commencer une séance")).to_be_visible()
    cart = page.get_by_role("radio", name="Classe mobile A")
    tab_to(page, cart)
    tab_to(page, page.get_by_role("radio", name="45 min"))
    page.keyboard.press("ArrowRight")
    expect(page.locator('[name="minutes"][value="60"]')).to_be_checked()
    tab_to(page, page.get_by_role("button", name="Commencer la séance"))
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    expect(tiles(page, "free")).to_have_count(SIZE)


def hold_and_free(page: Page, pupils: Pupils) -> None:
    page.keyboard.press("y")
    receipt_count(page, "Les yeux vers moi", f"{SIZE} sur {SIZE}")
    pupils.wait_locked(EVERYBODY)
    expect(page.locator("#bar:not([data-resting])")).to_be_visible()
    page.keyboard.press("y")
    receipt_count(page, "Libérer", f"{SIZE} sur {SIZE}")
    pupils.wait_locked(EVERYBODY, locked=False)


def restrict_some(page: Page, pupils: Pupils) -> None:
    tab_to(page, tile(page, 1).locator(".tile-open"))
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Space")
    expect(page.locator("#whom")).to_have_text("2 tablettes")
    for letter, gesture in (("s", "Couper le son"), ("c", "Couper la caméra"), ("i", "Couper internet")):
        page.keyboard.press(letter)
        receipt_count(page, gesture, "2 sur 2")
    for number in EVERYBODY:
        applied = pupils.restrictions(number)
        expected = Access.BLOCKED if number <= 2 else Access.ALLOWED
        assert {applied.sound, applied.camera, applied.internet} == {expected}
    page.keyboard.press("e")
    receipt_count(page, "Verrouiller l’écran", "2 sur 2")
    assert [number for number in EVERYBODY if pupils.restrictions(number).lock] == [1, 2]
    page.keyboard.press("Escape")
    expect(page.locator("#whom")).to_have_text(f"{SIZE} tablettes")


def free_everybody(page: Page, pupils: Pupils) -> None:
    for letter in "esci":
        page.keyboard.press("Control+a")
        page.keyboard.press(letter)
        receipt_of(page, letter)
        page.keyboard.press(letter)
        receipt_count(page, _UNDONE[letter], f"{SIZE} sur {SIZE}")
    page.keyboard.press("Escape")
    assert all(pupils.restrictions(number).is_free for number in EVERYBODY)


_DONE = {"e": "Verrouiller l’écran", "s": "Couper le son", "c": "Couper la caméra", "i": "Couper internet"}
_UNDONE = {"e": "Déverrouiller l’écran", "s": "Remettre le son", "c": "Permettre la caméra", "i": "Remettre internet"}


def receipt_of(page: Page, letter: str) -> None:
    """Some were held: the first press holds all."""
    receipt_count(page, _DONE[letter], f"{SIZE} sur {SIZE}")


def allow_one_app(page: Page, pupils: Pupils) -> None:
    page.keyboard.press("a")
    expect(sheet(page)).to_be_visible()
    tab_to(page, sheet(page).get_by_role("checkbox", name="GCompris"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    receipt_count(page, "Choisir les applis", f"{SIZE} sur {SIZE}")
    assert pupils.restrictions(4).apps == (GCOMPRIS,)
    page.keyboard.press("a")
    tab_to(page, sheet(page).get_by_role("button", name="Permettre toutes les applis"))
    page.keyboard.press("Enter")
    receipt_count(page, "Permettre toutes les applis", f"{SIZE} sur {SIZE}")


def open_and_keep(page: Page, pupils: Pupils) -> None:
    page.keyboard.press("o")
    expect(page.locator("#open-query")).to_be_focused()
    page.keyboard.type("gcom")
    page.keyboard.press("Enter")
    pupils.wait_heard(EVERYBODY, CommandType.OPEN_APP)
    page.keyboard.press("o")
    page.keyboard.type("lumni.fr")
    tab_to(page, sheet(page).get_by_role("button", name="Garder dans les favoris : Ouvrir lumni.fr"))
    page.keyboard.press("Enter")
    expect(page.locator("#open-query")).to_be_focused()
    page.keyboard.press("Enter")
    pupils.wait_heard(EVERYBODY, CommandType.OPEN_LINK)


def hand_out(page: Page, pupils: Pupils, paper: Path) -> None:
    page.keyboard.press("d")
    # Awaited before the first Tab: a busy page takes a key before it hears that choosers are awaited, and cancels them.
    with page.expect_file_chooser() as chosen:
        tab_to(page, page.locator("#give-file"))
        page.keyboard.press("Space")
    chosen.value.set_files(paper)
    given = pupils.wait_heard(EVERYBODY, CommandType.OPEN_DOCUMENT)
    assert {one.args["name"] for one in given} == {paper.name}


def say_and_find(page: Page, pupils: Pupils) -> None:
    page.keyboard.press("m")
    page.keyboard.type("Plus que 5 minutes, yes !")
    page.keyboard.press("Control+Enter")
    said = pupils.wait_heard(EVERYBODY, CommandType.MESSAGE)
    assert {one.args["text"] for one in said} == {"Plus que 5 minutes, yes !"}
    page.keyboard.press("t")
    tab_to(page, sheet(page).get_by_role("button", name="03"))
    page.keyboard.press("Enter")
    pupils.wait_heard([3], CommandType.IDENTIFY)


def look_at_help(page: Page) -> None:
    page.keyboard.press("?")
    expect(sheet(page)).to_contain_text("Les yeux vers moi, ou libérer")
    page.keyboard.press("Escape")
    expect(sheet(page)).to_have_count(0)


def prolong_and_end(page: Page, pupils: Pupils) -> None:
    prolong = page.get_by_role("button", name="Prolonger")
    tab_to(page, prolong, "Shift+Tab")
    page.keyboard.press("Enter")
    tab_to(page, sheet(page).get_by_role("button", name="+ 5 min"))
    page.keyboard.press("Enter")
    expect(page.locator("#remaining")).to_contain_text("65")
    expect(prolong).to_be_focused()
    page.keyboard.press("y")
    pupils.wait_locked(EVERYBODY)
    tab_to(page, page.locator('[data-sheet="end-sheet"]'))
    page.keyboard.press("Enter")
    tab_to(page, sheet(page).get_by_role("button", name="Terminer"))
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_have_attribute("data-link", "over")
    pupils.wait_free()


def test_a_lesson_from_sign_in_to_end_with_the_keyboard_alone(desk: Desk, pupils: Pupils, tmp_path: Path) -> None:
    page = desk.open()
    start_by_keyboard(page)
    look_at_help(page)
    hold_and_free(page, pupils)
    restrict_some(page, pupils)
    free_everybody(page, pupils)
    allow_one_app(page, pupils)
    open_and_keep(page, pupils)
    paper = tmp_path / "poésie.txt"
    paper.write_text("Il pleut, il mouille.\n" * 50, encoding="utf-8")
    hand_out(page, pupils, paper)
    say_and_find(page, pupils)
    prolong_and_end(page, pupils)
