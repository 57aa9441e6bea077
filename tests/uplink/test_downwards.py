"""From the console's service to the box and back, over the real line: ring, configuration, an order, its receipt."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from appliance.store.city_models import CityLink
from central.bootstrap import build_services, open_databases
from central.config import Config
from central.domain.orders import Wish
from central.domain.roles import CONSOLE
from central.store.database import connected
from protocol.uplink_words import InstructionKind
from tests.support.central import Central
from tests.uplink.hand_box import HandBox, asked, told
from uplink.verify import kept_ring


def test_what_the_city_orders_is_done_in_the_school_and_told_back(
    city: Central, uai: str, new_box: Callable[..., HandBox]
) -> None:
    config = Config(city.data_path)
    open_databases(config)
    with new_box().opened() as box:
        box.listen().join(city, uai)
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
        "order.create",
        "instruction.received",
        "instruction.started",
        "instruction.done",
    ]


def test_the_online_key_is_replaced_step_by_step_and_no_box_is_lost(
    city: Central, uai: str, new_box: Callable[..., HandBox], tmp_path: Path
) -> None:
    """As docs/operations.md says. One box was away all the time; the old key is revoked and steals nothing back."""
    old = online_key(city)
    box, away = new_box(), new_box("away")
    far = city.new_school(900)
    for one, school in ((box, uai), (away, far)):
        with one.opened():
            one.listen().join(city, school)
            assert pinned_key() == "", "from the first ring on the root's word alone counts"
    new = json.loads(city.done("online-key", "new", "--json"))["id"]
    assert city.admin("online-key", "switch").returncode == 1, "the schools do not know it"
    sign_ring(city, tmp_path / "ring-2")
    assert behind(city) >= {uai, far}, "both boxes still have the ring before"
    with box.opened():
        box.listen().turn(2)
        box.turn(2)  # the next hello says which ring it has
    assert far in behind(city) and uai not in behind(city)
    city.done("online-key", "switch", "--now")
    city.stop()
    city.start()
    city.done("key-revoke", old)
    sign_ring(city, tmp_path / "ring-3")
    for one in (box, away):
        with one.opened():
            one.listen()
            lines = one.note(2)
            one.until(lambda one=one: not one.waiting())  # type: ignore[misc]  # mypy cannot read a lambda's default
            one.turn(3)
            assert (one.standing(), one.trouble()) == ("active", "")
            assert set(lines) <= set(told(city, one.appliance))
            ring = kept_ring()
            assert ring is not None and {key.id: key.revoked for key in ring.keys} == {old: True, new: False}


def behind(city: Central) -> set[str]:
    """The schools for which the change of the key waits."""
    switch = city.admin("online-key", "switch")
    assert switch.returncode == 1
    return set(re.findall(r"\b\d{7}[A-Z]\b", switch.stderr))


def pinned_key() -> str:
    return str(CityLink.get_by_id(1).time_key)


def online_key(city: Central) -> str:
    """The id of the only key: the server's."""
    (key,) = json.loads(city.done("key-list", "--json"))["keys"]
    return str(key["id"])


def sign_ring(city: Central, file: Path) -> None:
    """On the machine with the root, and back."""
    city.done("ring-export", str(file))
    city.done("ring-sign", "--root", str(city.data_path.parent / "root.key"), "--yes", str(file))
    city.done("ring-import", f"{file}.signe")


def states(city: Central, order: str) -> list[object]:
    return [row[0] for row in asked(city, "SELECT state FROM instruction WHERE order_id = ?", order)]
