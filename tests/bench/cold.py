"""Cold start: how long until a pupil's page is of use, on a slow machine and on a slow link, and what it fetches.

First visit: the enrollment link is opened (until a touch is taken), and touched (until the page says that it is
online); what the person takes in between is left out. Second visit: the page again, a minute later or a day.
Reference: the shortest page that does as little as connect (an answer of the appliance, mqtt.js, one element that is
painted when the broker has let it in), under the same conditions and as cold.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, Page, Request

from tests.bench.glass import HOST, LIBRARY, chromium, open_tablet
from tests.bench.numbers import spread
from tests.bench.processes import settle
from tests.bench.result import Result, Row, Run
from tests.bench.school import School, running_school
from tests.bench.slow_link import SlowLink, slow_link

_SLOWER = 6
_BITS_PER_SECOND = 2_000_000


@dataclass(frozen=True, slots=True)
class Condition:
    title: str
    slower: int = 1
    bits_per_second: float | None = None


CONDITIONS = {
    "plain": Condition("this machine as it is"),
    "cpu": Condition(f"processor {_SLOWER} times slower", slower=_SLOWER),
    "link": Condition("link of 2 Mbit/s", bits_per_second=_BITS_PER_SECOND),
}


@dataclass
class Found:
    """Of one condition, by visit: seconds, and bytes that came down, each as often as the visit was made."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    received: dict[str, list[int]] = field(default_factory=dict)

    def add(self, visit: str, seconds: float, received: int) -> None:
        self.seconds.setdefault(visit, []).append(round(seconds, 3))
        self.received.setdefault(visit, []).append(received)


@dataclass(frozen=True, slots=True)
class Stage:
    """One browser behind one link. `login`: of the device that the reference is."""

    school: School
    browser: Browser
    link: SlowLink
    slower: int
    login: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.school.box.http_port}"

    @property
    def received(self) -> int:
        return self.link.received.total()

    async def open(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": self.slower})
        return page


def measure(run: Run) -> Result:
    found, kinds = asyncio.run(_all(run))
    rows = [row for name, one in found.items() for row in _rows(CONDITIONS[name].title, one)]
    rows += _bytes_rows(found["plain"], kinds)
    data = {name: {"seconds": one.seconds, "received": one.received} for name, one in found.items()}
    return Result("cold", "Cold start of the pupil page", tuple(rows), {**data, "first_visit_bytes": kinds})


def _rows(title: str, found: Found) -> list[Row]:
    rows = []
    for visit in ("first", "second"):
        ours, floor = spread(found.seconds[visit]), spread(found.seconds[f"{visit}_floor"])
        what = f"{title}: {visit} visit until online, median of {ours.count}"
        rows.append(Row(what, f"{ours.p50:.2f} s", f"{floor.p50:.2f} s", ours.p50 / floor.p50))
    return rows


def _bytes_rows(found: Found, kinds: dict[str, int]) -> list[Row]:
    rows = []
    for visit in ("first", "second"):
        ours, floor = spread(found.received[visit]), spread(found.received[f"{visit}_floor"])
        what = f"{visit} visit, all that came over the wire"
        rows.append(Row(what, _kib(ours.p50), _kib(floor.p50), ours.p50 / floor.p50 if floor.p50 else None))
    rows += [Row(f"first visit, {kind}", _kib(size)) for kind, size in kinds.items()]
    return rows


def _kib(size: float) -> str:
    return f"{size / 1024:.0f} KiB"


async def _all(run: Run) -> tuple[dict[str, Found], dict[str, int]]:
    kinds: Counter[str] = Counter()
    with running_school(1) as school:
        found = {name: await _one(school, CONDITIONS[name], kinds, run) for name in _conditions(run)}
    return found, dict(kinds.most_common())


def _conditions(run: Run) -> list[str]:
    """Quick: without the slowed processor, which changes one number that the browser is told."""
    return [name for name in CONDITIONS if not run.quick or name != "cpu"]


async def _one(school: School, condition: Condition, kinds: Counter[str], run: Run) -> Found:
    """`kinds` is filled by the very first visit of all."""
    found, rounds = Found(), run.pick(7, 1)
    async with _stage(school, condition, run) as stage:
        for turn in range(rounds):
            await settle(school.pids())
            await _visits(stage, found, Counter() if kinds else kinds)
            await settle(school.pids())
            await _floor_visits(stage, found)
            run.tell(f"cold start, {condition.title}: {turn + 1} of {rounds} pairs")
    return found


@asynccontextmanager
async def _stage(school: School, condition: Condition, run: Run) -> AsyncIterator[Stage]:
    device_id, password = next(iter(school.credentials.items()))
    ports = school.box.http_port, school.box.websocket_port
    async with slow_link(ports, condition.bits_per_second) as link:
        rules = [f"MAP {HOST}:{port} 127.0.0.1:{link.ports[port]}" for port in ports]
        async with chromium(rules, whole=not run.quick) as browser:
            yield Stage(school, browser, link, condition.slower, {"id": device_id, "password": password})


async def _visits(stage: Stage, found: Found, kinds: Counter[str]) -> None:
    """In a browser that has never been here: an empty cache, no identity."""
    context = await open_tablet(stage.browser)
    finished: list[Request] = []
    context.on("requestfinished", lambda request: finished.append(request))
    page, before = await stage.open(context), stage.received
    started = time.time()
    await page.goto(stage.school.link.replace(f"127.0.0.1:{stage.school.box.http_port}", stage.url.partition("//")[2]))
    is_open = time.time() - started
    touched = time.time()
    await page.evaluate("document.querySelector('[data-kind=tablet]').click()")
    await page.wait_for_url("**/pupil")
    found.add("first", is_open + await _shown(page) - touched, stage.received - before)
    for request in finished:
        sizes = await request.sizes()
        kinds[request.resource_type] += sizes["responseHeadersSize"] + sizes["responseBodySize"]
    await page.close()
    page, before = await stage.open(context), stage.received
    started = time.time()
    await page.goto(f"{stage.url}/pupil")
    found.add("second", await _shown(page) - started, stage.received - before)
    await context.close()


async def _floor_visits(stage: Stage, found: Found) -> None:
    context = await open_tablet(stage.browser)
    how = {"library": LIBRARY, "login": stage.login}
    how |= {"address": f"ws://{HOST}:{stage.school.box.websocket_port}/mqtt"}
    for visit in ("first_floor", "second_floor"):
        page, before = await stage.open(context), stage.received
        started = time.time()
        await page.goto(f"{stage.url}/api/time")
        moment: float = await page.evaluate("(how) => bench.bare(how, true)", how)
        found.add(visit, moment / 1000 - started, stage.received - before)
        await page.close()
    await context.close()


async def _shown(page: Page) -> float:
    moment: float = await page.evaluate("bench.seen")
    return moment / 1000
