"""From the console's service to the box and back, over the real line: ring, configuration, an order, its receipt."""

import threading
from collections.abc import Callable

from central.bootstrap import build_services, open_databases
from central.config import Config
from central.domain.orders import Wish
from central.domain.roles import CONSOLE
from central.store.database import connected
from protocol.uplink_words import InstructionKind
from tests.support.central import Central
from tests.uplink.hand_box import HandBox, asked, no_chance
from uplink.orders import Downwards
from uplink.process import Parts, Uplink


def test_what_the_city_orders_is_done_in_the_school_and_told_back(
    city: Central, uai: str, new_box: Callable[..., HandBox]
) -> None:
    config = Config(city.data_path)
    open_databases(config)
    with new_box().opened() as box:
        downwards = Downwards(box.services, threading.Event())
        box._uplink = Uplink(Parts(box.config, box.services, "0.1.0", chance=no_chance, more=(downwards.step,)))
        box.join(city, uai)
        with connected():
            central = build_services(config)
            central.configurations.change(CONSOLE, f"school:{uai}", {"languages": ["fr"]})
            order = central.orders.create(CONSOLE, Wish(InstructionKind.REPORT, schools=(uai,)))
        box.until(lambda: box.services.instructions.step())
        box.until(lambda: states(city, order) == ["done"])
        status = box.services.city.status()
        assert status is not None and status.config_version == 1
    told = asked(city, "SELECT action FROM journal WHERE target = ? ORDER BY id", f"order:{order}")
    assert [row[0] for row in told] == [
        "order.create", "instruction.received", "instruction.started", "instruction.done",
    ]  # fmt: skip


def states(city: Central, order: str) -> list[object]:
    return [row[0] for row in asked(city, "SELECT state FROM instruction WHERE order_id = ?", order)]
