"""A client written from the device protocol with paho: what any test uses to talk to a real broker.

Waits for facts with a deadline; never sleeps, never reconnects by itself.
"""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
SESSION_EXPIRY_SECONDS = 86_400

NOT_AUTHORIZED = 0x87
BAD_LOGIN = {0x86, NOT_AUTHORIZED}


@dataclass(frozen=True, slots=True)
class Address:
    """`path`: of a Unix socket; `ca`: the certificate to trust, when the listener speaks TLS."""

    host: str = "127.0.0.1"
    port: int = 0
    transport: Literal["tcp", "websockets", "unix"] = "tcp"
    path: Path | None = None
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Login:
    username: str | None
    password: str | None = None
    client_id: str | None = None  # None: the user name, as the contract says


@dataclass(frozen=True, slots=True)
class Manners:
    """What a client asks for when it connects."""

    version: Literal[4, 5] = 5
    clean: bool = False
    keepalive: int = 60
    will: tuple[str, bytes] | None = None
    will_retained: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    topic: str
    payload: bytes
    retained: bool
    qos: int


@dataclass(slots=True)
class _Seen:
    """What paho's thread has seen; guarded by the peer's condition."""

    connected: int | None = None
    disconnected: int | None = None
    connack: Any = None
    session_present: bool = False
    published: dict[int, int] = field(default_factory=dict)
    subscribed: dict[int, list[int]] = field(default_factory=dict)
    messages: list[Received] = field(default_factory=list)


class Peer:
    """One MQTT client. `with Peer(…) as peer:` connects, and fails if it is refused."""

    def __init__(self, address: Address, login: Login, manners: Manners | None = None) -> None:
        self._address, self._manners = address, manners or Manners()
        self._seen = _Seen()
        self._changed = threading.Condition()
        self._client = self._make_client(login)

    def __enter__(self) -> Self:
        code = self.connect()
        assert code == 0, f"refused: {code}"
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> int:
        """The broker's reason code; the peer goes on in a thread of paho's."""
        self._seen.connected = self._seen.disconnected = None
        more: dict[str, Any] = {}
        if self._manners.version == 5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 0 if self._manners.clean else SESSION_EXPIRY_SECONDS
            more = {"clean_start": self._manners.clean, "properties": properties}
        place = str(self._address.path) if self._address.transport == "unix" else self._address.host
        self._client.connect(place, self._address.port or 1, keepalive=self._manners.keepalive, **more)
        self._client.loop_start()
        code = self.wait(lambda: self._seen.connected, "an answer to CONNECT")
        if code:
            self._client.loop_stop()
        return code

    @property
    def connack(self) -> Any:
        """MQTT 5: the properties of the broker's answer."""
        return self._seen.connack

    @property
    def session_present(self) -> bool:
        """Whether the broker still had this client's session."""
        return self._seen.session_present

    @property
    def messages(self) -> list[Received]:
        with self._changed:
            return list(self._seen.messages)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Waits for the PUBACK. MQTT 3.1.1 has no reason code: 0, refused or not."""
        packet_id = self.send(topic, payload, retain=retain)
        return self.wait(lambda: self._seen.published.get(packet_id), f"the PUBACK of {topic}")

    def send(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> int:
        return self._client.publish(topic, payload, qos=qos, retain=retain).mid

    def wait_for_acks(self, count: int) -> None:
        self.wait(lambda: len(self._seen.published) >= count or None, f"{count} PUBACKs")

    def subscribe(self, *filters: str) -> list[int]:
        _, packet_id = self._client.subscribe([(name, 1) for name in filters])
        assert packet_id is not None
        return self.wait(lambda: self._seen.subscribed.get(packet_id), "a SUBACK")

    def wait_for(self, payload: bytes) -> Received:
        return self.wait(
            lambda: next((m for m in self._seen.messages if m.payload == payload), None), f"the message {payload!r}"
        )

    def wait_for_count(self, count: int) -> list[Received]:
        return self.wait(
            lambda: list(self._seen.messages) if len(self._seen.messages) >= count else None, f"{count} messages"
        )

    def wait_for_end(self) -> int:
        """Until the broker has ended the connection: its reason code, or paho's own for a plain close."""
        return self.wait(lambda: self._seen.disconnected, "the end of the connection")

    @property
    def is_connected(self) -> bool:
        return self._seen.connected == 0 and self._seen.disconnected is None

    def drop(self) -> None:
        """Goes without a word, like a tablet that lost its Wi-Fi: the broker sends the will."""
        raw: Any = self._client.socket()  # a socket, or paho's WebSocket around one
        raw = getattr(raw, "_socket", raw)
        raw.shutdown(socket.SHUT_RDWR)
        self.wait_for_end()
        self._client.loop_stop()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait(self, look: Callable[[], T | None], what: str) -> T:
        with self._changed:
            found: list[T] = []

            def is_there() -> bool:
                value = look()
                if value is not None:
                    found.append(value)
                return value is not None

            assert self._changed.wait_for(is_there, PATIENCE_SECONDS), f"waited in vain for {what}"
            return found[0]

    def _make_client(self, login: Login) -> Client:
        version = MQTTProtocolVersion(self._manners.version)
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=login.username or "" if login.client_id is None else login.client_id,
            protocol=version,
            transport=self._address.transport,
            clean_session=self._manners.clean if self._manners.version == 4 else None,
            reconnect_on_failure=False,
        )
        if login.username is not None:
            client.username_pw_set(login.username, login.password)
        if self._address.ca is not None:
            client.tls_set(ca_certs=str(self._address.ca))
        if self._manners.will is not None:
            topic, payload = self._manners.will
            client.will_set(topic, payload, qos=1, retain=self._manners.will_retained)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_subscribe, client.on_message = (
            self._on_publish,
            self._on_subscribe,
            self._on_message,
        )
        return client

    def _on_connect(self, _c: Client, _u: object, flags: ConnectFlags, reason: ReasonCode, properties: Any) -> None:
        with self._changed:
            self._seen.connected, self._seen.connack = reason.value, properties
            self._seen.session_present = flags.session_present
            self._changed.notify_all()

    def _on_disconnect(self, _c: Client, _u: object, _flags: object, reason: ReasonCode, _properties: object) -> None:
        with self._changed:
            self._seen.disconnected = reason.value
            self._changed.notify_all()

    def _on_publish(self, _c: Client, _u: object, packet_id: int, reason: ReasonCode, _properties: object) -> None:
        with self._changed:
            self._seen.published[packet_id] = reason.value
            self._changed.notify_all()

    def _on_subscribe(
        self, _c: Client, _u: object, packet_id: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        with self._changed:
            self._seen.subscribed[packet_id] = [reason.value for reason in reasons]
            self._changed.notify_all()

    def _on_message(self, _c: Client, _u: object, message: MQTTMessage) -> None:
        with self._changed:
            self._seen.messages.append(Received(message.topic, bytes(message.payload), message.retain, message.qos))
            self._changed.notify_all()
