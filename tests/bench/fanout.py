"""Fan-out: from the teacher's request to the answer of the last device, beside bare publishes and answers.

The reference has the same messages (their bytes, but for ids and versions), the same devices, the same observer, a hub
that is the appliance's own connection with nothing behind it (`bare_hub.py`), and a Mosquitto with the same
configuration; the messages are ready before its clock starts. The two take turns, and the teacher's board is open and
live all the while.
"""

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from protocol.device import Leaf, topic
from tests.bench.fleet import Device, Observer, Place, close_all, connect_all
from tests.bench.numbers import spread
from tests.bench.processes import settle
from tests.bench.result import Result, Row, Run, at_most
from tests.bench.school import School, bare_broker, hub_login, running_school
from tests.bench.teacher import LINK, Connection, Order, Viewer
from tests.support.appliance import ROOT
from tests.support.mosquitto import Broker

PATIENCE_SECONDS = 30.0
_GOALS = {30: 3.0, 300: 2.0}
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Gesture:
    kind: str
    args: dict[str, str]
    down: Leaf
    up: Leaf


GESTURES = (
    Gesture("open_link", LINK, Leaf.COMMANDS, Leaf.ACKS),
    Gesture("eyes_up", {"message": "Les yeux vers moi"}, Leaf.DESIRED, Leaf.REPORTED),
)


@dataclass(frozen=True, slots=True)
class Side:
    """One broker with its devices and an observer."""

    devices: Sequence[Device]
    observer: Observer

    @property
    def ids(self) -> list[str]:
        return [device.id for device in self.devices]


@dataclass(frozen=True, slots=True)
class Stage:
    ours: Side
    bare: Side
    bare_hub: "BareHub"
    teacher: Connection
    lesson_id: str
    pids: Sequence[int]


class BareHub:
    """The reference's hub, which is told what to publish before it is told to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, broker: Broker) -> "BareHub":
        paths = str(broker.settings.socket_path), str(broker.settings.hub_password_path)
        command = [sys.executable, "-m", "tests.bench.bare_hub", *paths]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        hub = cls(process)
        await hub._ready()
        return hub

    @property
    def pid(self) -> int:
        return self._process.pid

    async def prepare(self, messages: Sequence[tuple[str, bytes, bool]]) -> None:
        self._tell({"messages": [(name, payload.decode(), retain) for name, payload, retain in messages]})
        await self._ready()

    def publish(self) -> None:
        self._tell({})

    async def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)

    def _tell(self, what: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def _ready(self) -> None:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_SECONDS)
        if line != b"ready\n":
            raise AssertionError("the reference's hub does not work (see above)")


def measure(run: Run) -> Result:
    rows: list[Row] = []
    data: dict[str, Any] = {}
    for count in (run.pick(30, 10), run.pick(300, 40)):
        with running_school(count) as school, bare_broker(list(school.credentials)) as broker:
            for gesture, (ours, bare) in asyncio.run(_both(school, broker, run)).items():
                rows += _rows(gesture, count, ours, bare)
                data[f"{gesture}_{count}"] = {
                    "ours_ms": spread(ours).as_json(),
                    "floor_ms": spread(bare).as_json(),
                    "ours": ours,
                    "floor": bare,
                }
    return Result("fanout", "Fan-out: request to the last device's answer", tuple(rows), data)


def _rows(gesture: str, count: int, ours: Sequence[float], bare: Sequence[float]) -> list[Row]:
    mine, floor = spread(ours), spread(bare)
    goal = at_most(mine.p95 / floor.p95, _GOALS[count]) if count in _GOALS else {}
    return [
        Row(
            f"{gesture}, {count} devices, p50 of {mine.count}",
            f"{mine.p50:.1f} ms",
            f"{floor.p50:.1f} ms",
            mine.p50 / floor.p50,
        ),
        Row(
            f"{gesture}, {count} devices, p95",
            f"{mine.p95:.1f} ms",
            f"{floor.p95:.1f} ms",
            mine.p95 / floor.p95,
            **goal,
        ),
        Row(
            f"{gesture}, {count} devices, p99",
            f"{mine.p99:.1f} ms",
            f"{floor.p99:.1f} ms",
            mine.p99 / floor.p99,
        ),
    ]


async def _both(school: School, broker: Broker, run: Run) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of ours and of the reference, by gesture."""
    browser = school.teacher()
    lesson_id = browser.start_lesson(list(school.credentials))
    ours = await _side(school.credentials, school.place, Observer(school.observer_login), school.observer_place)
    internal = Place(socket_path=broker.settings.socket_path)
    port = Place(port=broker.settings.mqtt_port)
    bare = await _side(broker.passwords, port, Observer(hub_login(broker.settings)), internal)
    viewer = await Viewer.watch(browser, lesson_id, lambda _: None)
    hub = await BareHub.start(broker)
    stage = Stage(ours, bare, hub, await Connection.open(browser), lesson_id, [*school.pids(), hub.pid])
    found = {gesture.kind: await _pairs(stage, gesture, run) for gesture in GESTURES}
    await viewer.close()
    await hub.stop()
    stage.teacher.close()
    close_all([*ours.devices, ours.observer, *bare.devices, bare.observer])
    return found


async def _side(passwords: dict[str, str], place: Place, observer: Observer, internal: Place) -> Side:
    devices = [Device(device_id, password) for device_id, password in passwords.items()]
    await connect_all(devices, place, _AT_ONCE)
    await observer.connect(internal)
    return Side(devices, observer)


async def _pairs(stage: Stage, gesture: Gesture, run: Run) -> tuple[list[float], list[float]]:
    """One after the other, in turns. The first of each warms up and gives the reference its bytes."""
    ours: list[float] = []
    bare: list[float] = []
    wanted = run.pick(100, 2)
    for turn in range(wanted + 1):
        await settle(stage.pids)
        taken = await _ours(stage, gesture)
        await settle(stage.pids)
        floor = await _bare(stage, gesture)
        if turn:
            ours.append(taken * 1000)
            bare.append(floor * 1000)
        if turn % 20 == 0 or turn == wanted:
            run.tell(f"{gesture.kind}, {len(stage.ours.ids)} devices: {turn} of {wanted} pairs")
    return ours, bare


async def _ours(stage: Stage, gesture: Gesture) -> float:
    order = Order(str(uuid.uuid4()), gesture.kind, gesture.args)
    last = stage.ours.observer.expect(stage.ours.ids, _answer_of(gesture, stage.ours))
    started = time.perf_counter()
    asked = asyncio.create_task(stage.teacher.gesture(stage.lesson_id, order))
    ended = await asyncio.wait_for(last, PATIENCE_SECONDS)
    await asked
    return ended - started


async def _bare(stage: Stage, gesture: Gesture) -> float:
    messages = [
        (topic(device.id, gesture.down), _next(device, original, gesture.down), gesture.down is Leaf.DESIRED)
        for device, original in zip(stage.bare.devices, stage.ours.devices, strict=True)
    ]
    await stage.bare_hub.prepare(messages)
    last = stage.bare.observer.expect(stage.bare.ids, _answer_of(gesture, stage.bare))
    started = time.perf_counter()
    stage.bare_hub.publish()
    return await asyncio.wait_for(last, PATIENCE_SECONDS) - started


def _next(device: Device, original: Device, leaf: Leaf) -> bytes:
    """What the appliance sent last to this device, as something new to its double."""
    sent = original.last[leaf]
    if leaf is Leaf.COMMANDS:
        start = sent.index(b'"id":"') + 6
        return sent[:start] + str(uuid.uuid4()).encode() + sent[start + 36 :]
    start = sent.index(b'"version":') + 10
    end = sent.index(b",", start)
    return sent[:start] + str(max(original.version, device.version + 1)).encode() + sent[end:]


def _answer_of(gesture: Gesture, side: Side) -> Callable[[str, bytes], bool]:
    """Whether a message is a device's answer to this gesture, and not something older."""
    if gesture.up is Leaf.ACKS:
        return lambda name, payload: name.endswith("/acks") and b'"done"' in payload
    before = {device.id: device.version for device in side.devices}

    def is_newer(name: str, payload: bytes) -> bool:
        if not name.endswith("/reported"):
            return False
        start = payload.index(b'"version":') + 10
        return int(payload[start : payload.index(b",", start)]) > before[name.split("/", 2)[1]]

    return is_newer
