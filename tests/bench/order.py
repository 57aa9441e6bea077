"""Order: from the console's service until the city reads "done" of the device, line and bridge up.

A real city with its broker, a real box with its bridge, a simulated tablet that carries out "identify". The clock
starts where the console's button calls the service and ends where its page would read the instruction's state. Beside
it: the bare path of a message (tests/bench/echo.py).
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from central.bootstrap import Services, build_services, open_databases
from central.config import Config
from central.domain.orders import Wish
from central.domain.roles import CONSOLE
from central.nudge import NudgeSender
from central.store.database import connected
from central.store.desk_models import Instruction
from central.store.models import Appliance, Device
from protocol.uplink_words import InstructionKind, InstructionState
from simulator.background import BackgroundFleet
from simulator.fleet import Fleet, FleetOptions
from tests.bench.echo import bare_round_trips
from tests.bench.numbers import spread
from tests.bench.result import Result, Row, Run
from tests.support.appliance import running_appliance, wait_for
from tests.support.central import Central, running_central
from tests.support.ports import free_port

_LOOK_SECONDS = 0.005
_REST_SECONDS = (1.0, 3.0)  # until an officer's next click; drawn, so that no click falls in step with a look
_PATIENCE_SECONDS = 120.0


def measure(run: Run) -> Result:
    count = run.pick(40, 3)
    with tempfile.TemporaryDirectory(prefix="preau-order-") as name, _city_and_box(Path(name)) as (services, device):
        _one(services, device)  # the first one of a city brings the key ring along
        seconds = [_one(services, device, random.uniform(*_REST_SECONDS)) for _ in range(count)]
    floor = spread([one * 1000 for one in bare_round_trips(run.pick(500, 20))])
    ours = spread([one * 1000 for one in seconds])
    run.tell(f"{count} orders: p50 {ours.p50:.0f} ms, p95 {ours.p95:.0f} ms; bare {floor.p50:.1f}, {floor.p95:.1f} ms")
    rows = (
        Row(f"order to done, p95 of {count}", f"{ours.p95:,.0f} ms", f"{floor.p95:.1f} ms", ours.p95 / floor.p95),
        Row("order to done, median", f"{ours.p50:,.0f} ms", f"{floor.p50:.1f} ms", ours.p50 / floor.p50),
    )
    data = {"orders_ms": ours.as_json(), "bare_ms": floor.as_json(), "each_ms": [round(one * 1000) for one in seconds]}
    return Result("order", "Order: from the console to a device and back", rows, data)


def _one(services: Services, device: str, rest: float = 0.0) -> float:
    time.sleep(rest)
    with connected():
        began = time.perf_counter()
        order = services.orders.create(CONSOLE, Wish(InstructionKind.IDENTIFY, devices=(device,)))
        NudgeSender(services.config.runtime_path).send()  # as the console does after a click
        while _state(order) != InstructionState.DONE:
            assert time.perf_counter() - began < _PATIENCE_SECONDS, f"still {_state(order)}"
            time.sleep(_LOOK_SECONDS)
        return time.perf_counter() - began


def _state(order: str) -> str:
    return str(Instruction.get(Instruction.order == order).state)


@contextmanager
def _city_and_box(folder: Path) -> Iterator[tuple[Services, str]]:
    """The city's services in this process, and the id of the device as the city knows it."""
    with (
        running_central(folder / "city", "--mqtt", str(free_port())) as city,
        running_appliance(folder) as box,
    ):
        fleet = Fleet(box.new_link(), 1, ("idle",), FleetOptions(seed=1, tell=lambda _: None))
        with BackgroundFleet(fleet):
            box.admin("city-claim", city.claim_code(city.new_school()), "--address", city.url.removeprefix("https://"))
            config = Config(city.data_path)
            open_databases(config)
            with connected():
                services = build_services(config)
                _wait(city, lambda: Device.get_or_none() is not None)
                _wait(city, lambda: bool(Appliance.get().bridge))
                device = str(Device.get().id)
            yield services, device


def _wait(city: Central, fact: Callable[[], bool]) -> None:
    wait_for(fact, _PATIENCE_SECONDS, f"the box at the city; {city.log()[-500:]}")
