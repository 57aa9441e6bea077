"""Return of the class: the broker is killed, is there again, and all devices come back in the same moment.

Measured from the moment at which the broker's port is open again until the last device has its desired state, which
the bridge has to publish anew (Mosquitto keeps nothing). Reference: the same devices coming back to a bare broker with
the same configuration, killed likewise, until the last subscription stands.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.bench.fleet import Device, Place, close_all, connect_all
from tests.bench.numbers import spread
from tests.bench.processes import settle
from tests.bench.result import Result, Row, Run, at_most
from tests.bench.school import School, bare_broker, running_school
from tests.support.mosquitto import Broker

PATIENCE_SECONDS = 60.0
# Handshakes under way at a time. Mosquitto lets 100 wait; the kernel makes one more try again a second later, which
# would hide everything else, on both sides.
_HANDSHAKES = 90
_GOAL = 2.0
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Return:
    """Seconds: from the kill to an open port, from there to the last device, and to the median one."""

    down: float
    last: float
    median: float


def measure(run: Run) -> Result:
    count = run.pick(300, 20)
    with running_school(count) as school, bare_broker(list(school.credentials)) as broker:
        ours, bare = asyncio.run(_both(school, broker, run))
    mine, floor = [one.last for one in ours], [one.last for one in bare]
    ratio = spread(mine).p50 / spread(floor).p50
    rows = (
        Row(
            f"{count} devices, last one back, median of {len(ours)}",
            f"{spread(mine).p50:.2f} s",
            f"{spread(floor).p50:.2f} s",
            ratio,
            **at_most(ratio, _GOAL),
        ),
        Row(
            f"{count} devices, last one back, slowest",
            f"{max(mine):.2f} s",
            f"{max(floor):.2f} s",
            max(mine) / max(floor),
        ),
        Row(
            "broker killed until its port is open again, median",
            f"{spread([one.down for one in ours]).p50:.2f} s",
            f"{spread([one.down for one in bare]).p50:.2f} s",
        ),
    )
    data = {"devices": count, "ours": [_json(one) for one in ours], "floor": [_json(one) for one in bare]}
    return Result("return", "Return of the class after a broker restart", rows, data)


def _json(one: Return) -> dict[str, float]:
    return {"down_s": round(one.down, 3), "last_s": round(one.last, 3), "median_s": round(one.median, 3)}


async def _both(school: School, broker: Broker, run: Run) -> tuple[list[Return], list[Return]]:
    place, bare_place = school.place, Place(port=broker.settings.mqtt_port)
    devices = [Device(device_id, password) for device_id, password in school.credentials.items()]
    doubles = [Device(device_id, password) for device_id, password in broker.passwords.items()]
    _hold_a_lesson(school)
    await connect_all(devices, place, _AT_ONCE)
    await connect_all(doubles, bare_place, _AT_ONCE)
    ours: list[Return] = []
    bare: list[Return] = []
    wanted = run.pick(7, 1)
    for turn in range(wanted):
        await settle(school.pids())
        ours.append(await _ours(school, devices, place))
        await settle(school.pids())
        bare.append(await _bare(broker, doubles, bare_place))
        run.tell(f"return of {len(devices)} devices: {turn + 1} of {wanted} pairs")
    close_all([*devices, *doubles])
    return ours, bare


def _hold_a_lesson(school: School) -> None:
    """With something to know for each device, as in the middle of a school day."""
    browser = school.teacher()
    lesson_id = browser.start_lesson(list(school.credentials))
    answer = browser.gesture(lesson_id, "restrict", "0190a1b2-0000-7000-8000-000000000001", args={"sound": "blocked"})
    assert answer.status_code == 201, answer.text


async def _ours(school: School, devices: Sequence[Device], place: Place) -> Return:
    async def has_state(device: Device, gate: asyncio.Semaphore) -> float:
        arrived = device.wait_for_desired()
        async with gate:
            await device.connect(place)
        return await asyncio.wait_for(arrived, PATIENCE_SECONDS)

    killed = time.perf_counter()
    os.kill(school.box.pids()["broker"], signal.SIGKILL)
    return await _come_back(devices, place.port, killed, has_state)


async def _bare(broker: Broker, devices: Sequence[Device], place: Place) -> Return:
    async def is_in(device: Device, gate: asyncio.Semaphore) -> float:
        async with gate:
            return await device.connect(place)

    killed = time.perf_counter()
    broker.kill()
    starting = asyncio.create_task(asyncio.to_thread(broker.start_as_it_is))
    returned = await _come_back(devices, place.port, killed, is_in)
    await starting
    return returned


async def _come_back(
    devices: Sequence[Device], port: int, killed: float, back: Callable[[Device, asyncio.Semaphore], Awaitable[float]]
) -> Return:
    await _until_closed(devices)
    opened = await _until_open(port)
    gate = asyncio.Semaphore(_HANDSHAKES)
    moments = sorted([moment - opened for moment in await asyncio.gather(*(back(device, gate) for device in devices))])
    return Return(opened - killed, moments[-1], moments[len(moments) // 2])


async def _until_closed(devices: Sequence[Device]) -> None:
    await asyncio.wait_for(asyncio.gather(*(device.lost.wait() for device in devices)), PATIENCE_SECONDS)


async def _until_open(port: int) -> float:
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            if time.perf_counter() > deadline:
                raise
            await asyncio.sleep(0.005)
            continue
        writer.close()
        return time.perf_counter()
