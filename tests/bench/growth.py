"""Growth: how long the board and a gesture take with more and more devices in one lesson.

Four moments: the page's whole board (`board.json`), the answer to a gesture's request, the last device's answer on the
broker, and the open board that shows every device done. Reference is linear growth.
"""

import asyncio
import time
import uuid
from collections.abc import Sequence

from tests.bench.fleet import Device, Observer, close_all, connect_all
from tests.bench.numbers import exponent, percentile, spread
from tests.bench.processes import settle
from tests.bench.result import Result, Row, Run
from tests.bench.school import School, running_school
from tests.bench.teacher import LINK, Connection, Order, Viewer, read_board

PATIENCE_SECONDS = 30.0
_AT_ONCE = 50
SERIES = {
    "board": "whole board",
    "answer": "gesture: answer to the teacher",
    "done": "gesture: last device done",
    "shown": "gesture: shown as done on the open board",
}


class Board:
    """What an open page knows of the last gesture."""

    def __init__(self) -> None:
        self._gesture_id, self._wanted = "", 0
        self._complete: asyncio.Future[float] | None = None

    def expect(self, gesture_id: str, wanted: int) -> asyncio.Future[float]:
        """When it shows this gesture as done by so many devices."""
        self._gesture_id, self._wanted = gesture_id, wanted
        self._complete = asyncio.get_running_loop().create_future()
        return self._complete

    def read(self, text: str) -> None:
        gesture = read_board(text).get("gesture")
        if gesture is None or gesture["id"] != self._gesture_id or self._complete is None or self._complete.done():
            return
        if gesture["counts"].get("succeeded") == self._wanted:
            self._complete.set_result(time.perf_counter())


def measure(run: Run) -> Result:
    sizes = (5, 20) if run.quick else (30, 100, 300, 600)
    found: dict[str, list[list[float]]] = {name: [] for name in SERIES}
    with running_school(0) as school:
        for size in sizes:
            ids = school.enroll(size)
            for name, values in asyncio.run(_one_size(school, ids, run)).items():
                found[name].append(values)
            run.tell(f"growth: {size} devices measured")
    return Result("growth", "Growth with the number of devices", tuple(_rows(sizes, found)), _data(sizes, found))


def _rows(sizes: Sequence[int], found: dict[str, list[list[float]]]) -> list[Row]:
    rows = []
    for name, title in SERIES.items():
        medians = [percentile(values, 0.5) for values in found[name]]
        steepness = exponent(sizes, medians)
        measured = " · ".join(f"{median:.1f}" for median in medians)
        rows.append(
            Row(
                f"{title}, median ms at {' · '.join(map(str, sizes))} devices",
                measured,
                "n^1",
                None,
                f"at most linear: n^{steepness:.2f}",
                steepness <= 1,
            )
        )
    return rows


def _data(sizes: Sequence[int], found: dict[str, list[list[float]]]) -> dict[str, object]:
    return {
        "sizes": list(sizes),
        "series_ms": {name: [spread(values).as_json() for values in lists] for name, lists in found.items()},
        "exponents": {
            name: round(exponent(sizes, [percentile(values, 0.5) for values in lists]), 3)
            for name, lists in found.items()
        },
    }


async def _one_size(school: School, ids: list[str], run: Run) -> dict[str, list[float]]:
    """Milliseconds by series."""
    browser = school.teacher()
    lesson_id = browser.start_lesson(ids)
    devices = [Device(device_id, school.credentials[device_id]) for device_id in ids]
    await connect_all(devices, school.place, _AT_ONCE)
    observer = Observer(school.observer_login)
    await observer.connect(school.observer_place)
    board = Board()
    viewer = await Viewer.watch(browser, lesson_id, board.read)
    teacher = await Connection.open(browser)
    samples: dict[str, list[float]] = {name: [] for name in SERIES}
    for turn in range(run.pick(30, 2) + 1):
        await settle(school.pids())
        taken = await _one_turn(teacher, lesson_id, observer, board, ids)
        if turn:
            for name, seconds in taken.items():
                samples[name].append(seconds * 1000)
    await viewer.close()
    teacher.close()
    close_all([*devices, observer])
    browser.post(f"/lessons/{lesson_id}/end")
    return samples


async def _one_turn(
    teacher: Connection, lesson_id: str, observer: Observer, board: Board, ids: Sequence[str]
) -> dict[str, float]:
    read = await teacher.ask("GET", f"/lessons/{lesson_id}/board.json")
    assert read.status == 200, read.body[:300]
    last = observer.expect(ids, lambda name, payload: name.endswith("/acks") and b'"done"' in payload)
    gesture_id = str(uuid.uuid4())
    shown = board.expect(gesture_id, len(ids))
    started = time.perf_counter()
    reply = await teacher.gesture(lesson_id, Order(gesture_id, "open_link", LINK))
    ended = await asyncio.wait_for(last, PATIENCE_SECONDS)
    seen = await asyncio.wait_for(shown, PATIENCE_SECONDS)
    return {"board": read.seconds, "answer": reply.seconds, "done": ended - started, "shown": seen - started}
