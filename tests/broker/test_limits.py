"""What the broker takes from one device, and that the others do not suffer from what it refuses."""

import select
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from appliance.broker.configuration import Limits
from appliance.broker.probe import Login, encode_connect
from tests.support.mosquitto import Broker, running_broker

KIB = 1024
PACKET_BYTES = 256 * KIB


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
@pytest.mark.parametrize("version", [4, 5])
def test_the_hub_itself_sees_a_payload_above_64_kib(broker: Broker, transport: Any, version: int) -> None:
    with broker.hub() as hub, broker.device("d-one", transport, version=version) as device:
        hub.subscribe("devices/#")
        for size in (64 * KIB, 64 * KIB + 1, PACKET_BYTES - 100):
            device.publish("devices/d-one/events", b"x" * size)
        assert [len(m.payload) for m in hub.wait_for_count(3)] == [64 * KIB, 64 * KIB + 1, PACKET_BYTES - 100]


def test_a_packet_over_the_limit_ends_its_sender_and_nobody_else(broker: Broker) -> None:
    with broker.hub() as hub, broker.device("d-two") as other:
        hub.subscribe("devices/#")
        device = broker.device("d-one", version=4)  # MQTT 5 clients know the limit and keep to it
        assert device.connect() == 0
        device.send("devices/d-one/events", b"x" * (PACKET_BYTES + 1))
        device.wait_for_end()
        other.publish("devices/d-two/events", b"not bothered")
        hub.wait_for(b"not bothered")
        assert [len(m.payload) for m in hub.messages] == [len(b"not bothered")]
        assert other.is_connected


def test_a_payload_over_the_limit_on_a_websocket_goes_nowhere(broker: Broker) -> None:
    """There Mosquitto does not look at the packet's size."""
    with broker.hub() as hub, broker.device("d-one", "websockets", version=4) as device:
        hub.subscribe("devices/#")
        device.publish("devices/d-one/events", b"x" * (PACKET_BYTES + 1))
        device.publish("devices/d-one/events", b"the last one")
        hub.wait_for(b"the last one")
        assert len(hub.messages) == 1


def test_an_mqtt_5_device_is_told_the_limits(broker: Broker) -> None:
    with broker.device("d-one", version=5, keepalive=1_500) as device:
        assert device.connack.MaximumPacketSize == PACKET_BYTES
        assert device.connack.ServerKeepAlive == Limits().keepalive_seconds


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("keepalive", [10, 300, 900])
def test_a_device_may_stay_silent_as_long_as_android_agents_do(broker: Broker, version: int, keepalive: int) -> None:
    with broker.device("d-one", version=version, keepalive=keepalive) as device:
        assert getattr(device.connack, "ServerKeepAlive", keepalive) == keepalive


def test_a_device_that_falls_silent_is_declared_offline_by_its_will(broker: Broker) -> None:
    """Its keepalive is 1 s, and it sends nothing: the broker waits half as long again (and looks every few seconds)."""
    connect = bytearray(encode_connect(Login("d-one", broker.passwords["d-one"], "d-one")))
    will = b"\x00\x16devices/d-one/presence\x00\x07offline"
    name_at = connect.index(b"\x00\x05d-one\x00\x05d-one") + len(b"\x00\x05d-one")
    connect[1] += len(will)
    flags_at = connect.index(b"MQTT") + len(b"MQTT") + 1
    connect[flags_at] |= 0x2C  # a will, of QoS 1, retained
    connect[flags_at + 1 : flags_at + 3] = b"\x00\x01"
    connect[name_at:name_at] = will
    with broker.hub() as hub, socket.create_connection(("127.0.0.1", broker.settings.mqtt_port)) as silent:
        hub.subscribe("devices/#")
        silent.sendall(connect)
        assert silent.recv(4)[3] == 0
        assert hub.wait_for(b"offline").topic == "devices/d-one/presence"


def test_a_device_that_floods_costs_the_others_no_message(broker: Broker) -> None:
    """At 10,000 queued messages, let alone Mosquitto's 1,000, the hub misses half of what the others say meanwhile."""
    with broker.hub("hub-bridge") as hub, broker.device("d-two") as other:
        hub.subscribe("devices/#")
        with Flood(broker, "d-one", 50_000):
            for number in range(300):
                other.publish("devices/d-two/acks", b"%d" % number)
        hub.wait_for_count(50_300)
        assert [m.payload for m in hub.messages if m.topic == "devices/d-two/acks"] == [b"%d" % n for n in range(300)]
        assert other.is_connected


def test_what_waits_for_a_hub_that_is_away_is_bounded_in_bytes() -> None:
    with running_broker("d-one", limits=Limits(queued_bytes=1_000_000)) as broker:
        with broker.hub("hub-bridge", clean=False) as hub:
            hub.subscribe("devices/#")
        with broker.device("d-one") as device:
            for _ in range(100):
                device.publish("devices/d-one/events", b"x" * 60_000)
        with broker.hub("hub-bridge", clean=False) as hub, broker.device("d-one") as device:
            hub.wait_for_count(17)
            device.publish("devices/d-one/events", b"there is room again")
            hub.wait_for(b"there is room again")
            assert len(hub.messages) == 18


def test_three_thousand_acknowledgements_wait_for_a_hub_that_is_away() -> None:
    """Mosquitto's default queue (1,000) would drop the rest without a word: each of 60 devices sends 50."""
    names = [f"d-{number}" for number in range(60)]
    with running_broker(*names) as broker:
        with broker.hub(clean=False) as hub:
            hub.subscribe("devices/#")
        for name in names:
            send_acks(broker, name, 50)
        with broker.hub(clean=False) as hub:
            assert len({m.payload for m in hub.wait_for_count(3_000)}) == 3_000


def test_the_queue_of_a_sleeping_device_is_bounded() -> None:
    with running_broker("d-one", limits=Limits(queued_messages=100, inflight_messages=10)) as broker:
        with broker.device("d-one") as device:
            device.subscribe("devices/d-one/commands")
        with broker.hub() as hub:
            for number in range(500):
                hub.send("devices/d-one/commands", b"%d" % number)
            hub.wait_for_acks(500)
            with broker.device("d-one") as device:
                hub.publish("devices/d-one/commands", b"the last one")
                device.wait_for(b"the last one")
                assert len(device.messages) <= 112
                assert [m.payload for m in device.messages[:100]] == [b"%d" % number for number in range(100)]


def test_more_connections_than_allowed_are_refused_and_the_hub_is_not() -> None:
    with running_broker("d-one", limits=Limits(connections=20)) as broker:
        held = [socket.create_connection(("127.0.0.1", broker.settings.mqtt_port)) for _ in range(40)]
        try:
            refused = closed_ones(held, 20)
            with broker.hub() as hub:
                hub.publish("hub/time", b"{}")
            survivor = next(connection for connection in held if connection not in refused)
            survivor.sendall(encode_connect(Login("d-one", broker.passwords["d-one"], "d-one")))
            assert survivor.recv(4)[3] == 0
            assert len(closed_ones(held, 20)) == 20
        finally:
            for connection in held:
                connection.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 64,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x10\xff\xff\xff\x7f" + b"\x00" * 64,
        b"\x10\xff\xff\xff\xff\xff",
        b"\x30\x0a\x00\x05hello",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    ],
)
def test_what_is_no_mqtt_ends_its_own_connection_only(broker: Broker, garbage: bytes) -> None:
    with broker.device("d-two") as other, broker.hub() as hub:
        hub.subscribe("devices/#")
        with socket.create_connection(("127.0.0.1", broker.settings.mqtt_port)) as stranger:
            stranger.sendall(garbage)
            with suppress(OSError):  # the broker was quicker
                stranger.shutdown(socket.SHUT_WR)
            assert is_closed(stranger)
        other.publish("devices/d-two/events", b"not bothered")
        hub.wait_for(b"not bothered")
        assert other.is_connected


class Flood:
    """A device that publishes as fast as the socket takes it; `with` ends when all is acknowledged."""

    def __init__(self, broker: Broker, name: str, count: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", broker.settings.mqtt_port), timeout=60)
        self._socket.sendall(encode_connect(Login(name, broker.passwords[name], name)))
        assert self._socket.recv(4)[3] == 0
        topic = f"devices/{name}/events".encode()
        start = bytes((0x32, len(topic) + 12)) + struct.pack(">H", len(topic)) + topic
        self._packets = b"".join(start + struct.pack(">H", 1 + n % 60_000) + b"flooding" for n in range(count))
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._receive, args=(4 * count,))]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _send(self) -> None:
        self._socket.sendall(self._packets)

    def _receive(self, count: int) -> None:
        while count > 0:
            count -= len(self._socket.recv(65_536))


def closed_ones(held: list[socket.socket], count: int) -> list[socket.socket]:
    """Once the broker has closed `count` of them: these."""
    deadline = time.monotonic() + 20
    while True:
        readable, _, _ = select.select(held, [], [], 0.05)
        if len(readable) >= count:
            return readable
        assert time.monotonic() < deadline, f"{len(readable)} of {count} closed"


def send_acks(broker: Broker, name: str, count: int) -> None:
    with broker.device(name) as device:
        for number in range(count):
            device.send(f"devices/{name}/acks", f"{name} {number}".encode())
        device.wait_for_acks(count)


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(5)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
