"""One MQTT CONNECT on the internal socket, spoken by hand: does the broker let this user in?

The only MQTT this package speaks. CONNECT and DISCONNECT need no client library.
"""

import secrets
import socket
import struct
import threading
import time
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

CONNACK_BYTES = 4
PAUSE_SECONDS = 0.005
CONNECT, CONNACK, DISCONNECT = 0x10, 0x20, b"\xe0\x00"
CLEAN_SESSION_WITH_USER_AND_PASSWORD = 0xC2


class Answer(Enum):
    ACCEPTED = auto()
    REFUSED = auto()
    ABSENT = auto()  # nobody listens
    SILENT = auto()  # somebody listens, and says nothing in time or nothing sensible


class Deadline:
    """How long an answer may take; ends early when `stop` is set (the appliance is told to end)."""

    def __init__(self, seconds: float, stop: threading.Event | None = None) -> None:
        self._at = time.monotonic() + seconds
        self._stop = stop or threading.Event()

    @property
    def left(self) -> float:
        return max(self._at - time.monotonic(), 0.001)

    @property
    def is_over(self) -> bool:
        return self._stop.is_set() or time.monotonic() >= self._at

    def pause(self) -> None:
        self._stop.wait(PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class Login:
    """`client_id` empty: one that nobody else has."""

    username: str
    password: str
    client_id: str = ""

    def __repr__(self) -> str:
        return f"Login({self.username!r}, '***')"


def ask(socket_path: Path, login: Login, deadline: Deadline) -> Answer:
    """Connects with a clean session, reads the answer, disconnects."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.settimeout(deadline.left)
            connection.connect(str(socket_path))
        except TimeoutError:
            return Answer.SILENT
        except OSError:
            return Answer.ABSENT
        try:
            return _converse(connection, login, deadline)
        except OSError:
            return Answer.SILENT


def encode_connect(login: Login) -> bytes:
    """An MQTT 3.1.1 CONNECT."""
    client_id = login.client_id or f"probe-{secrets.token_hex(8)}"
    fields = b"".join(_text(word) for word in (client_id, login.username, login.password))
    body = _text("MQTT") + bytes((4, CLEAN_SESSION_WITH_USER_AND_PASSWORD)) + struct.pack(">H", 10) + fields
    return bytes((CONNECT,)) + _length(len(body)) + body


def _converse(connection: socket.socket, login: Login, deadline: Deadline) -> Answer:
    connection.sendall(encode_connect(login))
    answer = b""
    while len(answer) < CONNACK_BYTES:
        connection.settimeout(deadline.left)
        received = connection.recv(CONNACK_BYTES - len(answer))
        if not received:
            return Answer.SILENT
        answer += received
    if answer[0] != CONNACK:
        return Answer.SILENT
    if answer[3] != 0:
        return Answer.REFUSED
    connection.sendall(DISCONNECT)
    return Answer.ACCEPTED


def _text(word: str) -> bytes:
    raw = word.encode()
    return struct.pack(">H", len(raw)) + raw


def _length(count: int) -> bytes:
    """MQTT's remaining length: seven bits a byte, the least first."""
    encoded = bytearray()
    while True:
        count, seven = divmod(count, 128)
        encoded.append(seven | (0x80 if count else 0))
        if not count:
            return bytes(encoded)
