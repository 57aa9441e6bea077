"""The benchmark's device as a page is one: the same MQTT bytes in binary WebSocket messages (RFC 6455).

Knows what Mosquitto sends: frames without masks and without fragments.
"""

import asyncio
import base64
import os
from collections.abc import Iterator

from tests.bench.fleet import Device

BINARY, _PING, _PONG = 2, 9, 10
_LAST, _MASKED = 0x80, 0x80
_UPGRADE = (
    "GET /mqtt HTTP/1.1\r\nHost: preau.local\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)


class PageDevice(Device):
    """Connect it to the place of the broker's WebSocket listener."""

    def __init__(self, device_id: str, password: str) -> None:
        super().__init__(device_id, password)
        self._frames: Frames | None = None
        self._head = self._unsent = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._frames, self._head, self._unsent = None, b"", b""
        transport.write(_UPGRADE.format(key=base64.b64encode(os.urandom(16)).decode()).encode())
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._frames is None:
            data = self._let_in_by_http(data)
        if self._frames is None:
            return
        for kind, payload in self._frames.feed(data):
            if kind == BINARY:
                super().data_received(payload)
            elif kind == _PING:
                self._send(_PONG, payload)

    def _let_in_by_http(self, data: bytes) -> bytes:
        """What came behind the head of the answer."""
        head, blank, rest = (self._head + data).partition(b"\r\n\r\n")
        if not blank:
            self._head = head
            return b""
        if b" 101 " not in head.partition(b"\r\n")[0]:
            self.ready.set_exception(ConnectionRefusedError(f"no WebSocket: {head[:200]!r}"))
            return b""
        self._frames = Frames()
        self._write(self._unsent)
        return rest

    def _write(self, data: bytes) -> None:
        if self._frames is None:
            self._unsent += data
        else:
            self._send(BINARY, data)

    def _send(self, kind: int, payload: bytes) -> None:
        if self._transport is not None:
            self._transport.write(frame(kind, payload))


class Frames:
    """The stream cut into frames, however it arrives."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._waiting += data
        while (place := _payload_in(self._waiting)) is not None:
            start, end = place
            kind, payload = self._waiting[0] & 0x0F, self._waiting[start:end]
            self._waiting = self._waiting[end:]
            yield kind, payload


def frame(kind: int, payload: bytes) -> bytes:
    """Masked with zeros, which leave the payload as it is."""
    length = len(payload)
    if length < 126:
        size = bytes([_MASKED | length])
    elif length < 65536:
        size = bytes([_MASKED | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([_MASKED | 127]) + length.to_bytes(8, "big")
    return bytes([_LAST | kind]) + size + bytes(4) + payload


def _payload_in(data: bytes) -> tuple[int, int] | None:
    """Where the first frame's payload begins and ends; None while it is not here."""
    if len(data) < 2:
        return None
    wide = {126: 2, 127: 8}.get(data[1] & 0x7F, 0)
    start = 2 + wide
    length = int.from_bytes(data[2:start], "big") if wide else data[1] & 0x7F
    return None if len(data) < start + length else (start, start + length)
