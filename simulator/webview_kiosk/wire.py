"""One MQTT 5 connection of the agent, in asyncio: opens, keeps alive, acknowledges what comes, says how it ended.

Knows no topic and no agent's word; it never connects again by itself.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from simulator.webview_kiosk import packets
from simulator.webview_kiosk.packets import Connect, Kind, Packet, Properties, Publication

TCP_SECONDS = 5.0
CONNACK_SECONDS = 30.0
_MOST_PACKET_IDS = 65_535


class NotConnected(Exception):
    """The broker refused, or did not answer."""


@dataclass(frozen=True, slots=True)
class Ears:
    """Who is told. `lost` is not called for an end that one asked for."""

    message: Callable[[Publication], None]
    lost: Callable[[str], None]


class Wire(asyncio.Protocol):
    """Made by `open_wire`. Everything here belongs to the event loop."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._reader = packets.Reader()
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[tuple[bool, int]] = asyncio.get_running_loop().create_future()
        self._packet_id = 0
        self._ping: asyncio.TimerHandle | None = None
        self._reason = "closed"
        self._is_ending = False
        self.refused_publishes = 0
        self.session_present = False
        self.is_up = False

    async def greet(self, asked: Connect) -> None:
        self._send(packets.encode_connect(asked))
        try:
            # Not wait_for: in Python 3.11 it can swallow a cancellation that comes with the answer.
            async with asyncio.timeout(CONNACK_SECONDS):
                self.session_present, code = await self._answered
        except TimeoutError:
            self.cut()
            raise NotConnected("no CONNACK") from None
        if code:
            self.cut()
            raise NotConnected(f"refused with {code:#x}")
        self.is_up = True
        self._keep_alive(asked.keep_alive)

    def publish(self, message: Publication) -> None:
        self._packet_id = self._packet_id % _MOST_PACKET_IDS + 1
        self._send(packets.encode_publish(_numbered(message, self._packet_id)))

    def subscribe(self, topic: str, qos: int, properties: Properties) -> None:
        self._packet_id = self._packet_id % _MOST_PACKET_IDS + 1
        self._send(packets.encode_subscribe(self._packet_id, topic, qos, properties))

    def leave(self) -> None:
        """Orderly: what was sent goes out, then DISCONNECT; no will."""
        self._end()
        self._send(packets.encode_disconnect())
        if self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """Without a word, as when the Wi-Fi goes: the broker publishes the will."""
        self._end()
        if self._transport is not None:
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_connection makes no other
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for packet in self._reader.feed(data):
            self._take(packet)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._answered.done():
            self._answered.set_exception(NotConnected(self._reason))
        is_asked_for, was_up = self._is_ending, self.is_up
        self._end()
        if was_up and not is_asked_for:
            self._ears.lost(self._reason)

    def _take(self, packet: Packet) -> None:
        match packet.kind:
            case Kind.PUBLISH:
                self._take_publish(packets.parse_publish(packet.flags, packet.body))
            case Kind.CONNACK:
                if not self._answered.done():
                    self._answered.set_result(packets.parse_connack(packet.body))
            case Kind.PUBACK:
                self.refused_publishes += packets.parse_puback(packet.body)[1] >= 0x80
            case Kind.DISCONNECT:
                self._reason = f"ended by the broker with {packets.parse_reason(packet.body):#x}"

    def _take_publish(self, message: Publication) -> None:
        if message.qos:
            self._send(packets.encode_puback(message.packet_id))
        if not self._is_ending:
            self._ears.message(message)

    def _keep_alive(self, seconds: int) -> None:
        def ping() -> None:
            self._send(packets.encode_ping())
            self._keep_alive(seconds)

        if seconds and not self._is_ending:
            self._ping = asyncio.get_running_loop().call_later(seconds, ping)

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end(self) -> None:
        self._is_ending, self.is_up = True, False
        if self._ping is not None:
            self._ping.cancel()


async def open_wire(place: tuple[str, int], asked: Connect, ears: Ears) -> Wire:
    """Returns when the broker has let it in. Raises NotConnected."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(TCP_SECONDS):
            _, wire = await loop.create_connection(lambda: Wire(ears), *place)
    except (OSError, TimeoutError) as error:
        raise NotConnected(str(error) or type(error).__name__) from None
    try:
        await wire.greet(asked)
    except asyncio.CancelledError:
        with contextlib.suppress(NotConnected):
            wire.cut()
        raise
    return wire


def _numbered(message: Publication, packet_id: int) -> Publication:
    return Publication(
        message.topic,
        message.payload,
        message.qos,
        message.retain,
        message.duplicate,
        packet_id if message.qos else 0,
        message.properties,
    )
