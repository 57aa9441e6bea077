"""Debian's Chromium for tests: how it is started, what its pages are watched for, what axe says of them.

Owns nothing of any page of ours. A page that asks another host, that fails in a script or that hits the content
security policy fails its test; what a test provokes on purpose, it forgives by name.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.support.appliance import PASSWORD, ROOT
from tests.support.appliance import Browser as Client

# The same engine as Debian's "chromium" without a browser's windows around it: a page costs a third of the processor's
# time. It plays sound and films too, without a sound card. Only a profile that is kept on the disk while its browser is
# killed, and the benchmark of what a person sees, ask for the WHOLE browser.
CHROMIUM = "/usr/lib/chromium/chromium-headless-shell"
WHOLE = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 30_000
AXE_PATH = ROOT / "node_modules" / "axe-core" / "axe.min.js"
# What the browser says by itself of a request that was not answered, or answered by an error.
UNANSWERED = r"net::ERR_|WebSocket connection to|status of 50[0-9]"
_DECLINED = r"status of 4\d\d"


@dataclass(frozen=True)
class Size:
    """A screen and who sits before it; `large_text` as its owner set it."""

    width: int = 1366
    height: int = 768
    dark: bool = False
    large_text: bool = False
    finger: bool = False
    language: str = "fr-FR"


DESK = Size()
PHONE = Size(360, 780, finger=True)
WALL = Size(1920, 1080)


@dataclass
class Witness:
    """What pages asked for and complained about. `forgiven`: what a test provokes."""

    host: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def forgive(self, pattern: str) -> None:
        self.forgiven.append(pattern)

    def watch(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("console", self._hear)
        context.on("weberror", lambda problem: self.complaints.append(str(problem.error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    @property
    def troubles(self) -> list[str]:
        heard = [text for text in self.complaints if not any(re.search(one, text) for one in self.forgiven)]
        return [*self.strangers, *heard]

    @property
    def strangers(self) -> list[str]:
        """Requests to any other host than the appliance."""
        return [url for url in self.asked if not _is_own(url, self.host)]


def _is_own(url: str, host: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("data", "blob", "about") or parts.netloc == host


@contextmanager
def running_chromium(*more: str) -> Iterator[Browser]:
    """One for each module of tests, not for a whole run: while it is open, this thread has an event loop.

    `more`: of its arguments.
    """
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()


class Desk:
    """Browsers of people, each with cookies of its own, all watched by one witness."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self.url = url
        self.witness = Witness(urlsplit(url).netloc)
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []

    def open(self, size: Size = DESK, client: Client | None = None, **options: Any) -> Page:
        """`client`: somebody who is signed in already, and stays so in this browser."""
        context = self._chromium.new_context(
            viewport={"width": size.width, "height": size.height},
            color_scheme="dark" if size.dark else "light",
            has_touch=size.finger,
            is_mobile=size.finger,
            locale=size.language,
            timezone_id="Europe/Paris",
            base_url=self.url,
            reduced_motion="reduce",
            **options,
        )
        self._contexts.append(context)
        self.witness.watch(context)
        if client is not None:
            context.add_cookies(
                [{"name": one.name, "value": one.value or "", "url": self.url} for one in client.session.cookies]
            )
        page = context.new_page()
        if size.large_text:
            fonts = {"fontSizes": {"standard": 32, "fixed": 26}}
            context.new_cdp_session(page).send("Page.setFontSizes", fonts)
        page.set_default_timeout(PATIENCE_MS)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        self._contexts.clear()


@contextmanager
def quiet_desk(chromium: Browser, url: str) -> Iterator[Desk]:
    """At its end every page must have been quiet, but for what was forgiven."""
    desk = Desk(chromium, url)
    try:
        yield desk
    finally:
        desk.close()
    assert desk.witness.troubles == []


def sign_in(page: Page, login: str, password: str = PASSWORD) -> None:
    """With the password, as on a browser that nobody has used yet; ends on the start page."""
    page.goto("/sign-in")
    page.locator("#login").fill(login)
    page.locator("#password").fill(password)
    page.locator("form:has(#password) button.button-primary").click()
    expect(page.locator("#start-form, .empty").first).to_be_visible()


def axe_findings(page: Page) -> list[str]:
    """What axe found, one line a rule; and whether the page is wider than the screen."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE_PATH.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(({violations}) =>"
        " violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`))"
    )
    return [*found, *(["wider than the screen"] if is_wider_than_screen(page) else [])]


def is_wider_than_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def tab_to(page: Page, wanted: Locator, most: int = 150) -> None:
    """As somebody without a mouse gets there."""
    for _ in range(most):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not within {most} presses of Tab: {wanted}")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    tab_to(page, wanted)
    page.keyboard.press(key)


def stays(page: Page) -> Callable[[], bool]:
    """Answers whether this is still the page that was loaded: a reload forgets the mark."""
    page.evaluate("window.stillThisPage = true")
    return lambda: bool(page.evaluate("window.stillThisPage === true"))
