"""What a teacher gives, shown in the page: told as done only when it is seen, found again, kept for the lesson only."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.browser import papers
from tests.pupil.handed import Handed, handed, identity_of
from tests.pupil.stand_in import StandIn
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import PHONE, UNANSWERED, Desk

_HELD = """() => new Promise((resolve) => {
    indexedDB.open("preau-shelf").onsuccess = ({ target }) => {
        const all = target.result.transaction("files").objectStore("files").getAllKeys();
        all.onsuccess = () => { target.result.close(); resolve(all.result); };
    };
})"""
_DRAWN = """() => [...document.querySelectorAll(".page-sheet")].filter((one) => one.firstChild)
    .map((one) => Number(one.dataset.page))"""


@pytest.fixture(scope="module")
def book(durand: Client) -> Handed:
    return handed(durand, "Le loup.pdf", papers.pdf(30))


@pytest.fixture(scope="module")
def picture(durand: Client) -> Handed:
    return handed(durand, "Carte.png", papers.drawing())


@pytest.fixture
def child(desk: Desk, box: Appliance) -> StandIn:
    face = StandIn(desk.open(), identity_of(box)).open()
    face.say()
    return face


def give(face: StandIn, paper: Handed) -> str:
    return face.do("open_document", **paper.args)


def given_and_seen(face: StandIn, paper: Handed) -> None:
    face.wait_heard("done", id=give(face, paper), status="done")


def held(page: Page) -> list[str]:
    found: list[str] = page.evaluate(_HELD)
    return found


def test_a_book_is_drawn_where_it_is_seen_and_nowhere_else(child: StandIn, book: Handed) -> None:
    given_and_seen(child, book)
    page = child.page
    expect(page.locator(".page-sheet")).to_have_count(30)
    expect(page.locator(".page-sheet").first).to_have_attribute("aria-label", "Page 1 sur 30")
    assert 1 in page.evaluate(_DRAWN) and 30 not in page.evaluate(_DRAWN)
    page.locator(".pages").focus()
    page.keyboard.press("End")
    wait_for(lambda: 30 in page.evaluate(_DRAWN) or None, 10, "the last page is drawn")
    wait_for(lambda: 1 not in page.evaluate(_DRAWN) or None, 10, "the first is let go")
    page.keyboard.press("Home")
    wait_for(lambda: 1 in page.evaluate(_DRAWN) or None, 10, "and comes back")
    assert len(page.evaluate(_DRAWN)) < 12


def test_a_book_grows_by_button_and_by_key(child: StandIn, book: Handed) -> None:
    given_and_seen(child, book)
    sheet = child.page.locator(".page-sheet").first
    width = sheet.evaluate("(one) => one.clientWidth")
    child.page.get_by_role("button", name="Plus grand").click()
    expect(child.page.locator("#zoom-text")).to_have_text("125\u00a0%")
    assert sheet.evaluate("(one) => one.clientWidth") == pytest.approx(width * 1.25, abs=2)
    child.page.locator(".pages").focus()
    child.page.keyboard.press("-")
    expect(child.page.locator("#zoom-text")).to_have_text("100\u00a0%")


def test_a_picture_is_shown_and_named(child: StandIn, picture: Handed) -> None:
    given_and_seen(child, picture)
    expect(child.page.get_by_role("img", name="Carte.png")).to_be_visible()
    child.wait_heard("opened", ref=picture.sha256)
    expect(child.page.locator("#viewer-title")).to_have_text("Carte.png")


def test_it_is_found_again_and_opened_without_the_box(
    child: StandIn, desk: Desk, picture: Handed, book: Handed
) -> None:
    desk.witness.forgive(UNANSWERED)
    given_and_seen(child, picture)
    given_and_seen(child, book)
    child.page.keyboard.press("Escape")
    expect(child.page.locator("#viewer")).to_be_hidden()
    expect(child.page.locator(".given-item")).to_contain_text(["Le loup", "Carte"])
    child.page.context.set_offline(True)
    child.say(connection="offline")
    child.page.get_by_role("button", name="Carte").click()
    expect(child.page.get_by_role("img", name="Carte.png")).to_be_visible()
    child.page.context.set_offline(False)


def test_a_reload_shows_what_was_open(child: StandIn, picture: Handed) -> None:
    given_and_seen(child, picture)
    child.reload()
    child.say()
    expect(child.page.get_by_role("img", name="Carte.png")).to_be_visible()


def test_the_way_back_closes_what_was_opened_and_not_the_page(child: StandIn, picture: Handed) -> None:
    given_and_seen(child, picture)
    child.page.evaluate("history.back()")
    expect(child.page.locator("#viewer")).to_be_hidden()
    expect(child.page.locator("#scene-lesson")).to_be_visible()
    child.page.evaluate("history.back()")
    expect(child.page.locator("#scene-lesson")).to_be_visible()


def test_the_lessons_end_takes_it_all(child: StandIn, picture: Handed) -> None:
    given_and_seen(child, picture)
    assert held(child.page) == [picture.sha256]
    child.say(lesson=None)
    expect(child.page.locator("#viewer")).to_be_hidden()
    wait_for(lambda: held(child.page) == [] or None, 10, "nothing is kept")
    child.say(lesson={"id": "l-2", "teacher": "M. Petit"})
    expect(child.page.locator("#scene-lesson")).to_be_visible()
    expect(child.page.locator("#given")).to_be_hidden()


def test_a_file_that_does_not_arrive_says_so_is_tried_again_and_is_done_when_it_is_seen(
    child: StandIn, desk: Desk, durand: Client
) -> None:
    desk.witness.forgive(UNANSWERED)
    paper = handed(durand, "Grande carte.png", papers.drawing(1500, 1500))
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    child.page.context.route(f"**/documents/{paper.sha256}", answer)
    sent = give(child, paper)
    expect(child.page.get_by_text("Nouvel essai dans 1\u00a0s")).to_be_visible()
    child.wait_heard("done", id=sent, status="received")
    child.wait_heard("done", id=sent, status="done")
    assert len(asked) == 2
    expect(child.page.get_by_role("img", name="Grande carte.png")).to_be_visible()


def test_a_document_that_is_gone_is_said_to_be_and_can_be_asked_for_again(
    child: StandIn, desk: Desk, picture: Handed
) -> None:
    desk.witness.forgive("status of 404")
    lost = Handed(picture.args | {"sha256": "0" * 64})
    sent = give(child, lost)
    child.wait_heard("done", id=sent, status="failed", error="not found")
    expect(
        child.page.locator(".viewer-card p").filter(has_text="Ce document n’est plus dans le boîtier.")
    ).to_be_visible()
    child.page.get_by_role("button", name="Réessayer").click()
    expect(
        child.page.locator(".viewer-card p").filter(has_text="Ce document n’est plus dans le boîtier.")
    ).to_be_visible()


def test_that_it_is_on_its_way_is_told_before_anything_is_painted(child: StandIn, picture: Handed) -> None:
    """A page that ends now begins it again; what was done is told only once it is seen."""
    child.wait_heard("shown")  # nothing that was shown has still to be told
    child.page.evaluate("window.requestAnimationFrame = () => 0")
    child.page.context.route(f"**/documents/{picture.sha256}", lambda _route: None)  # never answered
    child.wait_heard("done", id=give(child, picture), status="received")


def test_what_is_no_picture_is_not_told_as_one(child: StandIn, durand: Client) -> None:
    broken = handed(durand, "Abîmée.png", b"\x89PNG\r\n\x1a\n" + bytes(3000))
    child.wait_heard("done", id=give(child, broken), status="failed", error="cannot be shown")
    expect(child.page.locator(".viewer-card p").filter(has_text="Ce document ne s’affiche pas ici.")).to_be_visible()


def test_a_newer_one_takes_the_place_of_one_that_is_still_on_its_way(
    child: StandIn, book: Handed, picture: Handed
) -> None:
    child.page.context.route(f"**/documents/{book.sha256}", lambda _route: None)  # never answered
    first = give(child, book)
    expect(child.page.locator("progress")).to_be_visible()
    given_and_seen(child, picture)
    child.wait_heard("done", id=first, status="failed", error="replaced")
    expect(child.page.get_by_role("img", name="Carte.png")).to_be_visible()


def test_what_is_still_on_its_way_when_its_time_is_over_is_not_shown(child: StandIn, picture: Handed) -> None:
    waiting: list[Route] = []
    child.page.context.route(f"**/documents/{picture.sha256}", lambda route: waiting.append(route))
    sent = give(child, picture)
    expect(child.page.locator("progress")).to_be_visible()
    child.drop(sent)
    expect(child.page.locator("#viewer")).to_be_hidden()
    child.wait_heard("done", id=sent, status="failed")
    assert not [one for one in child.heard if one.get("id") == sent and one["status"] == "done"]


def test_what_was_seen_in_time_stays(child: StandIn, picture: Handed) -> None:
    sent = give(child, picture)
    child.wait_heard("done", id=sent, status="done")
    child.drop(sent)
    child.say(hand=True)
    expect(child.page.locator("[data-hand][data-raised]").first).to_be_attached()
    expect(child.page.get_by_role("img", name="Carte.png")).to_be_visible()


def test_a_document_too_large_to_hold_is_read_in_parts_and_never_whole(child: StandIn, durand: Client) -> None:
    large = handed(durand, "Encyclopédie.pdf", thick_book(40 * 1024 * 1024))
    read: list[int] = []
    child.page.context.on(
        "response", lambda answer: read.append(part_size(answer)) if large.sha256 in answer.url else None
    )
    given_and_seen(child, large)
    expect(child.page.locator(".page-sheet canvas").first).to_be_visible()
    assert held(child.page) == []
    assert 0 < sum(read) < 4 * 1024 * 1024


def test_one_whose_pages_could_only_be_found_by_reading_it_whole_is_not_read_whole(
    child: StandIn, desk: Desk, durand: Client, tmp_path: Path
) -> None:
    desk.witness.forgive("^Worker was terminated$")  # pdf.js says so, at times, of what it is stopped at
    papers.write_large_pdf(tmp_path / "a.pdf", 40 * 1024 * 1024)
    broken = handed(durand, "Abîmée.pdf", (tmp_path / "a.pdf").read_bytes().replace(b"startxref", b"startxrxx"))
    read: list[int] = []
    child.page.context.on(
        "response", lambda answer: read.append(part_size(answer)) if broken.sha256 in answer.url else None
    )
    child.wait_heard("done", id=give(child, broken), status="failed", error="cannot be shown")
    assert sum(read) < 32 * 1024 * 1024


def part_size(answer: Response) -> int:
    """Of what was really read: the answer to a first question without a range is broken off."""
    return int(answer.headers["content-length"]) if answer.status == 206 else 0


def thick_book(size: int) -> bytes:
    """One page, beside something large that no page needs."""
    drawing = "0.1 0.1 0.1 rg 100 300 300 300 re f"
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents 4 0 R >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        f"<< /Length {size} >>\nstream\n{'x' * size}\nendstream",
    ]
    return papers._with_index(bodies)


def test_on_a_phone_the_bar_holds_in_one_line(desk: Desk, box: Appliance, book: Handed) -> None:
    face = StandIn(desk.open(PHONE), identity_of(box)).open()
    face.say()
    given_and_seen(face, book)
    bar = face.page.locator(".viewer-bar").bounding_box()
    assert bar is not None and bar["height"] < 80
