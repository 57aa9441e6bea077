"""Memory per connected page: sixty pages' worth of requests and of MQTT over WebSocket, beside plain MQTT clients.

PSS of all of the appliance's processes before and after. A class and a half have fetched their page before that, and a
few have connected: what is loaded once, and what serving many at a time takes once, is told apart. Reference: as many
plain MQTT clients on a bare Mosquitto with the same configuration.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.bench.fleet import Device, Place, close_all, connect_all
from tests.bench.memory import parts_in_mib
from tests.bench.numbers import spread
from tests.bench.over_websocket import PageDevice
from tests.bench.page_visit import visit
from tests.bench.processes import proportional_kib, settle
from tests.bench.result import Result, Row, Run
from tests.bench.school import School, bare_broker, running_school
from tests.support.mosquitto import Broker

_AT_ONCE = 8
_PARTS = ("broker", "web", "bridge")


def measure(run: Run) -> Result:
    count, rounds = run.pick(60, 4), run.pick(5, 1)
    found: dict[str, list[float]] = {name: [] for name in ("once", "all", *_PARTS, "floor")}
    for turn in range(rounds):
        with running_school(count + _AT_ONCE) as school, bare_broker(list(school.credentials)) as broker:
            for name, kib in asyncio.run(_grown(school, broker)).items():
                found[name].append(kib if name == "once" else kib / count)
        run.tell(f"memory of {count} pages: {turn + 1} of {rounds} rounds")
    median = {name: spread(values).p50 for name, values in found.items()}
    shares = ", ".join(f"{name} {median[name]:.0f}" for name in _PARTS)
    rows = (
        _row(f"a page, of {count}, median of {rounds} ({shares})", median["all"], median["floor"]),
        _row("its part of the broker: MQTT over WebSocket", median["broker"], median["floor"]),
        Row("what the first pages take once: threads, compressed files", f"{median['once'] / 1024:.1f} MiB"),
    )
    data = {"pages": count, "kib": {name: [round(one, 1) for one in found[name]] for name in found}}
    return Result("connected", "Memory of the appliance per connected page (PSS)", rows, data)


def _row(what: str, ours: float, floor: float) -> Row:
    return Row(what, f"{ours:.0f} KiB", f"{floor:.1f} KiB", ours / floor if floor > 0 else None)


async def _grown(school: School, broker: Broker) -> dict[str, float]:
    """KiB that came with all but the first devices, which warm both sides up; `once`: with the warming up."""
    logins, bare_logins = list(school.credentials.items()), list(broker.passwords.items())
    port = Place(port=broker.settings.mqtt_port)
    await settle([*school.pids(), broker.pid])
    cold = sum(parts_in_mib(school).values())
    await _fetch_all(school, [*logins, *logins[: len(logins) // 2]])
    close_all(await _connect([PageDevice(*one) for one in logins[:_AT_ONCE]], school.websocket_place))
    close_all(await _connect([Device(*one) for one in bare_logins[:_AT_ONCE]], port))
    await settle([*school.pids(), broker.pid])
    before, floor_before = parts_in_mib(school), proportional_kib(broker.pid)
    await _fetch_all(school, logins[_AT_ONCE:])
    pages = await _connect([PageDevice(*one) for one in logins[_AT_ONCE:]], school.websocket_place)
    plain = await _connect([Device(*one) for one in bare_logins[_AT_ONCE:]], port)
    await settle([*school.pids(), broker.pid])
    after, floor_after = parts_in_mib(school), proportional_kib(broker.pid)
    close_all([*pages, *plain])
    grown = {name: (after.get(name, 0) - size) * 1024 for name, size in before.items()}
    sums = {"once": (sum(before.values()) - cold) * 1024, "all": sum(grown.values())}
    return {**sums, **{name: grown[name] for name in _PARTS}, "floor": floor_after - floor_before}


async def _fetch_all(school: School, logins: Sequence[tuple[str, str]]) -> None:
    """As pages come: their files and their session, several at a time."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, _fetch, school, one) for one in logins))


async def _connect(devices: Sequence[Device], place: Place) -> Sequence[Device]:
    await connect_all(devices, place, _AT_ONCE)
    return devices


def _fetch(school: School, login: tuple[str, str]) -> None:
    with requests.Session() as session:
        visit(session, f"{school.box.url}/pupil")
        answer = session.post(f"{school.box.url}/pupil/session", auth=login, timeout=20)
        assert answer.ok, f"/pupil/session: {answer.status_code}"
