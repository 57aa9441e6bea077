"""MQTT 5 packets as bytes: what a client writes, what it reads. No connection and no meaning.

By hand, because the order and the very properties on the wire are what is simulated, and because the client on the
other side of the broker is another implementation.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum


class Kind(IntEnum):
    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class Property(IntEnum):
    MESSAGE_EXPIRY = 0x02
    CONTENT_TYPE = 0x03
    RESPONSE_TOPIC = 0x08
    CORRELATION_DATA = 0x09
    SUBSCRIPTION_ID = 0x0B
    SESSION_EXPIRY = 0x11
    WILL_DELAY = 0x18
    RECEIVE_MAXIMUM = 0x21
    USER = 0x26
    MAXIMUM_PACKET_SIZE = 0x27


class BadPacket(ValueError):
    """Not MQTT 5, or not meant for a client."""


Properties = list[tuple[int, object]]

_ONE_BYTE = frozenset({0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A})
_TWO_BYTES = frozenset({0x13, 0x21, 0x22, 0x23})
_FOUR_BYTES = frozenset({0x02, 0x11, 0x18, 0x27})
_TEXTS = frozenset({0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F})
_BINARY = frozenset({0x09, 0x16})
_PROTOCOL_VERSION = 5
_CLEAN_START, _WILL, _PASSWORD, _USERNAME = 0x02, 0x04, 0x40, 0x80
_RETAIN_HANDLING_NEVER = 0x20


@dataclass(frozen=True, slots=True)
class Packet:
    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Will:
    topic: str
    payload: bytes
    qos: int
    properties: Properties


@dataclass(frozen=True, slots=True)
class Connect:
    client_id: str
    username: str | None
    password: str | None = field(repr=False)
    clean_start: bool
    keep_alive: int
    properties: Properties
    will: Will | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    duplicate: bool = False
    packet_id: int = 0
    properties: Properties = field(default_factory=list)

    def first(self, name: Property) -> object | None:
        return next((value for key, value in self.properties if key == name), None)


def encode_connect(asked: Connect) -> bytes:
    flags = _CLEAN_START if asked.clean_start else 0
    payload = _text(asked.client_id)
    if asked.will is not None:
        flags |= _WILL | asked.will.qos << 3
        payload += encode_properties(asked.will.properties) + _text(asked.will.topic) + _binary(asked.will.payload)
    if asked.username is not None:
        flags |= _USERNAME
        payload += _text(asked.username)
    if asked.password is not None:
        flags |= _PASSWORD
        payload += _text(asked.password)
    head = _text("MQTT") + struct.pack("!BBH", _PROTOCOL_VERSION, flags, asked.keep_alive)
    return _packet(Kind.CONNECT, 0, head + encode_properties(asked.properties) + payload)


def encode_publish(message: Publication) -> bytes:
    body = _text(message.topic)
    if message.qos:
        body += struct.pack("!H", message.packet_id)
    body += encode_properties(message.properties) + message.payload
    return _packet(Kind.PUBLISH, message.duplicate << 3 | message.qos << 1 | message.retain, body)


def encode_subscribe(packet_id: int, topic: str, qos: int, properties: Properties) -> bytes:
    """Never anything that was retained: the agent's own default."""
    options = bytes([_RETAIN_HANDLING_NEVER | qos])
    return _packet(
        Kind.SUBSCRIBE, 2, struct.pack("!H", packet_id) + encode_properties(properties) + _text(topic) + options
    )


def encode_puback(packet_id: int) -> bytes:
    return _packet(Kind.PUBACK, 0, struct.pack("!H", packet_id))


def encode_ping() -> bytes:
    return _packet(Kind.PINGREQ, 0, b"")


def encode_disconnect() -> bytes:
    return _packet(Kind.DISCONNECT, 0, b"")


def parse_connack(body: bytes) -> tuple[bool, int]:
    """Whether the session is present, and the reason code."""
    return bool(body[0] & 1), body[1]


def parse_reason(body: bytes) -> int:
    """Of a DISCONNECT; none at all means zero."""
    return body[0] if body else 0


def parse_packet_id(body: bytes) -> int:
    return _unsigned(body, 0, 2)


def parse_puback(body: bytes) -> tuple[int, int]:
    """The packet's id and the reason code; a short one means success."""
    return parse_packet_id(body), body[2] if len(body) > 2 else 0


def parse_publish(flags: int, body: bytes) -> Publication:
    qos = flags >> 1 & 3
    topic, at = _read_text(body, 0)
    packet_id = 0
    if qos:
        packet_id, at = _unsigned(body, at, 2), at + 2
    properties, at = decode_properties(body, at)
    return Publication(topic, body[at:], qos, bool(flags & 1), bool(flags & 8), packet_id, properties)


class Reader:
    """Whole packets out of whatever pieces the network brings."""

    def __init__(self) -> None:
        self._waiting = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        self._waiting += data
        while (packet := self._next()) is not None:
            yield packet

    def _next(self) -> Packet | None:
        if len(self._waiting) < 2:
            return None
        try:
            length, at = _read_variable(self._waiting, 1)
        except IndexError:
            return None
        if len(self._waiting) < at + length:
            return None
        first, body = self._waiting[0], self._waiting[at : at + length]
        self._waiting = self._waiting[at + length :]
        return Packet(first >> 4, first & 15, body)


def encode_properties(properties: Properties) -> bytes:
    body = b"".join(bytes([key]) + _encode_value(key, value) for key, value in properties)
    return _variable(len(body)) + body


def decode_properties(data: bytes, at: int) -> tuple[Properties, int]:
    length, at = _read_variable(data, at)
    end, found = at + length, []
    while at < end:
        key = data[at]
        value, at = _decode_value(key, data, at + 1)
        found.append((key, value))
    return found, end


def _encode_value(key: int, value: object) -> bytes:
    if key == Property.USER and isinstance(value, tuple):
        return _text(value[0]) + _text(value[1])
    if isinstance(value, int):
        if key == Property.SUBSCRIPTION_ID:
            return _variable(value)
        return value.to_bytes(_width(key), "big")
    if isinstance(value, bytes):
        return _binary(value)
    return _text(str(value))


def _decode_value(key: int, data: bytes, at: int) -> tuple[object, int]:
    if key == Property.USER:
        name, at = _read_text(data, at)
        value, at = _read_text(data, at)
        return (name, value), at
    if key in _TEXTS:
        return _read_text(data, at)
    if key in _BINARY:
        size = _unsigned(data, at, 2)
        return data[at + 2 : at + 2 + size], at + 2 + size
    if key == Property.SUBSCRIPTION_ID:
        return _read_variable(data, at)
    width = _width(key)
    return _unsigned(data, at, width), at + width


def _width(key: int) -> int:
    for keys, width in ((_ONE_BYTE, 1), (_TWO_BYTES, 2), (_FOUR_BYTES, 4)):
        if key in keys:
            return width
    raise BadPacket(f"unknown property {key:#x}")


def _packet(kind: Kind, flags: int, body: bytes) -> bytes:
    return bytes([kind << 4 | flags]) + _variable(len(body)) + body


def _text(value: str) -> bytes:
    return _binary(value.encode())


def _binary(value: bytes) -> bytes:
    return struct.pack("!H", len(value)) + value


def _variable(number: int) -> bytes:
    out = bytearray()
    while True:
        number, digit = number >> 7, number & 0x7F
        out.append(digit | 0x80 if number else digit)
        if not number:
            return bytes(out)


def _unsigned(data: bytes, at: int, width: int) -> int:
    return int.from_bytes(data[at : at + width], "big")


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    end = at + 2 + _unsigned(data, at, 2)
    return data[at + 2 : end].decode(), end


def _read_variable(data: bytes, at: int) -> tuple[int, int]:
    """IndexError: there is more to come."""
    number = 0
    for shift in (0, 7, 14, 21):
        digit = data[at]
        at += 1
        number |= (digit & 0x7F) << shift
        if not digit & 0x80:
            return number, at
    raise BadPacket("a length of more than four bytes")
