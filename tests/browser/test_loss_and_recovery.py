"""What a teacher sees when a part of the appliance, or the network, is lost during a lesson, and comes back."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from protocol.device import Access
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
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import UNANSWERED, Desk, stays

pytestmark = pytest.mark.timeout(240)
SIZE = 4
EVERYBODY = range(1, SIZE + 1)
RETURN_MS = 60_000


@pytest.fixture(scope="module")
def pupils(box: Appliance) -> Iterator[Pupils]:
    with running_pupils(box, ["idle"] * SIZE) as pupils:
        yield pupils


@pytest.fixture
def lesson(durand: Client, pupils: Pupils) -> Iterator[str]:
    with lesson_of(durand, pupils, SIZE) as lesson_id:
        yield lesson_id


@pytest.fixture
def board(desk: Desk, durand: Client, lesson: str) -> Page:
    desk.witness.forgive(UNANSWERED)
    return open_board(desk.open(client=durand), lesson)


def kill(box: Appliance, name: str) -> int:
    pid = box.pids()[name]
    os.kill(pid, signal.SIGKILL)
    return pid


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """This process and its children stand still."""
    family = [pid, *children(pid)]
    for one in family:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in family:
            os.kill(one, signal.SIGCONT)


def wait_new(box: Appliance, name: str, old: int) -> None:
    wait_for(lambda: box.pids().get(name, old) != old or None, 30, f"{name} runs again")


def remember_links(page: Page) -> None:
    """From now on the page keeps what it said of its link: a restart is shorter than our look at it."""
    page.evaluate(
        """() => {
            window.links = [];
            const look = () => {
                const alert = document.querySelector('[role="alert"]:not([hidden])');
                window.links.push(`${document.body.dataset.link}: ${alert ? alert.textContent : ""}`);
            };
            new MutationObserver(look).observe(document.body, { attributeFilter: ["data-link"] });
        }"""
    )


def wait_link_seen(page: Page, text: str) -> None:
    page.wait_for_function("(text) => window.links.some((one) => one.includes(text))", arg=text)


def link(page: Page, state: str, patience: float = RETURN_MS) -> None:
    expect(page.locator("body")).to_have_attribute("data-link", state, timeout=patience)


def test_the_web_process_killed_greys_the_page_and_it_returns_by_itself(
    board: Page, box: Appliance, pupils: Pupils
) -> None:
    is_same_page = stays(board)
    press_primary(board)
    expect(tiles(board, "held")).to_have_count(SIZE)
    remember_links(board)
    workers = children(box.pids()["web"])
    kill(box, "web")
    wait_link_seen(board, "lost: Le boîtier ne répond plus")
    link(board, "live")
    wait_for(lambda: not any(Path(f"/proc/{one}").exists() for one in workers), 10, "nothing of it is left")
    expect(board.get_by_role("alert")).to_have_count(0)
    expect(tiles(board, "held")).to_have_count(SIZE)
    press_primary(board)
    expect(tiles(board, "free")).to_have_count(SIZE)
    pupils.wait_locked(EVERYBODY, locked=False)
    assert is_same_page()


def test_a_web_process_that_hangs_is_noticed_and_the_page_greys_what_it_cannot_know(
    board: Page, box: Appliance, pupils: Pupils
) -> None:
    is_same_page = stays(board)
    press_primary(board)
    expect(tiles(board, "held")).to_have_count(SIZE)
    with frozen(box.pids()["web"]):
        link(board, "lost")
        alert = board.get_by_role("alert")
        expect(alert).to_contain_text("Le boîtier ne répond plus")
        expect(alert).to_contain_text("Ce que vous voyez date de")
        expect(board.locator("#eyes")).to_have_attribute("aria-disabled", "true")
        expect(gesture_button(board, "sound")).to_have_attribute("aria-disabled", "true")
        expect(board.locator("#tiles")).to_have_css("filter", re.compile("grayscale"))
        pupils.wait_locked(EVERYBODY)  # a lock does not depend on the page
    link(board, "live")
    expect(alert).to_have_count(0)
    press_primary(board)
    pupils.wait_locked(EVERYBODY, locked=False)
    assert is_same_page()


def test_a_killed_broker_is_healed_and_no_gesture_is_lost(board: Page, box: Appliance, pupils: Pupils) -> None:
    is_same_page = stays(board)
    gesture_button(board, "sound").click()
    expect(board.locator(".receipt-count")).to_have_text(f"{SIZE} sur {SIZE}")
    old = kill(box, "broker")
    wait_new(box, "broker", old)
    gesture_button(board, "camera").click()
    expect(board.locator(".receipt-what")).to_have_text("Couper la caméra")
    expect(board.locator(".receipt-count")).to_have_text(f"{SIZE} sur {SIZE}", timeout=RETURN_MS)
    for number in EVERYBODY:
        assert pupils.restrictions(number).sound is Access.BLOCKED
        assert pupils.restrictions(number).camera is Access.BLOCKED
    expect(board.locator("#present")).to_have_text(f"{SIZE} sur {SIZE} en ligne")
    assert is_same_page()


def test_the_bridge_killed_delays_a_gesture_and_loses_none(board: Page, box: Appliance, pupils: Pupils) -> None:
    old = kill(box, "bridge")
    press_primary(board)
    expect(board.locator("#receipt-text")).to_contain_text("Les yeux vers moi")
    wait_new(box, "bridge", old)
    expect(board.locator(".receipt-count")).to_have_text(f"{SIZE} sur {SIZE}", timeout=RETURN_MS)
    expect(tiles(board, "held")).to_have_count(SIZE)
    pupils.wait_locked(EVERYBODY)


def test_everything_killed_at_once_comes_back_with_the_gesture_of_before(
    board: Page, box: Appliance, pupils: Pupils
) -> None:
    is_same_page = stays(board)
    press_primary(board)
    expect(board.locator(".receipt-what")).to_have_text("Les yeux vers moi")
    expect(board.locator(".receipt-count")).to_be_visible()  # the appliance has taken it
    remember_links(board)
    for name in ("web", "bridge", "broker"):
        kill(box, name)
    wait_link_seen(board, "lost")
    link(board, "live")
    expect(tiles(board, "held")).to_have_count(SIZE, timeout=RETURN_MS)
    pupils.wait_locked(EVERYBODY)
    assert is_same_page()


def test_a_laptop_without_network_says_so_at_once_and_catches_up(
    board: Page, durand: Client, lesson: str, pupils: Pupils
) -> None:
    is_same_page = stays(board)
    board.context.set_offline(True)
    link(board, "lost", 10_000)
    expect(tile(board, 1)).to_be_visible()
    board.keyboard.press("y")
    pupils.fleet.do(lambda: pupils[3].raise_hand())
    durand.gesture(lesson, "restrict", "0b2d4c1e-4f0a-4b57-9d3e-1f2a3b4c5d6e", args={"internet": "blocked"})
    board.context.set_offline(False)
    link(board, "live")
    expect(board.locator(".receipt-what")).to_have_text("Couper internet")
    expect(tile(board, 3).locator(".tile-hand")).to_be_visible()
    wait_for(lambda: all(pupils.restrictions(number).lock is None for number in EVERYBODY), 30, "nobody is locked")
    assert tiles(board, "held").count() == 0
    pupils.fleet.do(lambda: pupils[3].lower_hand())
    assert is_same_page()


def test_a_gesture_refused_for_want_of_network_says_that_nothing_was_sent(board: Page, pupils: Pupils) -> None:
    board.route("**/gestures", lambda route: route.abort("internetdisconnected"))
    press_primary(board)
    expect(board.locator("#receipt")).to_contain_text("Rien n’a été envoyé : le boîtier ne répond pas")
    expect(tiles(board, "free")).to_have_count(SIZE)
    board.unroute("**/gestures")
    board.get_by_role("button", name="Réessayer").click()
    pupils.wait_locked(EVERYBODY)


def test_an_upload_cut_half_way_says_so_and_can_be_done_again(
    board: Page, pupils: Pupils, tmp_path_factory: pytest.TempPathFactory
) -> None:
    paper = tmp_path_factory.mktemp("papers") / "carte de France.pdf"
    paper.write_bytes(b"%PDF-1.7\n" + bytes(300_000))
    board.route("**/documents", lambda route: route.abort("connectionreset"))
    gesture_button(board, "give").click()
    board.locator("#give-file").set_input_files(paper)
    expect(sheet(board).get_by_role("alert")).to_contain_text("carte de France.pdf n’a pas été envoyé")
    board.unroute("**/documents")
    board.locator("#give-file").set_input_files(paper)
    expect(board.locator(".receipt-count")).to_have_text(f"{SIZE} sur {SIZE}")


def test_a_page_left_open_says_when_the_lesson_has_ended_elsewhere(board: Page, durand: Client, lesson: str) -> None:
    press_primary(board)
    expect(tiles(board, "held")).to_have_count(SIZE)
    durand.post(f"/lessons/{lesson}/end", {})
    link(board, "over")
    expect(board.get_by_role("status").filter(has_text="La séance est terminée")).to_be_visible()
    expect(board.locator("#eyes")).to_have_attribute("aria-disabled", "true")
    expect(board.locator("#remaining")).to_have_text("c’est l’heure")


def test_a_teacher_signed_out_elsewhere_is_told_and_the_lesson_goes_on(
    desk: Desk, box: Appliance, durand: Client, lesson: str, pupils: Pupils
) -> None:
    desk.witness.forgive("status of 401|WebSocket connection to")
    elsewhere = box.browser("durand")
    page = open_board(desk.open(client=elsewhere), lesson)
    elsewhere.post_form("/sign-out", {})
    link(page, "signed_out")
    expect(page.get_by_role("alert")).to_contain_text("La séance continue")
    answer = durand.gesture(lesson, "eyes_up", "7c1d4c1e-4f0a-4b57-9d3e-1f2a3b4c5d6e", args={"message": "Chut"})
    assert answer.status_code == 201, answer.text
    pupils.wait_locked(EVERYBODY)
