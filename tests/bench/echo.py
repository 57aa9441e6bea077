"""The reference of `order`: the bare path of a word from the city to a device and back, and nothing of ours on it.

City's broker, bridge over TLS, the school's two brokers, a device; whoever passes a message on is a client that does
nothing else. All brokers are configured as Préau does.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY, socket

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from appliance.broker.configuration import HUB_USERNAME
from appliance.broker.password_file import hub_password
from tests.bench.raw_bridge import UAI, box_at, running_town
from tests.support.mosquitto import Broker, running_broker

_DEVICE = "d-bench222"
_COMMANDS, _ANSWERS = f"devices/{_DEVICE}/commands", f"devices/{_DEVICE}/acks"


def bare_round_trips(count: int) -> list[float]:
    """Seconds of each."""
    with (
        tempfile.TemporaryDirectory(prefix="preau-echo-") as name,
        running_town(Path(name)) as town,
        _class() as hub,
        town.central() as city,
        box_at(town, town.settings.port) as box,
    ):
        heard = threading.Event()

        def listen(_client: Client, _data: object, message: MQTTMessage) -> None:
            if message.topic.endswith("/up/pong"):  # it hears its own words, too
                heard.set()

        _at_once(city.client)
        city.client.on_message = listen
        box.client.on_message = lambda _client, _data, message: _pass(hub, _COMMANDS, message)
        hub.on_message = lambda _client, _data, message: _pass(box.client, "up/pong", message)
        box.client.subscribe("down/#", 1)
        _once(city.client, heard, patience=20)  # the bridge is there, and everybody has subscribed
        return [_once(city.client, heard) for _ in range(count)]


def _once(city: Client, heard: threading.Event, patience: float = 5) -> float:
    """Patience is for the first one, which is said again until it is heard."""
    heard.clear()
    end = time.perf_counter() + patience
    while True:
        began = time.perf_counter()
        city.publish(f"schools/{UAI}/down/ping", b"{}", qos=1)
        if heard.wait(0.5):
            return time.perf_counter() - began
        assert time.perf_counter() < end, "no echo"


def _at_once(client: Client) -> None:
    """paho leaves Nagle's waiting on, which would be most of what is measured."""
    plain = client.socket()
    assert isinstance(plain, socket)
    plain.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)


def _pass(to: Client, topic: str, message: MQTTMessage) -> None:
    to.publish(topic, message.payload, qos=1)


@contextmanager
def _class() -> Iterator[Client]:
    """The class's broker with a device that answers each command; gives the hub's client."""
    with running_broker(_DEVICE, log_connections=False) as broker:
        password = hub_password(broker.settings)
        unix = str(broker.settings.socket_path)
        with (
            _client("hub-bench", (HUB_USERNAME, password), "unix", lambda one: one.connect(unix, 1), _ANSWERS) as hub,
            _device(broker),
        ):
            yield hub


@contextmanager
def _device(broker: Broker) -> Iterator[Client]:
    login = (_DEVICE, broker.passwords[_DEVICE])
    port = broker.settings.mqtt_port or 0
    with _client(_DEVICE, login, "tcp", lambda one: one.connect("127.0.0.1", port), _COMMANDS) as device:
        device.on_message = lambda client, _data, message: _pass(client, _ANSWERS, message)
        yield device


@contextmanager
def _client(
    client_id: str, login: tuple[str, str], transport: str, connect: Callable[[Client], object], topic: str
) -> Iterator[Client]:
    client = Client(CallbackAPIVersion.VERSION2, client_id, transport=transport)  # type: ignore[arg-type]  # a word that paho takes
    client.username_pw_set(*login)
    ready = threading.Event()

    def subscribe(*_: object) -> None:
        client.subscribe(topic, 1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: ready.set()
    connect(client)
    client.loop_start()
    assert ready.wait(20), topic
    if transport == "tcp":
        _at_once(client)
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()
