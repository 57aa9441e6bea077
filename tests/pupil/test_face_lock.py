"""The lock: the whole page, whatever a child does to it, and off again by itself when the state says so."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.pupil.stand_in import StandIn
from tests.support.appliance import wait_for
from tests.support.chromium import PHONE, Desk, Size, stays

EYES = {"message": "Les yeux vers moi"}
# At nine places of the window there is nothing but the lock.
_COVERED = """() => [0.02, 0.5, 0.98].every((x) => [0.02, 0.5, 0.98].every((y) =>
    document.elementFromPoint(innerWidth * x, innerHeight * y)?.closest("#lock")))"""
# Nothing that takes the keyboard can be reached but what is in the lock.
_REACHABLE = """() => [...document.querySelectorAll("a, button, input, iframe, audio, video, [tabindex]")]
    .filter((one) => !one.closest("#lock, [inert]") && one.checkVisibility({ visibilityProperty: true })).length"""


def is_held(page: Page) -> bool:
    return bool(page.evaluate(_COVERED)) and page.evaluate(_REACHABLE) == 0


@pytest.fixture
def locked(face: StandIn) -> Page:
    face.say(lock=EYES, sound="blocked")
    expect(face.page.locator("#lock")).to_be_visible()
    return face.page


def test_it_says_what_by_whom_and_until_when_in_words_and_on_a_clock(locked: Page) -> None:
    expect(locked.locator("#lock-text")).to_have_text("Les yeux vers moi")
    expect(locked.locator("#lock-by")).to_have_text("Mme Durand te le demande.")
    expect(locked.locator("#lock-until")).to_have_text("jusqu’à 10 h 30")
    hour, minute = locked.locator("#lock-dial .dial-hand").all()
    assert (hour.get_attribute("x2"), hour.get_attribute("y2")) == ("34.44", "34.44"), "half past ten"
    assert (minute.get_attribute("x2"), minute.get_attribute("y2")) == ("50.00", "84.00"), "half past ten"


def test_it_speaks_english_to_an_english_browser(desk: Desk) -> None:
    face = StandIn(desk.open(Size(language="en-GB"))).open()
    face.say(lock=EYES)
    expect(face.page.locator("#lock-by")).to_have_text("Mme Durand asks you to.")
    expect(face.page.locator("#lock-until")).to_have_text("until 10:30")


def test_without_an_end_or_a_teacher_it_says_only_what_it_knows(face: StandIn) -> None:
    face.say(lock=EYES, until=None, lesson=None)
    expect(face.page.locator("#lock-text")).to_be_visible()
    expect(face.page.locator("#lock-more")).to_be_hidden()
    expect(face.page.locator("#lock-by")).to_be_empty()


def test_everything_else_is_covered_and_out_of_reach(locked: Page) -> None:
    assert is_held(locked)
    assert locked.evaluate("document.activeElement.closest('#lock') !== null")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


_ACTS: dict[str, Callable[[Page], object]] = {
    "Escape": lambda page: press(page, *["Escape"] * 3),
    "tabbing through the page": lambda page: press(page, *["Tab"] * 12),
    "the way back": lambda page: page.evaluate("history.back()"),
    "enter and space": lambda page: press(page, "Enter", "Space"),
    "turning the tablet": lambda page: page.set_viewport_size({"width": 768, "height": 1366}),
    "zooming in": lambda page: page.evaluate("document.documentElement.style.zoom = '3'"),
    "hiding it by the developer tools": lambda page: page.evaluate("document.getElementById('lock').hidden = true"),
    "making the page reachable by the developer tools": lambda page: page.evaluate(
        "document.querySelectorAll('[inert]').forEach((one) => { one.inert = false; });"
        " document.body.removeAttribute('data-locked')"
    ),
}


@pytest.mark.parametrize("act", _ACTS)
def test_nothing_that_a_pupil_does_lifts_it(locked: Page, act: str) -> None:
    still_there = stays(locked)
    _ACTS[act](locked)
    wait_for(lambda: is_held(locked) or None, 10, "the lock holds")
    expect(locked.locator("#lock-text")).to_be_in_viewport()
    assert still_there()


def test_it_is_lifted_by_the_state_and_by_nothing_else_and_the_keyboard_is_back(face: StandIn) -> None:
    face.page.locator("#comfort-open").focus()
    face.say(lock=EYES)
    expect(face.page.locator("#lock")).to_be_visible()
    face.say()
    expect(face.page.locator("#lock")).to_be_hidden()
    expect(face.page.locator("#comfort-open")).to_be_focused()
    expect(face.page.locator("#said")).to_have_text("Tu peux continuer.")


def test_other_words_come_in_the_place_of_the_first(face: StandIn, locked: Page) -> None:
    face.say(lock={"message": "On pose la tablette"})
    expect(locked.locator("#lock-text")).to_have_text("On pose la tablette")


def test_the_longest_words_are_read_whole_on_a_phone(desk: Desk) -> None:
    face = StandIn(desk.open(PHONE)).open()
    face.say(lock={"message": "Rangez la tablette dans la valise, puis asseyez-vous. " * 9})
    expect(face.page.locator("#lock-text")).to_be_visible()
    face.page.locator("#lock-more").scroll_into_view_if_needed()
    expect(face.page.locator("#lock-more")).to_be_in_viewport()


def test_what_comes_meanwhile_waits_below_it(face: StandIn, locked: Page) -> None:
    face.do("message", text="Bravo", **{"from": "Mme Durand"})
    face.wait_heard("done", id="c-1")
    assert is_held(locked)
    face.say()
    expect(locked.locator("#message-text")).to_be_visible()


def test_the_device_is_found_even_then(face: StandIn, locked: Page) -> None:
    face.do("identify")
    expect(locked.locator("#identify-number")).to_have_text("07")
    expect(locked.locator("#identify")).to_be_hidden()
    assert is_held(locked)
