"""One device's MQTT connection, driven from asyncio. The only module of the simulator that knows paho.

paho's own loops wait with select(), which fails above about 340 clients in a process; here the event loop
watches the sockets, so that one process holds 600 devices and more. Owns connecting, connecting again with
back-off and jitter, and the ways a connection can misbehave (cut, frozen). It must not know what the
messages mean.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from protocol.device import MqttAccess

KEEPALIVE_SECONDS = 60
SESSION_EXPIRY_SECONDS = 86_400
QOS = 1
# How often paho looks whether a ping is due or overdue.
HOUSEKEEPING_SECONDS = 5.0
MQTT_VERSIONS = {3: paho.MQTTv311, 5: paho.MQTTv5}
# A connection that ends sooner counts as a failure: two clients with one id would otherwise kick each other out for
# ever, thirty times a minute.
STABLE_SECONDS = 10.0
# MQTT 5 says it outright: then wait as long as after many failures.
TAKEN_OVER = "Session taken over"
TRIES_WHEN_TAKEN_OVER = 11
CUT = "cut"


@dataclass(frozen=True)
class Will:
    topic: str
    payload: bytes


@dataclass(frozen=True)
class Backoff:
    """Full jitter: clients that fell together do not come back together."""

    first_seconds: float = 1.0
    longest_seconds: float = 30.0

    def seconds(self, failures: int, chance: float) -> float:
        return chance * min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures - 1, 10))


class Listener(Protocol):
    """What a link tells its owner; always called from the event loop."""

    def on_up(self) -> None: ...

    def on_message(self, topic: str, payload: bytes, retained: bool) -> None: ...

    def on_down(self, reason: str) -> None: ...

    def on_failed(self, reason: str) -> None:
        """An attempt that never got as far as `on_up`."""


@dataclass(frozen=True)
class LinkOptions:
    """`executor` runs what blocks while connecting: names, TCP, TLS."""

    executor: Executor
    backoff: Backoff
    mqtt_version: int = 5
    chance: Callable[[], float] = random.random


class Link:
    def __init__(self, access: MqttAccess, ca: str | None, will: Will, options: LinkOptions) -> None:
        self._access = access
        self._options = options
        self._client = _new_client(access, ca, will, MQTT_VERSIONS[options.mqtt_version])
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_socket_close = self._on_socket_close
        self._client.on_socket_register_write = self._on_wants_to_write
        self._listener: Listener | None = None
        self._wanted = False
        self._frozen = False
        self._watched: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._closed = asyncio.Event()
        self._all_acknowledged = asyncio.Event()
        self._unacknowledged: set[int] = set()
        self._reason = ""
        self.up = False

    def start(self, listener: Listener, delay_seconds: float = 0.0) -> None:
        """Connect, and again whenever the connection is lost, until `cut` or `leave`."""
        self._listener = listener
        self._wanted = True
        self._hurry.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep_connected(delay_seconds))

    def subscribe(self, topics: list[str]) -> None:
        self._client.subscribe([(topic, QOS) for topic in topics])

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._unacknowledged.add(self._client.publish(topic, payload, qos=QOS, retain=retain).mid)

    async def flushed(self, timeout_seconds: float = 2.0) -> bool:
        """Whether the broker acknowledged, in that time, all that was published."""
        if not self._unacknowledged:
            return True
        self._all_acknowledged.clear()
        try:
            await asyncio.wait_for(self._all_acknowledged.wait(), timeout_seconds)
        except TimeoutError:
            return False
        return True

    def cut(self) -> None:
        """Vanish without a word, as when the Wi-Fi goes: the broker publishes the will."""
        self._wanted = False
        self._frozen = False
        self._hurry.set()
        self._lower(CUT)
        if self._watched is not None:
            with contextlib.suppress(OSError):  # the broker may have ended it already
                self._watched.shutdown(socket.SHUT_RDWR)
            # Later: the one who cuts may be listening to a message of this very connection.
            asyncio.get_running_loop().call_soon(self._drain)

    async def leave(self) -> None:
        """Say good-bye properly, after what was published has arrived: the broker drops the will."""
        self._wanted = False
        self._hurry.set()
        self.thaw()
        if self.up:
            await self.flushed()
        if self._watched is not None:
            self._client.disconnect()
            self._flush()
        if self._task is not None:
            await self._task

    def freeze(self) -> None:
        """Stay connected but deaf and dumb, as a tablet asleep: the broker finds out by keep-alive."""
        self._frozen = True
        self._unwatch()

    def thaw(self) -> None:
        if self._frozen:
            self._frozen = False
            self._watch()

    async def _keep_connected(self, delay_seconds: float) -> None:
        failures = 0
        await self._pause(delay_seconds)
        while self._wanted:
            failures = 1 if await self._connect_and_serve() else failures + 1
            self._tell_end()
            if self._wanted:
                tries = TRIES_WHEN_TAKEN_OVER if TAKEN_OVER in self._reason else failures
                await self._pause(self._options.backoff.seconds(tries, self._options.chance()))

    async def _connect_and_serve(self) -> bool:
        """Returns, once the connection is over, whether it was a good one."""
        self._closed.clear()
        self._reason = ""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._options.executor, self._connect)
        except (OSError, ValueError) as error:
            self._reason = str(error) or type(error).__name__
            return False
        sock = self._client.socket()
        if not isinstance(sock, socket.socket):
            return False
        # Acknowledgement and answer are two small writes: Nagle would hold the second back for 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watched = sock
        if not self._wanted:
            self.cut()
            return False
        if not self._frozen:
            self._watch()
        return await self._serve()

    async def _serve(self) -> bool:
        loop = asyncio.get_running_loop()
        since = loop.time()
        while not self._closed.is_set():
            try:
                await asyncio.wait_for(self._closed.wait(), HOUSEKEEPING_SECONDS)
            except TimeoutError:
                if not self._frozen:
                    self._client.loop_misc()
        return self._reason == CUT or loop.time() - since >= STABLE_SECONDS

    async def _pause(self, seconds: float) -> None:
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)

    def _connect(self) -> None:
        """Runs in a thread; the event loop leaves the client alone until it returns."""
        if self._options.mqtt_version == 3:
            self._client.connect(self._access.host, self._access.port, KEEPALIVE_SECONDS)
            return
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_SECONDS
        self._client.connect(
            self._access.host, self._access.port, KEEPALIVE_SECONDS, clean_start=False, properties=properties
        )

    # The event loop's side of the socket

    def _watch(self) -> None:
        if self._watched is not None:
            asyncio.get_running_loop().add_reader(self._watched, self._on_readable, self._watched)
            self._flush()

    def _unwatch(self) -> None:
        if self._watched is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._watched)
            loop.remove_writer(self._watched)

    def _on_readable(self, sock: socket.socket) -> None:
        self._client.loop_read()
        # TLS may hold decrypted bytes that the selector cannot see.
        while isinstance(sock, ssl.SSLSocket) and self._watched is sock and sock.pending():
            self._client.loop_read()

    def _drain(self) -> None:
        """What had arrived unread comes before the end of the stream; nobody listens any more."""
        while self._watched is not None and self._client.loop_read() == paho.MQTT_ERR_SUCCESS:
            pass

    def _flush(self) -> None:
        if self._watched is None or self._frozen:
            return
        self._client.loop_write()
        self._wait_to_write(self._watched)

    def _wait_to_write(self, sock: socket.socket | None) -> None:
        """`sock` is None when writing found the connection broken."""
        if sock is None:
            return
        loop = asyncio.get_running_loop()
        if self._client.want_write():
            loop.add_writer(sock, self._flush)
        else:
            loop.remove_writer(sock)

    def _tell_end(self) -> None:
        reason = self._reason or "closed"
        if self.up:
            self._lower(reason)
        elif self._wanted and reason != CUT and self._listener is not None:
            self._listener.on_failed(reason)

    def _lower(self, reason: str) -> None:
        if self.up:
            self.up = False
            self._reason = reason
            if self._listener is not None:
                self._listener.on_down(reason)

    # paho's callbacks

    def _on_wants_to_write(self, _client: paho.Client, _data: Any, _sock: Any) -> None:
        # None while connecting, in a thread: what waits is written when the loop begins to watch.
        if self._watched is not None and not self._frozen:
            asyncio.get_running_loop().call_soon(self._flush)

    def _on_socket_close(self, _client: paho.Client, _data: Any, _sock: Any) -> None:
        if self._watched is not None:
            self._unwatch()
            self._watched = None
            self._closed.set()

    def _on_connect(self, _client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        if code.is_failure:
            self._reason = str(code)
        elif self._wanted and self._listener is not None:
            self.up = True
            self._listener.on_up()

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        self._reason = self._reason or str(code)

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if self.up and self._listener is not None:
            self._listener.on_message(message.topic, bytes(message.payload), message.retain)

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, _code: ReasonCode, _properties: Any) -> None:
        self._unacknowledged.discard(mid)
        if not self._unacknowledged:
            self._all_acknowledged.set()


def _new_client(access: MqttAccess, ca: str | None, will: Will, version: MQTTProtocolVersion) -> paho.Client:
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=access.username,
        clean_session=False if version == paho.MQTTv311 else None,
        protocol=version,
    )
    client.username_pw_set(access.username, access.password)
    client.will_set(will.topic, will.payload, qos=QOS, retain=True)
    if access.tls:
        client.tls_set_context(ssl.create_default_context(cadata=ca))
    return client
