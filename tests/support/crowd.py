"""Hundreds of connected devices in one process: raw MQTT 3.1.1 on plain sockets, beyond the 340 of paho's loop."""

import socket
import struct
from collections.abc import Iterable, Mapping
from typing import Self

from appliance.broker.probe import Login, encode_connect

PATIENCE_SECONDS = 30.0
CLEAN_SESSION = 0x02


class Crowd:
    """Each subscribed to its commands, in a session that stays: the end of `with` ends the connections only."""

    def __init__(self, port: int, passwords: Mapping[str, str]) -> None:
        self._port, self._passwords = port, dict(passwords)
        self._sockets: dict[str, socket.socket] = {}

    def __enter__(self) -> Self:
        for name in self._passwords:
            self.connect(name)
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._sockets.values():
            connection.close()

    def connect(self, name: str) -> None:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_SECONDS)
        self._sockets[name] = connection
        packet = bytearray(encode_connect(Login(name, self._passwords[name], name)))
        packet[packet.index(b"MQTT") + len(b"MQTT") + 1] &= ~CLEAN_SESSION
        topic = f"devices/{name}/commands".encode()
        body = struct.pack(">HH", 1, len(topic)) + topic + b"\x01"
        connection.sendall(bytes(packet) + bytes((0x82, len(body))) + body)
        assert self._read(name)[1][1] == 0, f"{name} was refused"
        assert self._read(name)[0] == 0x90

    def gone(self, names: Iterable[str]) -> list[str]:
        """Which of these the broker has disconnected; the others answer a ping."""
        return [name for name in names if not self._answers(name)]

    def receive(self, name: str) -> bytes:
        """The payload of the next message, acknowledged."""
        kind, body = self._read(name)
        assert kind & 0xF0 == 0x30, f"{name} was sent {kind:#x}"
        length = struct.unpack(">H", body[:2])[0]
        packet_id, payload = body[2 + length : 4 + length], body[4 + length :]
        self._sockets[name].sendall(b"\x40\x02" + packet_id)
        return payload

    def _answers(self, name: str) -> bool:
        try:
            self._sockets[name].sendall(b"\xc0\x00")
            return self._read(name)[0] == 0xD0
        except (ConnectionError, EOFError):
            return False

    def _read(self, name: str) -> tuple[int, bytes]:
        kind, length, shift = self._exactly(name, 1)[0], 0, 0
        while True:
            seven = self._exactly(name, 1)[0]
            length |= (seven & 0x7F) << shift
            shift += 7
            if seven < 0x80:
                return kind, self._exactly(name, length)

    def _exactly(self, name: str, count: int) -> bytes:
        received = b""
        while len(received) < count:
            more = self._sockets[name].recv(count - len(received))
            if not more:
                raise EOFError(name)
            received += more
        return received
