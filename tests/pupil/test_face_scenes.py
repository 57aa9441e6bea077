"""What a child sees when nothing covers the page: which words for which state, and what a guest leaves behind."""

import pytest
from playwright.sync_api import expect

from tests.pupil.stand_in import IDENTITY, LESSON, StandIn
from tests.support.chromium import Desk


def scene(face: StandIn, name: str) -> None:
    expect(face.page.locator("body")).to_have_attribute("data-scene", name)
    expect(face.page.locator(f"#scene-{name}")).to_be_visible()
    expect(face.page.locator(".scene:visible")).to_have_count(1)


def test_until_the_agent_has_spoken_the_page_looks_for_the_box_and_offers_nothing(desk: Desk) -> None:
    face = StandIn(desk.open()).open()
    scene_wait = face.page.locator("#scene-wait")
    expect(scene_wait).to_contain_text("Je cherche le boîtier…")
    expect(face.page.locator("[data-hand]:visible")).to_have_count(0)


def test_a_browser_that_is_nobody_is_told_how_to_come_in(desk: Desk) -> None:
    page = desk.open()
    page.goto("/pupil")
    expect(page.locator("#scene-none")).to_be_visible()
    page.get_by_role("link", name="Taper un code").click()
    expect(page.locator("#code")).to_be_visible()


def test_a_lesson_names_its_teacher_and_between_lessons_it_waits(face: StandIn) -> None:
    scene(face, "lesson")
    expect(face.page.locator("#lesson-title")).to_have_text("Séance avec Mme Durand")
    expect(face.page.locator("#name")).to_have_text("Tablette 07")
    face.say(lesson={"id": "l-2", "teacher": ""})
    expect(face.page.locator("#lesson-title")).to_have_text("La séance a commencé")


def test_a_page_opened_without_a_lesson_greets_and_one_whose_lesson_ends_says_goodbye(desk: Desk) -> None:
    face = StandIn(desk.open()).open()
    face.say(lesson=None)
    scene(face, "free")
    face.say()
    scene(face, "lesson")
    face.say(lesson=None)
    scene(face, "over")
    expect(face.page.locator("#scene-over")).to_contain_text("Merci, à bientôt")
    face.say()
    scene(face, "lesson")


def test_a_lost_box_is_looked_for_quietly_and_the_lesson_stays_on_the_page(face: StandIn) -> None:
    face.say(connection="offline")
    expect(face.page.locator("#link")).to_have_text("Je cherche le boîtier…")
    scene(face, "lesson")
    expect(face.page.locator("[data-hand]:visible")).to_have_count(1)
    face.say(connection="online")
    expect(face.page.locator("#link")).to_be_empty()


def test_a_connection_that_comes_back_at_once_is_not_spoken_of(face: StandIn) -> None:
    face.page.evaluate("""() => {
        window.told = [];
        new MutationObserver(() => window.told.push(document.getElementById("link").textContent))
            .observe(document.getElementById("link"), { childList: true, characterData: true, subtree: true });
    }""")
    face.say(connection="connecting")
    face.say(connection="online", name="Tablette 08")
    expect(face.page.locator("#name")).to_have_text("Tablette 08")
    assert face.page.evaluate("window.told") == []


def test_a_second_tab_says_where_the_first_is_and_takes_over_by_one_button(face: StandIn) -> None:
    face.say(connection="elsewhere", lock={"message": "Les yeux vers moi"})
    scene(face, "elsewhere")
    expect(face.page.locator("#lock")).to_be_hidden()
    face.page.get_by_role("button", name="Utiliser celui-ci").click()
    face.wait_heard("take_over")


def test_a_device_that_was_removed_is_told_kindly_and_can_come_back(face: StandIn) -> None:
    face.say(connection="refused", lesson=None)
    scene(face, "refused")
    expect(face.page.get_by_role("link", name="Taper un code")).to_have_attribute("href", "/join")


def test_only_a_guest_can_leave(face: StandIn) -> None:
    expect(face.page.locator("#leave")).to_be_hidden()


@pytest.mark.parametrize("way", ["the lesson ends", "the guest is sent away", "the guest leaves"])
def test_a_guest_leaves_nothing_in_the_browser(desk: Desk, way: str) -> None:
    desk.witness.forgive("status of 401")  # the box does not know this one: a made-up identity
    face = StandIn(desk.open(), IDENTITY | {"guest": True}).open()
    face.say(lesson=LESSON)
    face.do("message", text="On range.", **{"from": "Mme Durand"})
    face.page.locator("#message-read").click()
    face.page.evaluate("localStorage.setItem('preau.comfort', '{}')")
    if way == "the guest leaves":
        face.page.get_by_role("button", name="Partir").click()
    else:
        face.say(lesson=None, connection="refused" if way == "the guest is sent away" else "online")
    scene(face, "guest")
    face.wait_heard("stop")
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    face.page.wait_for_function("() => localStorage.getItem('preau.identity') === null")
    assert face.page.evaluate(kept) == "[{},{}]"
    face.say()
    scene(face, "guest")
