"""The board in every state that a teacher can meet, in both languages, light and dark, on a phone and a laptop."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.classroom import (
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
from tests.browser.looks import LOOKS, code_of
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import UNANSWERED, Desk, Size, axe_findings

pytestmark = pytest.mark.timeout(300)
SIZE, OLD = 6, 5
SHEETS = ("open", "give", "say", "find", "apps")
Teachers = dict[str, Client]


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    profiles = ["idle", "idle", "low-battery", "offline", "old", "full-storage"]
    with running_pupils(box, profiles) as pupils:
        yield pupils


@pytest.fixture(scope="module")
def teachers(box: Appliance, durand: Client) -> Teachers:
    """By language; and who may look at every lesson."""
    box.add_user("smith")
    smith = box.browser("smith")
    smith.post_form("/language", {"lang": "en"})
    box.add_user("martin", "administrator")
    return {"fr": durand, "en": smith, "director": box.browser("martin")}


@pytest.fixture(params=list(LOOKS.values()), ids=list(LOOKS))
def look(request: pytest.FixtureRequest) -> Size:
    size: Size = request.param
    return size


@pytest.fixture
def board(desk: Desk, teachers: Teachers, pupils: Pupils, look: Size) -> Iterator[Page]:
    teacher = teachers[code_of(look)]
    with lesson_of(teacher, pupils, SIZE - 1) as lesson_id:
        page = open_board(desk.open(look, teacher), lesson_id)
        expect(page.locator("html")).to_have_attribute("lang", code_of(look))
        unfold(page)
        yield page


def unfold(page: Page) -> None:
    more = page.locator("#more")
    if more.is_visible():
        more.click()


def is_fine(page: Page, state: str) -> None:
    assert axe_findings(page) == [], state


def test_at_work_held_chosen_and_in_trouble(board: Page, pupils: Pupils) -> None:
    is_fine(board, "nothing asked yet")
    pupils.fleet.do(pupils[2].raise_hand)
    expect(tile(board, 2).locator(".tile-hand")).to_be_visible()
    gesture_button(board, "camera").click()
    expect(tile(board, OLD)).to_have_attribute("data-problem", "")
    is_fine(board, "a hand, a problem, one away")
    press_primary(board)
    expect(tiles(board, "held")).to_have_count(SIZE - 1)
    expect(board.locator('.receipt-group[data-kind="limit"], .receipt-rest').first).to_be_visible()
    is_fine(board, "held, a hand, a limit, one away")
    tile(board, 1).locator("label.tile-check").click()
    is_fine(board, "one chosen")
    pupils.fleet.do(pupils[2].lower_hand)


def test_every_sheet(board: Page) -> None:
    for name in SHEETS:
        board.locator(f'#bar [data-action="{name}"], #bar [data-restriction="{name}"]').click()
        expect(sheet(board)).to_be_visible()
        is_fine(board, f"sheet {name}")
        board.keyboard.press("Escape")
    for name in ("extend-sheet", "end-sheet"):
        board.locator(f'[data-sheet="{name}"]').click()
        expect(sheet(board)).to_be_visible()
        is_fine(board, name)
        board.keyboard.press("Escape")
    board.keyboard.press("?")
    expect(sheet(board)).to_be_visible()
    is_fine(board, "help")
    board.keyboard.press("Escape")
    tile(board, OLD).locator(".tile-open").click()
    is_fine(board, "one tablet")


def test_what_failed_what_was_refused_and_its_detail(board: Page, desk: Desk) -> None:
    desk.witness.forgive(r"status of 4\d\d|net::ERR")
    board.locator('#bar [data-action="give"]').click()
    board.locator("#give-file").set_input_files(
        {"name": "programme.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ" + bytes(2000)}
    )
    expect(sheet(board).get_by_role("alert")).to_be_visible()
    is_fine(board, "an upload refused")
    board.locator("#give-file").set_input_files(
        {"name": "carte.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(3_000_000)}
    )
    expect(board.locator("#receipt")).to_have_attribute("data-kind", "problem")
    is_fine(board, "a document failed on one")
    board.locator(".receipt-group:visible").first.click()
    expect(sheet(board)).to_be_visible()
    is_fine(board, "detail")
    board.keyboard.press("Escape")
    board.route("**/gestures", lambda route: route.abort("internetdisconnected"))
    board.locator('#bar [data-restriction="sound"]').click()
    expect(board.locator("#receipt")).to_have_attribute("data-kind", "failure")
    is_fine(board, "not sent")


def test_watched_lost_and_over(board: Page, desk: Desk, teachers: Teachers, look: Size) -> None:
    desk.witness.forgive(UNANSWERED)
    watching = open_board(desk.open(look, teachers["director"]), board.url.rsplit("/", 1)[-1])
    expect(watching.locator(".banner")).to_be_visible()
    is_fine(watching, "watching")
    board.context.set_offline(True)
    expect(board.locator("body")).to_have_attribute("data-link", "lost")
    is_fine(board, "lost")
    board.context.set_offline(False)
    expect(board.locator("body")).to_have_attribute("data-link", "live")
    board.locator('[data-sheet="end-sheet"]').click()
    board.locator("#end-now").click()
    expect(board.locator("body")).to_have_attribute("data-link", "over")
    is_fine(board, "over")


def test_asked_for_by_a_colleague(board: Page, teachers: Teachers, pupils: Pupils, look: Size) -> None:
    other = teachers["en" if code_of(look) == "fr" else "fr"]
    assert other.post("/requests", {"devices": pupils.ids[:2]}).json() == {"asked": 2}
    expect(board.locator("#asks-text")).to_have_text(re.compile(" 2 "))
    board.locator("#asks").click()
    is_fine(board, "asked for")
