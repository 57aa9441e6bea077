"""A WebSocket client with nothing but text messages (RFC 6455), cheap enough to watch boards beside a benchmark."""

import asyncio
import base64
import os

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_LAST, _MASKED = 0x80, 0x80


class WebSocket:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, address: str, path: str, headers: dict[str, str]) -> "WebSocket":
        """`address`: host:port."""
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        asked = {
            "Host": address,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.partition(b"\r\n")[0]:
            raise ConnectionError(f"no WebSocket at {address}{path}: {answer[:200]!r}")
        return cls(reader, writer)

    async def receive(self) -> str | None:
        """The next message; None at the end."""
        parts = []
        while True:
            first, payload = await self._frame()
            kind = first & 0x0F
            if kind == _CLOSE:
                return None
            if kind == _PING:
                self._send(_PONG, payload)
                continue
            parts.append(payload)
            if first & _LAST:
                return b"".join(parts).decode()

    def send(self, text: str) -> None:
        self._send(_TEXT, text.encode())

    def close(self) -> None:
        self._send(_CLOSE, b"\x03\xe8")
        self._writer.close()

    async def _frame(self) -> tuple[int, bytes]:
        first, length = await self._reader.readexactly(2)
        if length == 126:
            length = int.from_bytes(await self._reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self._reader.readexactly(8), "big")
        return first, await self._reader.readexactly(length)

    def _send(self, kind: int, payload: bytes) -> None:
        """Masked with zeros, which the RFC would not call random, and which nobody here minds."""
        assert len(payload) < 126
        self._writer.write(bytes([_LAST | kind, _MASKED | len(payload), 0, 0, 0, 0]) + payload)
