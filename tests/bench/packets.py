"""Just enough of MQTT 3.1.1 for the benchmark's client: bytes in, packets out. No state of a connection.

paho's client costs more than the broker and both of our processes together; a reference measured through it would
flatter us.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13
_CONNECT, _SUBSCRIBE, _PINGREQ, _DISCONNECT = 0x10, 0x82, 0xC0, 0xE0
_QOS_1 = 0x02
_RETAIN = 0x01
_WILL_RETAINED_QOS_1 = 0x04 | 0x08 | 0x20
_CLEAN, _PASSWORD, _USERNAME = 0x02, 0x40, 0x80

PINGREQ_PACKET = bytes([_PINGREQ, 0])
DISCONNECT_PACKET = bytes([_DISCONNECT, 0])


@dataclass(frozen=True, slots=True)
class Login:
    client_id: str
    username: str
    password: str
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Packet:
    kind: int
    body: bytes


def connect(login: Login, keepalive: int, will: tuple[str, bytes] | None = None) -> bytes:
    flags = _USERNAME | _PASSWORD | (_CLEAN if login.clean else 0) | (_WILL_RETAINED_QOS_1 if will else 0)
    parts = [_text("MQTT"), bytes([4, flags]), keepalive.to_bytes(2, "big"), _text(login.client_id)]
    if will is not None:
        parts += [_text(will[0]), _block(will[1])]
    return _packet(_CONNECT, b"".join([*parts, _text(login.username), _text(login.password)]))


def subscribe(topics: Iterable[str], packet_id: int) -> bytes:
    wanted = b"".join(_text(topic) + b"\x01" for topic in topics)
    return _packet(_SUBSCRIBE, packet_id.to_bytes(2, "big") + wanted)


def publish(topic: str, payload: bytes, packet_id: int, retain: bool = False) -> bytes:
    first = PUBLISH << 4 | _QOS_1 | (_RETAIN if retain else 0)
    return _packet(first, _text(topic) + packet_id.to_bytes(2, "big") + payload)


def puback(packet_id: int) -> bytes:
    return bytes([PUBACK << 4, 2]) + packet_id.to_bytes(2, "big")


def read_publish(body: bytes) -> tuple[str, int, bytes]:
    """Topic, packet id, payload of a message of QoS 1 (nothing here uses another)."""
    end = 2 + int.from_bytes(body[:2], "big")
    return body[2:end].decode(), int.from_bytes(body[end : end + 2], "big"), body[end + 2 :]


class Reader:
    """The stream cut into packets, however it arrives."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        self._waiting += data
        start = 0
        while True:
            found = _length_at(self._waiting, start + 1)
            if found is None:
                break
            body, end = found
            if end > len(self._waiting):
                break
            yield Packet(self._waiting[start] >> 4, self._waiting[body:end])
            start = end
        self._waiting = self._waiting[start:]


def _length_at(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the body begins and ends; None while the length itself has not arrived."""
    length = 0
    for place in range(4):
        if at + place >= len(data):
            return None
        byte = data[at + place]
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return at + place + 1, at + place + 1 + length
    raise ValueError("a packet's length has at most four bytes")


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _length(len(body)) + body


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def _text(value: str) -> bytes:
    return _block(value.encode())


def _block(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value
