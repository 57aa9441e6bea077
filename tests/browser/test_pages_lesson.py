"""A whole lesson in which every device is a page of a browser: what is seen in them is what the board says."""

import re
from collections.abc import Iterator
from pathlib import Path

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
    link = box.new_link()
    sizes = {"tablet": TABLET, "laptop": LAPTOP, "chromebook": LAPTOP, "screen": SCREEN}
    return {kind: desk.device(link, kind, size) for kind, size in sizes.items()}


@pytest.fixture(scope="module")
def tablet(pupils: dict[str, PupilPage]) -> PupilPage:
    return pupils["tablet"]


@pytest.fixture(scope="module")
def children(pupils: dict[str, PupilPage]) -> list[PupilPage]:
    """All but the class's screen."""
    return [pupil for kind, pupil in pupils.items() if kind != "screen"]


@pytest.fixture(scope="module")
def teachers_page(desk: PagesDesk, durand: Client) -> Page:
    return desk.open(client=durand)


@pytest.fixture
def lesson(durand: Client, pupils: dict[str, PupilPage]) -> Iterator[str]:
    with lesson_of_pages(durand, *pupils.values()) as lesson_id:
        yield lesson_id
    for pupil in pupils.values():
        pupil.wait_free()


@pytest.fixture
def board(teachers_page: Page, lesson: str) -> Page:
    return open_board(teachers_page, lesson)


@pytest.fixture(scope="module")
def papers_folder(tmp_path_factory: pytest.TempPathFactory, teachers_page: Page) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    made = {
        "Fractions.pdf": papers.pdf(),
        "Carte.png": papers.drawing(),
        "Chanson.wav": papers.sound(),
        "Graine.webm": papers.film(teachers_page),
        "Liste.csv": "mot;nombre\nchat;3\n".encode(),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return folder


def give(board: Page, paper: Path) -> None:
    """From the teacher's own computer, to whom it is chosen for."""
    gesture_button(board, "give").click()
    board.locator("#give-file").set_input_files(paper)
    expect(sheet(board)).to_have_count(0)


def count_says(board: Page, count: str) -> None:
    expect(board.locator(".receipt-count")).to_have_text(count)


def tile(board: Page, pupil: PupilPage) -> Locator:
    number = str(pupil.identity["name"])[-2:]
    return board.locator(".tile").filter(has=board.locator(".tile-number", has_text=number))


def opened_key(pupil: PupilPage) -> str:
    return pupil.page.locator("#viewer-title").inner_text()


def test_each_kind_of_device_comes_in_by_one_link_and_is_seen_in_the_lesson(
    board: Page, durand: Client, lesson: str, pupils: dict[str, PupilPage]
) -> None:
    for kind, pupil in pupils.items():
        assert wait_tile(durand, lesson, pupil.id, presence="online")["kind"] == kind
        pupil.wait(scene="display" if kind == "screen" else "lesson")
    for pupil in pupils.values():
        expect(tile(board, pupil)).to_be_visible()
    expect(pupils["tablet"].page.locator("#lesson-title")).to_contain_text("Durand")


def test_eyes_up_covers_each_pupils_page_and_neither_keys_nor_the_way_back_take_it_off(
    board: Page, pupils: dict[str, PupilPage], children: list[PupilPage]
) -> None:
    press_primary(board)
    for pupil in children:
        pupil.wait_locked()
        expect(pupil.page.locator("#lock-by")).to_contain_text("Durand")
        expect(pupil.page.locator("#lock-until")).to_contain_text(re.compile(r"jusqu’à \d+\sh"))
    count_says(board, "3 sur 3")
    assert pupils["screen"].look()["lock"] is None
    laptop = pupils["laptop"].page
    for key in ("Escape", "Tab", "Shift+Tab", "Enter", "Space", "F11", "Alt+ArrowLeft", "Control+Home", "Tab", "Enter"):
        laptop.keyboard.press(key)
        assert pupils["laptop"].is_covered()
    assert laptop.evaluate("document.activeElement.closest('#lock, body') !== null && !document.activeElement.href")
    laptop.evaluate("history.back()")
    pupils["laptop"].wait_locked()
    laptop.reload()
    pupils["laptop"].wait_locked()
    press_primary(board)
    for pupil in children:
        pupil.wait_free()
    count_says(board, "3 sur 3")


def test_a_site_stands_in_a_frame_and_is_gone_while_the_sound_is_cut(
    board: Page, durand: Client, lesson: str, framed: Site, children: list[PupilPage], tablet: PupilPage
) -> None:
    gesture_button(board, "open").click()
    board.locator("#open-query").fill(framed.url)
    sheet(board).get_by_role("button", name=re.compile("^Ouvrir")).first.click()
    count_says(board, "3 sur 3")
    for pupil in children:
        heading = pupil.page.frame_locator("#viewer-body iframe").get_by_role("heading")
        expect(heading).to_have_text("Des jeux de lecture")
    wait_tile(durand, lesson, tablet.id, app={"package": f"web:{framed.host}", "label": framed.host})
    gesture_button(board, "sound").click()
    count_says(board, "3 sur 3")
    expect(tablet.page.locator("iframe")).to_have_count(0)
    gesture_button(board, "sound").click()
    expect(tablet.page.frame_locator("#viewer-body iframe").get_by_role("heading")).to_be_visible()


def test_a_site_that_refuses_frames_waits_behind_one_large_button(
    durand: Client, lesson: str, shy: Site, tablet: PupilPage
) -> None:
    link = gesture(durand, lesson, "open_link", [tablet.id], url=shy.url)
    button = tablet.page.locator("#viewer-body a.button-site")
    expect(button).to_be_visible()
    assert tablet.page.locator("iframe").count() == 0
    assert durand.board(lesson)["gesture"]["counts"].get("succeeded") is None, "nobody pressed yet"
    with tablet.context.expect_page() as opened:
        button.tap()
    expect(opened.value.get_by_role("heading")).to_have_text("Une encyclopédie")
    assert opened.value.evaluate("window.opener") is None
    opened.value.close()
    wait_done(durand, lesson, link)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://127.0.0.1/admin", "http://localhost"],
)
def test_what_is_no_site_of_others_is_refused_before_any_page_hears_of_it(
    durand: Client, lesson: str, url: str
) -> None:
    answer = durand.gesture(lesson, "open_link", "01890000-0000-4000-8000-000000000001", args={"url": url})
    assert answer.status_code == 422, answer.text


def test_a_pdf_is_drawn_for_all_and_a_picture_for_one(
    board: Page, pupils: dict[str, PupilPage], children: list[PupilPage], tablet: PupilPage, papers_folder: Path
) -> None:
    give(board, papers_folder / "Fractions.pdf")
    count_says(board, "3 sur 3")
    for pupil in children:
        expect(pupil.page.locator(".page-sheet")).to_have_count(3)
        dark, white = pupil.page.evaluate(INKS)
        assert dark < 60 and white > 240, f"{dark} {white}"
    tile(board, tablet).locator("label.tile-check").click()
    give(board, papers_folder / "Carte.png")
    count_says(board, "1 sur 1")
    image = tablet.page.locator("#viewer-body img")
    assert image.evaluate("(one) => [one.naturalWidth, one.naturalHeight]") == [120, 80]
    assert opened_key(pupils["laptop"]) == "Fractions.pdf"
    expect(tablet.page.locator(".given-item")).to_have_count(2)


def test_sound_and_film_play_in_the_page_and_are_silent_while_the_sound_is_cut(
    board: Page, tablet: PupilPage, papers_folder: Path
) -> None:
    tile(board, tablet).locator("label.tile-check").click()
    give(board, papers_folder / "Chanson.wav")
    count_says(board, "1 sur 1")
    audio = tablet.page.locator("audio")
    assert audio.evaluate("(one) => Math.round(one.duration)") == 20
    audio.evaluate("(one) => one.play()")
    gesture_button(board, "sound").click()
    count_says(board, "1 sur 1")
    assert audio.evaluate("(one) => { one.muted = false; return one.paused; }") is False
    wait_for(lambda: audio.evaluate("(one) => one.muted"), 5, "muted, whoever wants it otherwise")
    gesture_button(board, "sound").click()
    wait_for(lambda: not audio.evaluate("(one) => one.muted"), 5, "heard again")
    press_primary(board)
    tablet.wait_locked()
    assert audio.evaluate("(one) => one.paused"), "a locked page is quiet"
    press_primary(board)
    wait_for(lambda: not audio.evaluate("(one) => one.paused"), 5, "it goes on")
    give(board, papers_folder / "Graine.webm")
    count_says(board, "1 sur 1")
    assert tablet.page.locator("video").evaluate("(one) => [one.videoWidth, one.videoHeight]") == [160, 120]


def test_what_no_page_can_show_is_kept_by_one_touch(
    board: Page, tablet: PupilPage, papers_folder: Path, tmp_path: Path
) -> None:
    tile(board, tablet).locator("label.tile-check").click()
    give(board, papers_folder / "Liste.csv")
    count_says(board, "1 sur 1")
    with tablet.page.expect_download() as started:
        tablet.page.locator("#viewer-body a[download]").tap()
    assert started.value.suggested_filename == "Liste.csv"
    started.value.save_as(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == (papers_folder / "Liste.csv").read_bytes()


def test_a_message_is_read_a_hand_is_raised_and_a_tablet_is_found(board: Page, tablet: PupilPage) -> None:
    gesture_button(board, "say").click()
    sheet(board).get_by_role("button", name="On range les tablettes.").click()
    sheet(board).get_by_role("button", name="Dire", exact=True).click()
    count_says(board, "3 sur 3")
    expect(tablet.message).to_have_text("On range les tablettes.")
    expect(tablet.page.locator("#message-title")).to_have_text("Message de Durand")
    tablet.page.locator("#message-read").tap()
    expect(tablet.message).to_be_hidden()
    tablet.hand.tap()
    expect(tile(board, tablet).locator(".tile-hand")).to_be_visible()
    expect(board.locator("#hands")).to_be_visible()
    tablet.hand.tap()
    expect(tile(board, tablet).locator(".tile-hand")).to_be_hidden()
    gesture_button(board, "find").click()
    sheet(board).get_by_role("button", name=str(tablet.identity["name"])[-2:]).click()
    expect(tablet.page.locator("#identify-number")).to_have_text(str(tablet.identity["name"])[-2:])
    count_says(board, "1 sur 1")


def test_the_lessons_end_frees_all_takes_what_was_given_and_knows_what_was_used(
    board: Page, box: Appliance, durand: Client, lesson: str, framed: Site, children: list[PupilPage],
    tablet: PupilPage, papers_folder: Path,
) -> None:  # fmt: skip
    gesture(durand, lesson, "open_link", [tablet.id], url=framed.url)
    expect(tablet.page.locator("iframe")).to_be_visible()
    since = tablet.page.evaluate("performance.now()")
    tablet.page.wait_for_function("(since) => performance.now() - since > 1500", arg=since)
    give(board, papers_folder / "Fractions.pdf")
    expect(tablet.page.locator(".page-sheet")).to_have_count(3)
    press_primary(board)
    for pupil in children:
        pupil.wait_locked()
    board.locator('[data-sheet="end-sheet"]').click()
    sheet(board).get_by_role("button", name="Terminer").click()
    expect(board.locator("body")).to_have_attribute("data-link", "over")
    for pupil in children:
        pupil.wait_free().wait(scene="over")
        expect(pupil.page.locator("#viewer")).to_be_hidden()
        wait_for(lambda pupil=pupil: "Fractions" not in pupil.storage_text() or None, 10, "nothing of it is kept")
    used = wait_for(
        lambda: rows(box, "SELECT app, seconds FROM usage_record WHERE device_id = ?", (tablet.id,)), 10, "usage"
    )
    assert {app for app, _ in used} == {f"web:{framed.host}"}
    assert all(1 <= seconds <= 60 for _, seconds in used)
