"""paho-mqtt, and the only file that knows it: the hub's own connection to the broker over the internal socket.

QoS 1 both ways. A message is acknowledged to the broker only when its handler's owner says so (`acknowledge`),
after the commit: a bridge that is killed in between is given it again.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from appliance.logs import fact

_log = logging.getLogger("mqtt")


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    retained: bool
    packet_id: int


class HubConnection:
    """Connects by itself and again after each loss, at most a second later. Callbacks run in paho's thread."""

    def __init__(self, socket_path: Path, username: str, password: str, subscriptions: tuple[str, ...]) -> None:
        self._socket_path = socket_path
        self._subscriptions = subscriptions
        self.connected = threading.Event()
        self.on_message: Callable[[Message], None] = lambda _: None
        self.on_connected: Callable[[], None] = lambda: None
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id="hub-bridge",
            protocol=MQTTProtocolVersion.MQTTv5,
            transport="unix",
            manual_ack=True,
        )
        client.username_pw_set(username, password)
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.max_inflight_messages_set(0)
        client.max_queued_messages_set(0)
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        self._client = client

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        self._client.connect_async(str(self._socket_path), keepalive=20, clean_start=False, properties=properties)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, expires_in: int | None = None) -> None:
        """`expires_in`: whole seconds after which the broker drops what it could not deliver."""
        properties = None
        if expires_in is not None:
            properties = Properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = max(1, expires_in)
        self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)

    def acknowledge(self, message: Message) -> None:
        self._client.ack(message.packet_id, 1)

    def _connected(
        self, client: Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            fact(_log, "broker_refused", reason=reason)
            return
        client.subscribe([(name, 1) for name in self._subscriptions])
        self.connected.set()
        fact(_log, "broker_connected")
        self.on_connected()

    def _disconnected(
        self, _client: Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self.connected.clear()
        fact(_log, "broker_lost", reason=reason)

    def _received(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.on_message(Message(message.topic, bytes(message.payload), message.retain, message.mid))
