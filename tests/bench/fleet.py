"""Devices and the observer of their answers, all in one event loop.

The same code answers in the measured way and in the reference, and reads no more of a message than an answer needs.
"""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.device import Leaf, topic
from tests.bench import packets
from tests.bench.packets import Login, Reader

KEEPALIVE_SECONDS = 300
PATIENCE_SECONDS = 60.0
_MOST_PACKET_IDS = 60_000
_AT = "2026-11-23T08:00:00Z"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a broker listens: a port of this machine, or its internal socket."""

    port: int = 0
    socket_path: Path | None = None


class Client(asyncio.Protocol):
    """One MQTT connection. A subclass says what it subscribes to and what it answers."""

    def __init__(self, login: Login, topics: Sequence[str], will: tuple[str, bytes] | None = None) -> None:
        self._login, self._topics, self._will = login, topics, will
        self._transport: asyncio.Transport | None = None
        self._reader = Reader()
        self._packet_id = 0
        self.ready: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()

    async def connect(self, place: Place) -> float:
        """Until the subscription is confirmed; when that was."""
        loop = asyncio.get_running_loop()
        self._reader, self.ready = Reader(), loop.create_future()
        if place.socket_path is not None:
            await loop.create_unix_connection(lambda: self, str(place.socket_path))
        else:
            await loop.create_connection(lambda: self, "127.0.0.1", place.port)
        return await asyncio.wait_for(asyncio.shield(self.ready), PATIENCE_SECONDS)

    def close(self) -> None:
        if self._transport is not None:
            self._write(packets.DISCONNECT_PACKET)
            self._transport.close()

    def greet(self) -> bytes:
        """What is said as soon as the subscription stands."""
        return b""

    def heard(self, name: str, payload: bytes) -> bytes:
        """The answer to one message."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.lost.clear()
        self._write(packets.connect(self._login, KEEPALIVE_SECONDS, self._will))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self.lost.set()
        if not self.ready.done():
            self.ready.set_exception(error or ConnectionResetError("the broker closed the connection"))

    def data_received(self, data: bytes) -> None:
        answers = b"".join([self._answer(packet) for packet in self._reader.feed(data)])
        if answers:
            self._write(answers)

    def _answer(self, packet: packets.Packet) -> bytes:
        if packet.kind == packets.PUBLISH:
            name, packet_id, payload = packets.read_publish(packet.body)
            return packets.puback(packet_id) + self.heard(name, payload)
        if packet.kind == packets.CONNACK:
            return self._let_in(packet.body[1])
        if packet.kind == packets.SUBACK:
            self.ready.set_result(time.perf_counter())
            return self.greet()
        return b""

    def _let_in(self, code: int) -> bytes:
        if code:
            self.ready.set_exception(ConnectionRefusedError(f"{self._login.client_id}: refused with code {code}"))
            return b""
        return packets.subscribe(self._topics, self._next_id())

    def _message(self, name: str, payload: bytes, retain: bool) -> bytes:
        return packets.publish(name, payload, self._next_id(), retain)

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % _MOST_PACKET_IDS + 1
        return self._packet_id

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


class Device(Client):
    """Does at once whatever it is told, and says so."""

    def __init__(self, device_id: str, password: str) -> None:
        self.id, self.password = device_id, password
        self._commands, self._acks = topic(device_id, Leaf.COMMANDS), topic(device_id, Leaf.ACKS)
        self._desired, self._reported = topic(device_id, Leaf.DESIRED), topic(device_id, Leaf.REPORTED)
        self._presence = topic(device_id, Leaf.PRESENCE)
        self._done: set[str] = set()
        self.version = 0
        self.desired_at: asyncio.Future[float] | None = None
        self.last: dict[Leaf, bytes] = {}
        topics = (self._commands, self._desired, topic(device_id, Leaf.USAGE_ACK), "hub/time")
        super().__init__(Login(device_id, device_id, password), topics, (self._presence, b"offline"))

    def greet(self) -> bytes:
        return self._message(self._presence, b"online", True) + self._report(None)

    def wait_for_desired(self) -> asyncio.Future[float]:
        """When the next desired state is here, also one that is known already."""
        self.desired_at = asyncio.get_running_loop().create_future()
        return self.desired_at

    def heard(self, name: str, payload: bytes) -> bytes:
        if name == self._commands:
            return self._obey(payload)
        if name == self._desired and payload:
            return self._apply(payload)
        return b""

    def _obey(self, payload: bytes) -> bytes:
        self.last[Leaf.COMMANDS] = payload
        command_id = json.loads(payload)["id"]
        self._done.add(command_id)
        ack = f'{{"id":"{command_id}","status":"done","error":null,"at":"{_AT}"}}'
        return self._message(self._acks, ack.encode(), False)

    def _apply(self, payload: bytes) -> bytes:
        if self.desired_at is not None and not self.desired_at.done():
            self.desired_at.set_result(time.perf_counter())
        desired = json.loads(payload)
        if desired["version"] <= self.version:
            return b""
        self.last[Leaf.DESIRED] = payload
        self.version = desired["version"]
        return self._report(desired["restrictions"])

    def _report(self, restrictions: object) -> bytes:
        said = {
            "version": self.version, "at": _AT, "restrictions": restrictions, "unsupported": [], "errors": {},
            "battery": {"level": 85, "charging": False}, "storage_free": 20401094656,
            "foreground": "org.kde.gcompris", "boot": "b3e1",
        }  # fmt: skip
        return self._message(self._reported, json.dumps(said, separators=(",", ":")).encode(), True)

    @property
    def done_count(self) -> int:
        return len(self._done)


class Observer(Client):
    """On the broker's internal socket, beside the hub: hears what the hub hears."""

    def __init__(self, login: Login) -> None:
        self._missing: set[str] = set()
        self._all_heard: asyncio.Future[float] | None = None
        self._is_answer: Callable[[str, bytes], bool] = lambda _name, _payload: False
        super().__init__(login, ("devices/+/acks", "devices/+/reported"))

    def expect(self, device_ids: Collection[str], is_answer: Callable[[str, bytes], bool]) -> asyncio.Future[float]:
        """When the last of these devices has answered."""
        self._missing, self._is_answer = set(device_ids), is_answer
        self._all_heard = asyncio.get_running_loop().create_future()
        return self._all_heard

    def heard(self, name: str, payload: bytes) -> bytes:
        if self._missing and self._is_answer(name, payload):
            self._missing.discard(name.split("/", 2)[1])
            if not self._missing and self._all_heard is not None and not self._all_heard.done():
                self._all_heard.set_result(time.perf_counter())
        return b""


async def connect_all(devices: Sequence[Device], place: Place, at_once: int) -> list[float]:
    gate = asyncio.Semaphore(at_once)

    async def one(device: Device) -> float:
        async with gate:
            return await device.connect(place)

    return list(await asyncio.gather(*(one(device) for device in devices)))


def close_all(clients: Iterable[Client]) -> None:
    for client in clients:
        client.close()
