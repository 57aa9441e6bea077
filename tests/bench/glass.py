"""Real Chromium with several pupil pages, each a browser of its own, and the moments at which they show something.

The pages reach the appliance by a name that is not loopback's, over plain http, as a tablet in a school does: they are
no secure context. Knows what a page shows by its selectors only.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.chromium import ARGUMENTS, CHROMIUM, WHOLE

PATIENCE_SECONDS = 60.0
ONLINE = "body[data-connection='online']"
HOST = "preau.local"
LIBRARY = "/static/vendor/mqtt.esm.js"
_WATCH = Path(__file__).with_name("watch.js")
_CLOCKS_AGREE_MS = 5.0


@dataclass(frozen=True, slots=True)
class Glass:
    """One pupil page and the device that it is."""

    page: Page
    device_id: str

    async def watch(self, selector: str, wanted: bool) -> None:
        """From now on `seen` is about this."""
        await self.page.evaluate("([selector, wanted]) => bench.watch(selector, wanted)", [selector, wanted])

    async def seen(self) -> float:
        """Seconds since 1970 of the first paint that shows it."""
        moment: float = await self.page.evaluate("bench.seen")
        return moment / 1000

    async def add_reference(self, address: str, password: str) -> None:
        login = {"id": self.device_id, "password": password}
        await self.page.evaluate("(how) => bench.bare(how)", {"library": LIBRARY, "address": address, "login": login})


@asynccontextmanager
async def chromium(rules: Sequence[str] = (f"MAP {HOST} 127.0.0.1",), *, whole: bool = True) -> AsyncIterator[Browser]:
    """`whole`: what a person uses; else its engine alone, which is enough to see that it works."""
    async with async_playwright() as playwright:
        arguments = [*ARGUMENTS, f"--host-resolver-rules={','.join(rules)}"]
        browser = await playwright.chromium.launch(executable_path=WHOLE if whole else CHROMIUM, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


async def open_tablet(browser: Browser) -> BrowserContext:
    """A browser of its own, which lets the benchmark's reference past the page's policy."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="fr-FR", reduced_motion="reduce", bypass_csp=True
    )
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    await context.add_init_script(f"{_WATCH.read_text()}\nbench.watch({json.dumps(ONLINE)}, true);")
    return context


async def enroll(context: BrowserContext, link: str) -> Glass:
    """Through the link's page, as a person does: one touch."""
    page = await context.new_page()
    await page.goto(link)
    await page.locator('[data-kind="tablet"]').click()
    await page.locator(ONLINE).wait_for()
    identity = json.loads(await page.evaluate("localStorage.getItem('preau.identity')"))
    await _check_clock(page)
    return Glass(page, identity["id"])


async def reacted(
    glasses: Sequence[Glass], selector: str, wanted: bool, act: Callable[[], Awaitable[object]]
) -> list[float]:
    """Seconds from the moment before `act` until each page shows it."""
    await asyncio.gather(*(glass.watch(selector, wanted) for glass in glasses))
    waiting = [asyncio.ensure_future(glass.seen()) for glass in glasses]
    # A page answers in order: with this, each has been asked the above. None of that counts.
    await asyncio.gather(*(glass.page.evaluate("null") for glass in glasses))
    started = time.time()
    await act()
    moments = await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE_SECONDS)
    return [moment - started for moment in moments]


async def _check_clock(page: Page) -> None:
    """A page's moments are compared with Python's: both must read the same clock."""
    before = time.time() * 1000
    said: float = await page.evaluate("performance.timeOrigin + performance.now()")
    after = time.time() * 1000
    assert before - _CLOCKS_AGREE_MS <= said <= after + _CLOCKS_AGREE_MS, f"clocks differ: {before} {said} {after}"
