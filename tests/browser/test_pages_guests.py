"""A visitor's tablet takes part in one lesson by the code on the board, and nothing of it is left afterwards."""

import re
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from playwright.sync_api import Browser, expect

from appliance.config import Config
from tests.browser import papers
from tests.browser.classroom import open_board, sheet
from tests.browser.pages import (
    ADDRESS,
    PagesDesk,
    PupilPage,
    gesture,
    hand_in,
    lesson_of_pages,
    pages_desk,
    telling,
    tile_of,
    wait_done,
    wait_tile,
)
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def desk(chromium: Browser, box: Appliance) -> Iterator[PagesDesk]:
    with pages_desk(chromium, box) as desk:
        desk.witness.forgive("status of 40[134]")  # a code that opens nothing, a password that is no more
        yield desk


@pytest.fixture(scope="module")
def regular(desk: PagesDesk, box: Appliance) -> PupilPage:
    return desk.device(box.link())


@pytest.fixture
def lesson(durand: Client, regular: PupilPage) -> Iterator[str]:
    with lesson_of_pages(durand, regular) as lesson_id:
        yield lesson_id


def code_of(durand: Client, lesson: str) -> str:
    answer = durand.post(f"/lessons/{lesson}/welcome")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["welcome"]["code"])


def tables_with(path: Path, words: list[str]) -> list[str]:
    """`table: row` of every row in which one of these words stands."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [(name, str(row)) for name in names for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608 - our own names
        return [f"{name}: {row}" for name, row in rows if any(word in row for word in words)]
    finally:
        connection.close()


def files_with(folder: Path, words: list[str]) -> list[str]:
    """Names of the files in whose bytes one of these words stands."""
    return [str(path) for path in folder.rglob("*") if any(word.encode() in _content(path) for word in words)]


def _content(path: Path) -> bytes:
    """Nothing, of a folder and of a file that has just gone."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""


def traces(box: Appliance, words: list[str]) -> list[str]:
    """In every table; and in the bytes of every file that outlives the box's process, journals of SQLite among them."""
    databases = [*box.data_path.rglob("*.db"), *Config(box.data_path).runtime_path.glob("*.db")]
    return [*(line for path in databases for line in tables_with(path, words)), *files_with(box.data_path, words)]


def test_a_guest_takes_part_like_the_others_and_leaves_no_trace(
    desk: PagesDesk, box: Appliance, durand: Client, lesson: str
) -> None:
    guest = desk.blank()
    guest.join_by_code(code_of(durand, lesson))
    identity = guest.identity
    assert identity["guest"] is True
    tile = wait_tile(durand, lesson, guest.id, presence="online")
    assert tile["guest"] is True
    gesture(durand, lesson, "eyes_up", message="Les yeux vers moi")
    guest.wait_locked()
    gesture(durand, lesson, "eyes_free")
    guest.wait_free()
    paper = hand_in(durand, "Carte.png", papers.drawing())
    wait_done(durand, lesson, gesture(durand, lesson, "open_document", [guest.id], sha256=paper))
    guest.hand.tap()
    wait_for(lambda: tile_of(durand, lesson, guest.id)["hand_at"], 10, "its hand is seen")
    kept = [identity["id"], identity["serial"]]
    assert traces(box, kept), "it was there, so that its absence means something"
    durand.post(f"/lessons/{lesson}/end", {})
    guest.wait(scene="guest")
    with telling(lambda: "\n".join(traces(box, kept))):
        wait_for(lambda: not traces(box, kept), 20, "nothing is left")
    assert [line for line in box.log().splitlines() if identity["id"] in line] == []
    for word in (identity["id"], identity["password"], identity["serial"], "Carte.png"):
        guest.wait_forgotten(word)


def test_a_code_opens_nothing_once_its_lesson_is_over(desk: PagesDesk, durand: Client, regular: PupilPage) -> None:
    with lesson_of_pages(durand, regular) as lesson:
        code = code_of(durand, lesson)
    visitor = desk.blank()
    visitor.page.goto("/join")
    visitor.page.locator("#code").fill(code)
    visitor.page.locator("#join-go").click()
    expect(visitor.page.locator("#join-error")).to_contain_text("Ce code n’est pas le bon")
    assert visitor.identity == {}


def test_a_device_of_the_school_stays_who_it_is_whatever_code_is_typed(
    desk: PagesDesk, regular: PupilPage, durand: Client, lesson: str
) -> None:
    before = regular.identity
    tab = desk.tab(regular)
    tab.page.goto(f"/join#{code_of(durand, lesson)}")
    tab.page.wait_for_url(ADDRESS)
    assert tab.identity == before
    assert [one["guest"] for one in durand.board(lesson)["tiles"]] == [False]
    tab.page.close()


def test_the_board_shows_the_code_and_who_came_and_sends_a_guest_away(
    desk: PagesDesk, durand: Client, lesson: str
) -> None:
    board = open_board(desk.open(client=durand), lesson)
    board.locator("#welcome").click()
    expect(board.locator("#welcome-code")).to_have_text(re.compile(r"^\d{3}\s\d{3}$"))
    code = "".join(board.locator("#welcome-code").inner_text().split())
    guest = desk.blank()
    guest.page.goto(f"/join#{code}")
    guest.arrive()
    expect(board.locator("#welcome-guests button")).to_have_count(1)
    guest_id = guest.id
    board.locator("#welcome-guests button").click()
    sheet(board).locator("#tile-dismiss").click()
    guest.wait(scene="guest")
    wait_for(
        lambda: guest_id not in {one["device_id"] for one in durand.board(lesson)["tiles"]}, 10, "its tile is gone"
    )
