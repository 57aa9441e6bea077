"""Reading comfort: chosen by the child, kept on the device, there before anything is drawn."""

from playwright.sync_api import expect

from tests.pupil.stand_in import StandIn
from tests.support.chromium import Desk

_SIZE = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"
_FONT = "() => getComputedStyle(document.body).fontFamily"
_GROUND = "() => getComputedStyle(document.body).backgroundColor"


def choose(face: StandIn, name: str, value: str) -> None:
    face.page.locator(f'#comfort [name="{name}"][value="{value}"]').check()


def test_what_is_chosen_is_seen_at_once_and_kept(face: StandIn) -> None:
    size = face.page.evaluate(_SIZE)
    face.page.get_by_role("button", name="Lire mieux").click()
    for name, value in (("size", "huge"), ("spacing", "wide"), ("font", "dyslexic"), ("look", "contrast")):
        choose(face, name, value)
    for _ in range(2):
        assert face.page.evaluate(_SIZE) > size * 1.5
        assert face.page.evaluate(_FONT).startswith("OpenDyslexic")
        assert face.page.evaluate(_GROUND) == "rgb(0, 0, 0)"
        assert face.page.evaluate("() => getComputedStyle(document.body).letterSpacing") != "normal"
        face.reload()


def test_its_letters_are_fetched_only_when_they_are_chosen(desk: Desk) -> None:
    face = StandIn(desk.open()).open()
    face.say()
    assert not [url for url in desk.witness.asked if "opendyslexic" in url]
    face.page.get_by_role("button", name="Lire mieux").click()
    choose(face, "font", "dyslexic")
    face.page.wait_for_function("() => document.fonts.check('16px OpenDyslexic')")
    assert [url for url in desk.witness.asked if "opendyslexic" in url]


def test_escape_or_the_button_closes_it_and_the_keyboard_is_where_it_was(face: StandIn) -> None:
    opener = face.page.locator("#comfort-open")
    opener.focus()
    for close in ("Escape", "button"):
        face.page.keyboard.press("Enter")
        expect(face.page.locator("#comfort")).to_be_visible()
        expect(face.page.locator("#comfort-title")).to_be_focused()
        if close == "button":
            face.page.locator("#comfort-close").click()
        else:
            face.page.keyboard.press(close)
        expect(face.page.locator("#comfort")).to_be_hidden()
        expect(opener).to_be_focused()


def test_a_lock_comes_above_it(face: StandIn) -> None:
    face.page.locator("#comfort-open").click()
    face.say(lock={"message": "Les yeux vers moi"})
    expect(face.page.locator("#lock")).to_be_visible()
    expect(face.page.locator("#comfort-title")).to_be_hidden()
    assert face.page.evaluate("document.activeElement.closest('#lock') !== null")


def test_a_damaged_choice_is_none(desk: Desk) -> None:
    page = desk.open()
    page.add_init_script("localStorage.setItem('preau.comfort', '{')")
    face = StandIn(page).open()
    face.say()
    expect(face.page.locator("#scene-lesson")).to_be_visible()
