"""Pages as people see them: a real appliance with simulated tablets, looked at in a real Chromium."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.support.appliance import PASSWORD, ROOT, Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import PATIENCE_MS
from tests.support.page_fixtures import box, chromium

__all__ = [
    "axe", "board", "box", "chromium", "lesson", "open_board", "open_page", "signed_in", "tablets",
]  # fmt: skip

# 04 is never there, 05 has no camera, 06's battery is low: what a teacher meets on any morning.
_PROFILES = ("idle", "idle", "idle", "offline", "old+idle", "low-battery")
DEVICES = len(_PROFILES)

expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Size:
    """A screen; `dark` and `large_text` as its owner set them."""

    width: int
    height: int
    dark: bool = False
    large_text: bool = False


DESK = Size(1366, 768)


@pytest.fixture(scope="module")
def tablets(box: Appliance) -> Iterator[list[str]]:
    """The ids of the simulated tablets, enrolled in turn so that their numbers follow their profiles."""
    link = box.new_link()
    with box.log_path.open("ab") as log:
        fleet = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--link", link, "--devices", str(DEVICES), "--seed", "7", "--quiet",
             "--profile", *_PROFILES],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield wait_for(lambda: _enrolled(box), 30, "the tablets are enrolled")
        finally:
            fleet.send_signal(signal.SIGINT)
            fleet.wait(20)


def _enrolled(box: Appliance) -> list[str] | None:
    listing = box.admin("device", "list", "--json")
    devices: list[dict[str, Any]] = json.loads(listing.stdout)["devices"] if listing.returncode == 0 else []
    return [device["id"] for device in devices] if len(devices) == DEVICES else None


@pytest.fixture
def open_page(chromium: Browser, box: Appliance) -> Iterator[Callable[[Size], Page]]:
    """A page of a browser of its own, nobody signed in. It fails the test when a script failed or the CSP was hit."""
    troubles: list[str] = []
    contexts: list[BrowserContext] = []

    def make(size: Size = DESK, state: StorageState | None = None) -> Page:
        context = chromium.new_context(
            storage_state=state,
            viewport={"width": size.width, "height": size.height},
            color_scheme="dark" if size.dark else "light",
            reduced_motion="reduce",
            locale="fr-FR",
            base_url=box.url,
        )
        contexts.append(context)
        page = context.new_page()
        if size.large_text:
            context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if "Security Policy" in message.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert troubles == []


def sign_in(page: Page, login: str = "durand") -> None:
    page.goto("/sign-in")
    page.locator("#login").fill(login)
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button.button-primary").click()
    expect(page.get_by_role("heading", name="Commencer une séance")).to_be_visible()


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, box: Appliance) -> StorageState:
    """A teacher's cookies, got once through the page itself."""
    context = chromium.new_context(base_url=box.url)
    sign_in(context.new_page())
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def lesson(box: Appliance, tablets: list[str]) -> Iterator[str]:
    """A lesson with all tablets, those that can be online are; ended after the test."""
    client = Client(box.url, "durand")
    lesson_id = client.start_lesson(tablets)
    wait_for(lambda: _online(client, lesson_id) == DEVICES - 1, 30, "all tablets but 04 are online")
    yield lesson_id
    client.post(f"/lessons/{lesson_id}/end", {})


def _online(client: Client, lesson_id: str) -> int:
    return sum(tile["presence"] == "online" for tile in client.board(lesson_id)["tiles"])


@pytest.fixture
def open_board(open_page: Callable[..., Page], signed_in: StorageState, lesson: str) -> Callable[[Size], Page]:
    def make(size: Size = DESK) -> Page:
        page = open_page(size, signed_in)
        page.goto(f"/lessons/{lesson}")
        expect(page.locator("body")).to_have_attribute("data-link", "live")
        return page

    return make


@pytest.fixture
def board(open_board: Callable[[Size], Page]) -> Page:
    return open_board(DESK)


@pytest.fixture(scope="session")
def axe() -> str:
    return (Path(ROOT) / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
