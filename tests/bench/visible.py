"""From a teacher's gesture to what pupils see: real Chromium pages, beside the same pages and a bare MQTT message.

The reference is in the same pages: a second connection of the same mqtt.js, to a Mosquitto with the same
configuration, which shows one element when a desired state comes that holds a lock. Both end with the same paint. The
two take turns. The number of pages grows until the reference itself is no longer quick: then it is two cores full of
browsers that would be measured.
"""

import asyncio
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser

from protocol.device import Leaf, topic
from tests.bench.fanout import BareHub
from tests.bench.glass import HOST, Glass, chromium, enroll, open_tablet, reacted
from tests.bench.numbers import Spread, spread
from tests.bench.processes import settle
from tests.bench.result import Result, Row, Run, at_most
from tests.bench.school import School, running_school
from tests.bench.teacher import Connection, Order, Viewer
from tests.support.appliance import ROOT
from tests.support.mosquitto import Broker, running_broker

_GOAL = 2.0
_HELD_MS = 100.0  # what still feels like at once
_EXAMPLES = ROOT / "protocol" / "examples" / "device"
_LOCK, _COVER, _MESSAGE = "#lock", "#bench-cover", "#message"
GESTURES = {"eyes_up": "lock", "message": "message"}


@dataclass(frozen=True, slots=True)
class Stage:
    school: School
    glasses: Sequence[Glass]
    teacher: Connection
    lesson_id: str
    hub: BareHub

    async def settle(self) -> None:
        await settle([*self.school.pids(), self.hub.pid])

    async def gesture(self, kind: str, args: dict[str, str] | None = None) -> None:
        await self.teacher.gesture(self.lesson_id, Order(str(uuid.uuid4()), kind, args or {}))

    async def publish(self) -> None:
        self.hub.publish()


@dataclass
class Found:
    """Of one number of pages: milliseconds by series, frames a second of the slowest page."""

    frames: float
    series: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, seconds: Sequence[float]) -> None:
        self.series.setdefault(name, []).extend(one * 1000 for one in seconds)

    def of(self, name: str) -> Spread:
        return spread(self.series[name])


def measure(run: Run) -> Result:
    sizes = (2,) if run.quick else (5, 10, 20, 30)
    found = asyncio.run(_all(sizes, run))
    held = [size for size in found if found[size].of("floor").p95 <= _HELD_MS]
    rows = [row for size, one in found.items() for row in _rows(size, one, held)]
    words = f"reference's p95 ≤ {_HELD_MS:g} ms; tried: {', '.join(map(str, sizes))}"
    rows.append(Row(f"pages that this machine holds ({words})", str(max(held, default=0))))
    data = {str(size): _json(one) for size, one in found.items()}
    return Result("visible", "Gesture to what pupils see, in Chromium", tuple(rows), data)


def _rows(size: int, found: Found, held: Sequence[int]) -> list[Row]:
    floor = found.of("floor")
    rows = []
    for name, title in GESTURES.items():
        ours = found.of(name)
        middle, slow = ours.p50 / floor.p50, ours.p95 / floor.p95
        goals = [at_most(ratio, _GOAL) if size == max(held, default=0) else {} for ratio in (middle, slow)]
        rows += [
            Row(f"{title}, {size} pages, p50 of {ours.count}", _ms(ours.p50), _ms(floor.p50), middle, **goals[0]),
            Row(f"{title}, {size} pages, p95", _ms(ours.p95), _ms(floor.p95), slow, **goals[1]),
        ]
    return rows


def _json(found: Found) -> dict[str, Any]:
    series = {name: {**spread(ms).as_json(), "ms": [round(one, 1) for one in ms]} for name, ms in found.series.items()}
    return {"frames_per_second": round(found.frames, 1), **series}


def _ms(value: float) -> str:
    return f"{value:.0f} ms"


async def _all(sizes: Sequence[int], run: Run) -> dict[int, Found]:
    """With one appliance and one browser, to which pages are added."""
    found: dict[int, Found] = {}
    glasses: list[Glass] = []
    with running_school(0) as school, running_broker(log_connections=False) as broker:
        async with chromium(whole=not run.quick) as browser:
            for size in sizes:
                glasses += await _more(browser, school, broker, size - len(glasses))
                found[size] = await _one_size(school, broker, glasses, run)
                run.tell(f"{size} pages: {found[size].frames:.0f} frames a second on the slowest")
    return found


async def _more(browser: Browser, school: School, broker: Broker, count: int) -> list[Glass]:
    """One after the other, as children open them; each with the reference's connection beside its own."""
    link = school.link.replace("127.0.0.1", HOST)
    made = []
    for _ in range(count):
        glass = await enroll(await open_tablet(browser), link)
        broker.enroll(glass.device_id)
        address = f"ws://{HOST}:{broker.settings.websocket_port}/mqtt"
        await glass.add_reference(address, broker.passwords[glass.device_id])
        made.append(glass)
    return made


async def _one_size(school: School, broker: Broker, glasses: Sequence[Glass], run: Run) -> Found:
    browser = school.teacher()
    lesson_id = browser.start_lesson([glass.device_id for glass in glasses])
    viewer = await Viewer.watch(browser, lesson_id, lambda _: None)
    stage = Stage(school, glasses, await Connection.open(browser), lesson_id, await BareHub.start(broker))
    frames = await asyncio.gather(*(glass.page.evaluate("bench.frames(2000)") for glass in glasses))
    found = Found(min(frames))
    for turn in range(run.pick(15, 1) + 1):
        taken = {"eyes_up": await _lock(stage), "floor": await _bare(stage), "message": await _message(stage)}
        if turn:  # the first of each warms up
            for name, seconds in taken.items():
                found.add(name, seconds)
    await viewer.close()
    await stage.hub.stop()
    stage.teacher.close()
    browser.post(f"/lessons/{lesson_id}/end")
    return found


async def _lock(stage: Stage) -> list[float]:
    await stage.settle()
    args = {"message": "Les yeux vers moi"}
    taken = await reacted(stage.glasses, _LOCK, True, lambda: stage.gesture("eyes_up", args))
    await stage.settle()
    await reacted(stage.glasses, _LOCK, False, lambda: stage.gesture("eyes_free"))
    return taken


async def _message(stage: Stage) -> list[float]:
    await stage.settle()
    args = {"text": "Sortez vos cahiers"}
    taken = await reacted(stage.glasses, _MESSAGE, True, lambda: stage.gesture("message", args))
    for glass in stage.glasses:
        await glass.page.locator("#message-read").click()
    return taken


async def _bare(stage: Stage) -> list[float]:
    taken: list[float] = []
    for example, wanted in (("desired.locked", True), ("desired.free", False)):
        await stage.hub.prepare([(topic(one.device_id, Leaf.DESIRED), _bytes(example), True) for one in stage.glasses])
        await stage.settle()
        seconds = await reacted(stage.glasses, _COVER, wanted, stage.publish)
        taken = taken or seconds
    return taken


def _bytes(example: str) -> bytes:
    """As the appliance writes it."""
    content: dict[str, Any] = json.loads((_EXAMPLES / f"{example}.json").read_bytes())
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
