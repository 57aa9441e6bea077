"""A whole lesson in which every device is a page of a browser: what is seen in them is what the board says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import papers
from tests.browser.classroom import gesture_button, open_board, press_primary, sheet
from tests.browser.pages import (
    LAPTOP,
    SCREEN,
    TABLET,
    PagesDesk,
    PupilPage,
    gesture,
    lesson_of_pages,
    pages_desk,
    tile_of,
    wait_done,
    wait_tile,
)
from tests.browser.sites import Site, site
from tests.faults.books import rows
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client

pytestmark = pytest.mark.timeout(240)
INKS = """() => {
    const canvas = document.querySelector("#viewer-body canvas");
    const ink = (x, y) => canvas.getContext("2d").getImageData(canvas.width * x, canvas.height * y, 1, 1).data[0];
    return [ink(0.4, 0.45), ink(0.9, 0.1)];
}"""


@pytest.fixture(scope="module")
def framed() -> Iterator[Site]:
    with site("Des jeux de lecture") as found:
        yield found


@pytest.fixture(scope="module")
def shy() -> Iterator[Site]:
    with site("Une encyclopédie", X_Frame_Options="SAMEORIGIN") as found:
        yield found


@pytest.fixture(scope="module")
def desk(chromium: Browser, box: Appliance, framed: Site, shy: Site) -> Iterator[PagesDesk]:
    with pages_desk(chromium, box, framed.url, shy.url) as desk:
        yield desk


@pytest.fixture(scope="module")
def pupils(desk: PagesDesk, box: Appliance) -> dict[str, PupilPage]:
    link = box.link()
    sizes = {"tablet": TABLET, "laptop": LAPTOP, "chromebook": LAPTOP, "screen": SCREEN}
    return {kind: desk.device(link, kind, size) for kind, size in sizes.items()}


@pytest.fixture(scope="module")
def teachers_page(desk: PagesDesk, durand: Client) -> Page:
    return desk.open(client=durand)


@dataclass
class Room:
    """A lesson with a page of each kind, and the teacher's board of it."""

    durand: Client
    lesson: str
    board: Page
    pupils: dict[str, PupilPage]

    @property
    def children(self) -> list[PupilPage]:
        """All but the class's screen."""
        return [pupil for kind, pupil in self.pupils.items() if kind != "screen"]

    @property
    def tablet(self) -> PupilPage:
        return self.pupils["tablet"]

    def tile(self, pupil: PupilPage) -> Locator:
        return self.board.locator(f'.tile[data-id="{pupil.id}"]')

    def choose(self, pupil: PupilPage) -> None:
        self.tile(pupil).locator("label.tile-check").click()

    def give(self, paper: Path) -> None:
        """From the teacher's own computer, to those that are chosen."""
        gesture_button(self.board, "give").click()
        self.board.locator("#give-file").set_input_files(paper)
        expect(sheet(self.board)).to_have_count(0)

    def press(self, name: str) -> None:
        gesture_button(self.board, name).click()

    def count_says(self, count: str) -> None:
        expect(self.board.locator(".receipt-count")).to_have_text(count)


@pytest.fixture
def room(teachers_page: Page, durand: Client, pupils: dict[str, PupilPage]) -> Iterator[Room]:
    with lesson_of_pages(durand, *pupils.values()) as lesson_id:
        yield Room(durand, lesson_id, open_board(teachers_page, lesson_id), pupils)
    for pupil in pupils.values():
        pupil.wait_free()


@pytest.fixture(scope="module")
def papers_folder(tmp_path_factory: pytest.TempPathFactory, teachers_page: Page) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    made = {
        "Fractions.pdf": papers.pdf(),
        "Carte.png": papers.drawing(),
        "Chanson.wav": papers.sound(),
        "Graine.webm": papers.film(teachers_page),
        "Liste.csv": b"mot;nombre\nchat;3\n",
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return folder


def number_of(pupil: PupilPage) -> str:
    return str(pupil.identity["name"])[-2:]


def frame_of(pupil: PupilPage) -> Locator:
    """The heading of the site that is shown."""
    return pupil.page.frame_locator("#viewer-body iframe").get_by_role("heading")


def test_each_kind_of_device_comes_in_by_one_link_and_is_seen_in_the_lesson(room: Room) -> None:
    for kind, pupil in room.pupils.items():
        assert wait_tile(room.durand, room.lesson, pupil.id, presence="online")["kind"] == kind
        pupil.wait(scene="display" if kind == "screen" else "lesson")
        expect(room.tile(pupil)).to_be_visible()
    expect(room.tablet.page.locator("#lesson-title")).to_contain_text("Durand")


def test_eyes_up_covers_each_pupils_page_and_neither_keys_nor_the_way_back_take_it_off(room: Room) -> None:
    press_primary(room.board)
    for pupil in room.children:
        pupil.wait_locked()
        expect(pupil.page.locator("#lock-by")).to_contain_text("Durand")
        expect(pupil.page.locator("#lock-until")).to_contain_text(re.compile(r"jusqu’à \d+\sh"))
    room.count_says("3 sur 3")
    assert room.pupils["screen"].look()["lock"] is None
    laptop = room.pupils["laptop"]
    for key in ("Escape", "Tab", "Shift+Tab", "Enter", "Space", "F11", "Alt+ArrowLeft", "Control+Home", "Tab", "Enter"):
        laptop.page.keyboard.press(key)
        assert laptop.is_covered()
    assert laptop.page.evaluate("document.activeElement.closest('#lock, body') !== null")
    laptop.page.evaluate("history.back()")
    laptop.wait_locked()
    laptop.page.reload()
    laptop.wait_locked()
    press_primary(room.board)
    for pupil in room.children:
        pupil.wait_free()
    room.count_says("3 sur 3")


def test_a_site_stands_in_a_frame_and_is_gone_while_the_sound_is_cut(room: Room, framed: Site) -> None:
    room.press("open")
    room.board.locator("#open-query").fill(framed.url)
    sheet(room.board).get_by_role("button", name=re.compile("^Ouvrir")).first.click()
    room.count_says("3 sur 3")
    for pupil in room.children:
        expect(frame_of(pupil)).to_have_text("Des jeux de lecture")
    app = {"package": f"web:{framed.host}", "label": framed.host}
    wait_tile(room.durand, room.lesson, room.tablet.id, app=app)
    room.press("sound")
    room.count_says("3 sur 3")
    expect(room.tablet.page.locator("iframe")).to_have_count(0)
    room.press("sound")
    expect(frame_of(room.tablet)).to_be_visible()


def test_a_site_that_refuses_frames_waits_behind_one_large_button(room: Room, shy: Site) -> None:
    tablet = room.tablet
    link = gesture(room.durand, room.lesson, "open_link", [tablet.id], url=shy.url)
    button = tablet.page.locator("#viewer-body a.button-site")
    expect(button).to_be_visible()
    assert tablet.page.locator("iframe").count() == 0
    assert room.durand.board(room.lesson)["gesture"]["counts"].get("succeeded") is None, "nobody pressed yet"
    with tablet.context.expect_page() as opened:
        button.tap()
    expect(opened.value.get_by_role("heading")).to_have_text("Une encyclopédie")
    assert opened.value.evaluate("window.opener") is None
    opened.value.close()
    wait_done(room.durand, room.lesson, link)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://127.0.0.1/admin", "http://localhost"],
)
def test_what_is_no_site_of_others_is_refused_before_any_page_hears_of_it(room: Room, url: str) -> None:
    answer = room.durand.gesture(room.lesson, "open_link", str(uuid4()), args={"url": url})
    assert answer.status_code == 422, answer.text


def test_a_pdf_is_drawn_for_all_and_a_picture_for_one(room: Room, papers_folder: Path) -> None:
    room.give(papers_folder / "Fractions.pdf")
    room.count_says("3 sur 3")
    for pupil in room.children:
        expect(pupil.page.locator(".page-sheet")).to_have_count(3)
        dark, white = pupil.page.evaluate(INKS)
        assert dark < 60
        assert white > 240
    room.choose(room.tablet)
    room.give(papers_folder / "Carte.png")
    room.count_says("1 sur 1")
    image = room.tablet.page.locator("#viewer-body img")
    assert image.evaluate("(one) => [one.naturalWidth, one.naturalHeight]") == [120, 80]
    expect(room.pupils["laptop"].page.locator("#viewer-title")).to_have_text("Fractions.pdf")
    expect(room.tablet.page.locator(".given-item")).to_have_count(2)


def test_sound_and_film_play_in_the_page_and_are_silent_while_the_sound_is_cut(room: Room, papers_folder: Path) -> None:
    room.choose(room.tablet)
    room.give(papers_folder / "Chanson.wav")
    room.count_says("1 sur 1")
    audio = room.tablet.page.locator("audio")
    assert audio.evaluate("(one) => Math.round(one.duration)") == 20
    audio.evaluate("(one) => one.play()")
    room.press("sound")
    room.count_says("1 sur 1")
    assert audio.evaluate("(one) => { one.muted = false; return one.paused; }") is False
    wait_for(lambda: audio.evaluate("(one) => one.muted"), 5, "muted, whoever wants it otherwise")
    room.press("sound")
    wait_for(lambda: not audio.evaluate("(one) => one.muted"), 5, "heard again")
    press_primary(room.board)
    room.tablet.wait_locked()
    assert audio.evaluate("(one) => one.paused"), "a locked page is quiet"
    press_primary(room.board)
    wait_for(lambda: not audio.evaluate("(one) => one.paused"), 5, "it goes on")
    room.give(papers_folder / "Graine.webm")
    room.count_says("1 sur 1")
    film = room.tablet.page.locator("video")
    assert film.evaluate("(one) => [one.videoWidth, one.videoHeight]") == [160, 120]


def test_what_no_page_can_show_is_kept_by_one_touch(room: Room, papers_folder: Path, tmp_path: Path) -> None:
    room.choose(room.tablet)
    room.give(papers_folder / "Liste.csv")
    room.count_says("1 sur 1")
    with room.tablet.page.expect_download() as started:
        room.tablet.page.locator("#viewer-body a[download]").tap()
    assert started.value.suggested_filename == "Liste.csv"
    started.value.save_as(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == (papers_folder / "Liste.csv").read_bytes()


def test_only_what_the_lesson_allows_is_opened(room: Room, framed: Site, shy: Site) -> None:
    tablet, durand = room.tablet, room.durand
    wait_done(durand, room.lesson, gesture(durand, room.lesson, "open_link", [tablet.id], url=framed.url))
    expect(frame_of(tablet)).to_be_visible()
    gesture(durand, room.lesson, "restrict", apps=[f"web:{shy.host}"])
    expect(tablet.page.locator("iframe")).to_have_count(0)
    refused = gesture(durand, room.lesson, "open_link", [tablet.id], url=framed.url)
    receipt = wait_for(lambda: failed(tile_of(durand, room.lesson, tablet.id), refused), 15, "refused")
    assert receipt["error"] == "not allowed now"
    gesture(durand, room.lesson, "restrict", apps=None)
    wait_done(durand, room.lesson, gesture(durand, room.lesson, "open_link", [tablet.id], url=framed.url))
    expect(frame_of(tablet)).to_be_visible()


def failed(tile: dict[str, Any], gesture_id: str) -> dict[str, Any] | None:
    receipt: dict[str, Any] | None = tile["receipt"]
    return receipt if receipt and receipt["gesture_id"] == gesture_id and receipt["status"] == "failed" else None


def test_the_screen_shows_who_is_there_a_timer_a_message_and_a_document(room: Room, papers_folder: Path) -> None:
    screen = room.pupils["screen"].page
    room.press("display")
    shown = sheet(room.board)
    shown.locator('[data-show="presence"]').click()
    expect(screen.locator(".display-count")).to_contain_text("3 présents")
    shown.locator("[data-minutes]").first.click()
    expect(screen.locator(".display-left")).to_have_text(re.compile(r"^\d+:\d\d$"))
    shown.locator("#display-text").fill("Page 12, exercice 3")
    shown.locator("#display-form button").click()
    expect(screen.locator(".display-message")).to_have_text("Page 12, exercice 3")
    room.board.keyboard.press("Escape")
    room.choose(room.pupils["screen"])
    room.give(papers_folder / "Fractions.pdf")
    room.count_says("1 sur 1")
    expect(screen.locator("#viewer-body canvas").first).to_be_visible()


def test_a_message_is_read_a_hand_is_raised_and_a_tablet_is_found(room: Room) -> None:
    room.press("say")
    sheet(room.board).get_by_role("button", name="On range les tablettes.").click()
    sheet(room.board).get_by_role("button", name="Dire", exact=True).click()
    room.count_says("3 sur 3")
    tablet = room.tablet
    expect(tablet.message).to_have_text("On range les tablettes.")
    expect(tablet.page.locator("#message-title")).to_have_text("Message de Durand")
    tablet.page.locator("#message-read").tap()
    expect(tablet.message).to_be_hidden()
    tablet.hand.tap()
    expect(room.tile(tablet).locator(".tile-hand")).to_be_visible()
    expect(room.board.locator("#hands")).to_be_visible()
    tablet.hand.tap()
    expect(room.tile(tablet).locator(".tile-hand")).to_be_hidden()
    room.press("find")
    sheet(room.board).get_by_role("button", name=number_of(tablet)).click()
    expect(tablet.page.locator("#identify-number")).to_have_text(number_of(tablet))
    room.count_says("1 sur 1")


def test_the_lessons_end_frees_all_takes_what_was_given_and_knows_what_was_used(
    room: Room, box: Appliance, framed: Site, papers_folder: Path
) -> None:
    tablet = room.tablet
    gesture(room.durand, room.lesson, "open_link", [tablet.id], url=framed.url.rstrip("/"))
    expect(tablet.page.locator("iframe")).to_be_visible()
    since = tablet.page.evaluate("performance.now()")
    tablet.page.wait_for_function("(since) => performance.now() - since > 1500", arg=since)
    room.give(papers_folder / "Fractions.pdf")
    expect(tablet.page.locator(".page-sheet")).to_have_count(3)
    paper = sha256((papers_folder / "Fractions.pdf").read_bytes()).hexdigest()
    assert paper in tablet.storage_text()
    press_primary(room.board)
    for pupil in room.children:
        pupil.wait_locked()
    room.board.locator('[data-sheet="end-sheet"]').click()
    sheet(room.board).get_by_role("button", name="Terminer").click()
    expect(room.board.locator("body")).to_have_attribute("data-link", "over")
    for pupil in room.children:
        pupil.wait_free().wait(scene="over")
        expect(pupil.page.locator("#viewer")).to_be_hidden()
        for word in ("Fractions.pdf", paper):
            pupil.wait_forgotten(word)
    used = wait_for(
        lambda: rows(box, "SELECT app, seconds FROM usage_record WHERE device_id = ?", (tablet.id,)), 10, "usage"
    )
    assert {app for app, _ in used} == {f"web:{framed.host}"}
    assert all(1 <= seconds <= 60 for _, seconds in used)
