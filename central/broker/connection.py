"""paho-mqtt, and central's only file that knows it: a client of the city's brokers by certificate.

QoS 0, a clean session: what is said while nobody is connected is lost, and nothing counts on it.
"""

import contextlib
import logging
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from central.logs import fact

_log = logging.getLogger("mqtt")
_KEEPALIVE_SECONDS = 20
_RETRY_SECONDS = 2.0
_PLACE_SECONDS = 5.0
SCHOOLS = "schools/+/up/#"


@dataclass(frozen=True, slots=True)
class Heard:
    uai: str
    leaf: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """Where the brokers are (`host`, port), and the files by which they know us."""

    addresses: tuple[tuple[str, int], ...]
    authority: Path
    certificate: Path
    key: Path


def read_addresses(text: str) -> tuple[tuple[str, int], ...]:
    """Of `host:port,host:port`; IPv6 in brackets. Raises ValueError."""
    found = []
    for one in text.split(","):
        host, _, port = one.strip().rpartition(":")
        found.append((host.removeprefix("[").removesuffix("]"), int(port)))
    return tuple(found)


def take_place(membership: Membership, client_id: str) -> bool:
    """Of a session that is open under this id: the broker ends it, as one id is there once. Then we go, too.

    Whether each broker has let us in: else that session may still be open.
    """
    taken = [_is_let_in(membership, client_id, address) for address in membership.addresses]
    return all(taken)


def _is_let_in(membership: Membership, client_id: str, address: tuple[str, int]) -> bool:
    """A broker that refuses answers too: it has ended nobody's session."""
    answers: SimpleQueue[bool] = SimpleQueue()
    try:
        client = _client_of(membership, client_id)
        client.on_connect = lambda _client, _data, _flags, reason, _more: answers.put(not reason.is_failure)
        client.on_disconnect = lambda *_: answers.put(False)
        client.connect(*address, _KEEPALIVE_SECONDS)
    except OSError:  # nobody there, or a file that cannot be read
        return False
    client.loop_start()
    try:
        return answers.get(timeout=_PLACE_SECONDS)
    except Empty:
        return False
    finally:
        client.disconnect()
        client.loop_stop()


def _client_of(files: Membership, client_id: str = "") -> Client:
    """Raises OSError for a file that cannot be read."""
    client = Client(
        CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv311, reconnect_on_failure=False
    )
    client.tls_set(str(files.authority), str(files.certificate), str(files.key), cert_reqs=ssl.CERT_REQUIRED)
    return client


class BrokerConnection:
    """Connects by itself, and again after each loss, to the next address. `on_heard` runs in paho's thread."""

    def __init__(self, membership: Membership, on_heard: Callable[[Heard], None]) -> None:
        self._membership = membership
        self._on_heard = on_heard
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._client: Client | None = None
        self._keeper = threading.Thread(target=self._keep, name="broker-connection", daemon=True)
        self.connected = threading.Event()

    def start(self) -> None:
        self._keeper.start()

    def stop(self) -> None:
        self._stop.set()
        self._ended.set()
        if self._client is not None:
            self._client.disconnect()
        self._keeper.join()

    def again(self) -> None:
        """Ends this connection: the next one reads its files as they are then."""
        if self._client is not None:
            self._client.disconnect()

    def publish(self, topic: str, payload: bytes) -> bool:
        client = self._client
        if client is None or not self.connected.is_set():
            return False
        client.publish(topic, payload, qos=0)
        return True

    def _keep(self) -> None:
        turn = 0
        while not self._stop.is_set():
            self._ended.clear()
            host, port = self._membership.addresses[turn % len(self._membership.addresses)]
            turn += 1
            with contextlib.suppress(OSError):  # nobody there, or a file that cannot be read
                self._serve(self._make_client(), host, port)
            self._stop.wait(_RETRY_SECONDS)

    def _serve(self, client: Client, host: str, port: int) -> None:
        client.connect(host, port, _KEEPALIVE_SECONDS)
        self._client = client
        client.loop_start()
        self._ended.wait()
        client.loop_stop()

    def _make_client(self) -> Client:
        client = _client_of(self._membership)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._heard
        return client

    def _connected(self, client: Client, _data: object, _flags: object, reason: ReasonCode, _more: object) -> None:
        if reason.is_failure:
            fact(_log, "city_broker_refused", reason=reason)
            self._ended.set()
            return
        client.subscribe(SCHOOLS, 0)
        self.connected.set()
        fact(_log, "city_broker_connected")

    def _disconnected(self, _client: Client, _data: object, _flags: object, reason: ReasonCode, _more: object) -> None:
        if self.connected.is_set():
            self.connected.clear()
            fact(_log, "city_broker_lost", reason=reason)
        self._ended.set()

    def _heard(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        parts = message.topic.split("/", 3)
        if len(parts) == 4:
            self._on_heard(Heard(parts[1], parts[3], bytes(message.payload), message.retain))
