"""Sites that a teacher opens: in a frame, behind a button, or not at all; none while only others are allowed."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.pages import PagesDesk, pages_desk
from tests.pupil.stand_in import StandIn
from tests.support.appliance import Appliance, wait_for

SITE = "https://jeux.exemple.fr/lecture"
Open = Callable[..., StandIn]
HTML = "<!doctype html><title>Jeux</title><h1>Des jeux</h1><input id=word>"


@pytest.fixture
def open_face(chromium: Browser, box: Appliance) -> Iterator[Open]:
    with pages_desk(chromium, box, "https://jeux.exemple.fr", "https://autre.exemple.org") as desk:
        yield lambda answer="yes": _opened(desk, answer)


def _opened(desk: PagesDesk, answer: str) -> StandIn:
    """The site is played by the test, and so is the appliance's answer, which needs a line to the site."""
    page = desk.open()
    page.context.route("https://*.exemple.*/**", lambda route: route.fulfill(body=HTML, content_type="text/html"))
    page.context.route("**/pupil/frame?*", lambda route: route.fulfill(json={"frame": answer}))
    face = StandIn(page).open()
    face.say()
    return face


def framed(page: Page) -> Locator:
    return page.frame_locator("#viewer-body iframe").get_by_role("heading")


def test_one_that_permits_it_stands_in_a_frame_under_its_name(open_face: Open) -> None:
    face = open_face()
    face.wait_heard("done", id=face.do("open_link", url=SITE), status="done")
    expect(framed(face.page)).to_have_text("Des jeux")
    expect(face.page.locator("#viewer-title")).to_have_text("jeux.exemple.fr")
    face.wait_heard("front", app="web:jeux.exemple.fr")
    sandbox = face.page.locator("iframe").get_attribute("sandbox") or ""
    assert "allow-top-navigation" not in sandbox and "allow-popups" not in sandbox
    face.page.get_by_role("button", name="Retour").click()
    expect(face.page.locator("iframe")).to_have_count(0)
    face.wait_heard("front", app="web:preau")


@pytest.mark.parametrize("answer", ["no", "unknown"])
def test_any_other_waits_behind_one_button_and_is_done_when_it_is_pressed(open_face: Open, answer: str) -> None:
    face = open_face(answer)
    sent = face.do("open_link", url=SITE)
    button = face.page.locator("a.button-site")
    expect(button).to_have_attribute("rel", "noopener noreferrer")
    face.wait_heard("done", id=sent, status="received")
    assert not [one for one in face.heard if one.get("id") == sent and one["status"] == "done"]
    with face.page.context.expect_page() as opened:
        button.click()
    expect(opened.value.get_by_role("heading")).to_have_text("Des jeux")
    assert opened.value.evaluate("window.opener") is None
    face.wait_heard("done", id=sent, status="done")


def test_a_button_that_nobody_pressed_is_told_as_replaced_and_found_again(open_face: Open) -> None:
    face = open_face("no")
    first = face.do("open_link", url=SITE)
    expect(face.page.locator("a.button-site")).to_be_visible()
    face.do("open_link", url="https://autre.exemple.org/")
    face.wait_heard("done", id=first, status="failed", error="replaced")
    face.page.get_by_role("button", name="Retour").click()
    expect(face.page.locator(".given-item")).to_contain_text(["autre.exemple.org", "jeux.exemple.fr"])
    face.page.get_by_role("button", name="jeux.exemple.fr").click()
    expect(face.page.locator("a.button-site")).to_have_attribute("href", SITE)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_one_whose_time_is_over_before_anybody_knows_how_to_show_it_is_not_shown(open_face: Open, answer: str) -> None:
    face = open_face()
    asked: list[Route] = []
    face.page.context.route("**/pupil/frame?*", lambda route: asked.append(route))
    sent = face.do("open_link", url=SITE)
    expect(face.page.locator("#viewer")).to_be_visible()
    face.drop(sent)
    expect(face.page.locator("#viewer")).to_be_hidden()
    wait_for(lambda: bool(face.heard and asked), 10, "the appliance is asked")
    asked[0].fulfill(json={"frame": answer})
    face.wait_heard("done", id=sent, status="failed")
    expect(face.page.locator("#viewer")).to_be_hidden()


def test_a_button_that_nobody_pressed_goes_when_its_time_is_over(open_face: Open) -> None:
    face = open_face("no")
    sent = face.do("open_link", url=SITE)
    expect(face.page.locator("a.button-site")).to_be_visible()
    face.drop(sent)
    expect(face.page.locator("#viewer")).to_be_hidden()
    face.wait_heard("done", id=sent, status="failed")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/admin", "", "OWN"])
def test_what_is_no_site_of_others_is_never_opened(open_face: Open, url: str) -> None:
    face = open_face()
    own = face.page.evaluate("location.origin")
    sent = face.do("open_link", url=f"{own}/admin" if url == "OWN" else url)
    face.wait_heard("done", id=sent, status="failed", error="not allowed now")
    expect(face.page.locator("#viewer")).to_be_hidden()


def test_only_what_the_lesson_allows_is_opened_and_the_page_says_what_that_is(open_face: Open) -> None:
    face = open_face()
    face.do("open_link", url=SITE)
    expect(face.page.locator("iframe")).to_have_count(1)
    face.say(apps=["web:exemple.org", "org.kde.gcompris"])
    expect(face.page.locator("iframe")).to_have_count(0)
    expect(face.page.locator("#only")).to_have_text("En ce moment, seulement : exemple.org.")
    expect(face.page.locator("#given")).to_be_hidden()
    face.wait_heard("done", id=face.do("open_link", url=SITE), status="failed", error="not allowed now")
    face.wait_heard("done", id=face.do("open_link", url="https://autre.exemple.org/"), status="done")
    face.page.get_by_role("button", name="Retour").click()
    face.say(apps=[])
    expect(face.page.locator("#only")).to_have_text("En ce moment, seulement ce qui est sur cette page.")


def test_a_host_that_only_ends_alike_is_another(open_face: Open) -> None:
    face = open_face()
    face.say(apps=["web:exemple.fr"])
    sent = face.do("open_link", url="https://mauvais-exemple.fr/")
    face.wait_heard("done", id=sent, status="failed", error="not allowed now")


def test_while_the_sound_is_cut_a_frame_is_gone_and_comes_back_with_it(open_face: Open) -> None:
    face = open_face()
    face.wait_heard("done", id=face.do("open_link", url=SITE), status="done")
    face.say(sound="blocked")
    expect(face.page.locator("iframe")).to_have_count(0)
    expect(face.page.locator(".viewer-card")).to_contain_text("Ce site attend que le son revienne.")
    face.say()
    expect(framed(face.page)).to_have_text("Des jeux")


def test_a_lock_keeps_a_childs_work_in_a_frame_and_silences_it(open_face: Open) -> None:
    """Where the browser stops what a frame plays while it is not seen, as this one does."""
    face = open_face()
    face.wait_heard("done", id=face.do("open_link", url=SITE), status="done")
    frame = next(one for one in face.page.frames if one.url == SITE)
    face.page.frame_locator("iframe").locator("#word").click()
    face.page.keyboard.type("chaton")
    frame.evaluate("""() => {
        window.context = new AudioContext();
        const tone = window.context.createOscillator();
        tone.connect(window.context.destination);
        tone.start();
    }""")
    wait_for(lambda: frame.evaluate("window.context.state === 'running'") or None, 10, "the frame is heard")
    face.say(lock={"message": "Les yeux vers moi"}, sound="blocked")
    wait_for(lambda: frame.evaluate("window.context.state !== 'running'") or None, 10, "the frame is silent")
    face.say()
    wait_for(lambda: frame.evaluate("window.context.state === 'running'") or None, 10, "the frame is heard")
    expect(face.page.frame_locator("iframe").locator("#word")).to_have_value("chaton")
