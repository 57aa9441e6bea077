"""The reference of `line`: each fact forwarded as it is, one MQTT message each, by the bridge that the box has anyway.

With QoS 1 in place of the bridge's 0: facts must not get lost on the way. Two Mosquittos, mutual TLS, a counter.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client

from appliance.broker.city_bridge import CityBridgeSettings, render_bridge
from central.broker.configuration import CityBrokerSettings, render_acl, render_configuration
from tests.bench.wire import counted
from tests.support.appliance import wait_for
from tests.support.city_tls import Authority
from tests.support.ports import free_port
from tests.uplink.test_city_bridge import Listener, Mosquitto, Town, connected, listening

UAI = "0750655E"
_TRIES = 12


def bytes_by_bridge(folder: Path, messages: Sequence[tuple[str, bytes]]) -> int:
    """(leaf, payload) each. From the first message until the city has the last; the connection is there before."""
    with running_town(folder) as town:
        return _through(town, messages)


@contextmanager
def running_town(folder: Path) -> Iterator[Town]:
    """The city's broker, as the city configures it."""
    authority = Authority(folder)
    certificate, key = authority.give("localhost")
    settings = CityBrokerSettings(
        "127.0.0.1", free_port(), authority.path, certificate, key, authority.revoked_path, folder
    )
    settings.configuration_path.write_text(render_configuration(settings))
    settings.acl_path.write_text(render_acl() + "pattern write schools/%u/up/#\n")  # what counts goes over HTTPS
    broker = Mosquitto(settings.configuration_path)
    try:
        yield Town(folder, authority, broker, settings)
    finally:
        broker.kill()


def _through(town: Town, messages: Sequence[tuple[str, bytes]]) -> int:
    with town.central() as city, counted("127.0.0.1", town.settings.port) as wire, box_at(town, wire.port) as box:
        wait_for(lambda: city.heard.get(f"schools/{UAI}/up/bridge") == b"1", 20)
        arrived = threading.Semaphore(0)
        city.client.on_message = lambda *_: arrived.release()
        before = wire.total
        for leaf, payload in messages:
            _bring(box, leaf, payload, arrived)
        return wire.total - before


def _bring(box: Listener, leaf: str, payload: bytes, arrived: threading.Semaphore) -> None:
    """A bridge that connects anew loses what it was given: it is said again."""
    for _ in range(_TRIES):
        box.publish(f"up/{leaf}", payload)
        if arrived.acquire(timeout=5):
            return
    raise AssertionError("the bridge brings nothing")


@contextmanager
def box_at(town: Town, port: int) -> Iterator[Listener]:
    """A client beside the school's bridge, which takes the city's broker to be at `port`."""
    folder = town.folder / "school"
    folder.mkdir()
    certificate, key = town.authority.give(UAI)
    settings = CityBridgeSettings(
        "a-bench", UAI, (f"localhost:{port}",), town.authority.path, certificate, key, folder, folder
    )
    settings.configuration_path.write_text(render_bridge(settings).replace("topic # out 0", "topic # out 1"))
    broker = Mosquitto(settings.configuration_path)

    def connect(client: Client) -> None:
        wait_for(lambda: connected(client, 1, str(settings.socket_path)), 20)

    try:
        with listening(connect, "nothing", "unix") as box:
            yield box
    finally:
        broker.kill()
