"""A browser that is killed in the midst of a lesson, and started again with what it had on its disk."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Playwright, sync_playwright

from tests.pupil.agent_page import BARE, PupilPage
from tests.pupil.hub_peer import HubPeer, playing_hub, soon
from tests.support.appliance import Appliance, wait_for
from tests.support.chromium import ARGUMENTS, WHOLE


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def hub(box: Appliance, link: str) -> Iterator[HubPeer]:
    with playing_hub(box) as hub:
        yield hub


@contextmanager
def browser_on(playwright: Playwright, box: Appliance, folder: Path) -> Iterator[BrowserContext]:
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=WHOLE, args=list(ARGUMENTS), base_url=box.url
    )
    try:
        yield context
    finally:
        with suppress(Error):  # it was killed, and may know by now
            context.close()


def kill(folder: Path) -> None:
    """The browser's own process; its children end with it. It names itself in the lock of its folder."""
    pid = int(str((folder / "SingletonLock").readlink()).rpartition("-")[2])
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or _is_zombie(pid), 10, "it is dead")
    (folder / "SingletonLock").unlink(missing_ok=True)


def _is_zombie(pid: int) -> bool:
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


def opened(context: BrowserContext) -> PupilPage:
    page = context.new_page()
    page.goto(BARE)
    return PupilPage(page)


def test_a_killed_browser_comes_back_locked_and_does_nothing_twice(
    playwright: Playwright, box: Appliance, hub: HubPeer, link: str, tmp_path: Path
) -> None:
    with browser_on(playwright, box, tmp_path) as context:
        pupil = opened(context)
        pupil.enroll(link)
        pupil.start().wait_online()
        version = hub.want(pupil.id, soon(600), lock={"message": "On range"})
        hub.wait_reported(pupil.id, version)
        done = hub.order(pupil.id, "message", {"text": "Bonjour"})
        hub.wait_ack(done, "done")
        pupil.page.evaluate("window.answers = false")
        cut_short = hub.order(pupil.id, "message", {"text": "Au revoir"})
        wait_for(lambda: [one for one in pupil.commands if one["id"] == cut_short], 10, "it is handed over")
        known = pupil.identity
        kill(tmp_path)
    with browser_on(playwright, box, tmp_path) as context:
        back = opened(context)
        back.identity = known  # browsers write localStorage a few seconds late: not what is tried here
        back.start().wait_online()
        back.wait_lock("On range", 3)
        assert hub.wait_ack(cut_short, "failed")["error"] == "interrupted"
        for command, status, text in ((done, "done", "Bonjour"), (cut_short, "failed", "Au revoir")):
            before = len([one for one in hub.acks(command) if one["status"] == status])
            hub.order(back.id, "message", {"text": text}, command_id=command)
            hub.wait_ack(command, status, before + 1)
        assert back.commands == []
