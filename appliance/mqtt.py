"""paho-mqtt, and the only file that knows it: the hub's own connection to the broker over the internal socket.

QoS 1 both ways. A message is acknowledged to the broker only when its handler's owner says so (`acknowledge`),
after the commit: a bridge that is killed in between is given it again.

Each connection is a client of its own. After a loss paho would send again what it had not got through before: commands
that are canceled by now, and desired states behind later ones. What a connection did not deliver dies with it; the hub
looks into its store and says it anew.
"""

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from appliance.logs import fact

P = ParamSpec("P")
_log = logging.getLogger("mqtt")
_RETRY_SECONDS = 0.05  # a class that waits for its desired states waits for this first; a try costs next to nothing
_KEEPALIVE_SECONDS = 20
_SESSION_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Message:
    """`connection`: the number of the connection that brought it; the packet's id means nothing on another one."""

    topic: str
    payload: bytes
    retained: bool
    packet_id: int
    connection: int = 0


class HubConnection:
    """Connects by itself, and again after each loss. Callbacks run in paho's thread; what they raise: `on_failed`."""

    def __init__(
        self,
        socket_path: Path,
        username: str,
        password: str,
        subscriptions: tuple[str, ...],
        client_id: str = "hub-bridge",
    ) -> None:
        self._client_id = client_id
        self._socket_path = socket_path
        self._login = username, password
        self._subscriptions = subscriptions
        self.retry_seconds = _RETRY_SECONDS
        self.connected = threading.Event()
        self.on_message: Callable[[Message], None] = lambda _: None
        self.on_connected: Callable[[], None] = lambda: None
        self.on_lost: Callable[[], None] = lambda: None
        self.on_failed: Callable[[Exception], None] = lambda _: None
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._keeper: threading.Thread | None = None
        self._client: Client | None = None
        self._number = 0
        self._told = ""

    def start(self) -> None:
        self._keeper = threading.Thread(target=self._guarded(self._keep), name="broker-connection")
        self._keeper.start()

    def stop(self) -> None:
        """What was published before goes out first."""
        self._stop.set()
        if self._client is not None:
            self._client.disconnect()
        self._ended.set()
        if self._keeper is not None:
            self._keeper.join()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, expires_in: int | None = None) -> None:
        """Lost when not connected. `expires_in`: seconds after which the broker drops what it could not deliver."""
        properties = None
        if expires_in is not None:
            properties = Properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = max(1, expires_in)
        client = self._client
        if client is not None and self.connected.is_set():
            client.publish(topic, payload, qos=1, retain=retain, properties=properties)

    def acknowledge(self, message: Message) -> None:
        """Of an earlier connection: nothing. The broker gives it again, or has forgotten it."""
        client = self._client
        # A device that says something with QoS 0 expects no answer, and the broker takes one for a protocol error.
        if client is not None and message.packet_id and message.connection == self._number:
            client.ack(message.packet_id, 1)

    def _guarded(self, callback: Callable[P, None]) -> Callable[P, None]:
        """paho would end its thread without a word, and the hub be deaf for ever."""

        def call(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                callback(*args, **kwargs)
            except Exception as error:
                self.on_failed(error)

        return call

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._ended.clear()
            self._number += 1
            client = self._make_client(self._number)
            with contextlib.suppress(OSError):
                self._connect(client)
            client.loop_stop()
            self._stop.wait(self.retry_seconds)

    def _connect(self, client: Client) -> None:
        """Returns when the connection has ended. Raises OSError when nobody listens."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = _SESSION_SECONDS
        client.connect(str(self._socket_path), 1, _KEEPALIVE_SECONDS, clean_start=False, properties=properties)
        self._client = client
        client.loop_start()
        while not self._ended.wait(1) and not self._stop.is_set():
            pass

    def _make_client(self, number: int) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            transport="unix",
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.username_pw_set(*self._login)
        client.max_inflight_messages_set(0)
        client.max_queued_messages_set(0)
        client.on_connect = self._guarded(self._connected)
        client.on_disconnect = self._guarded(self._disconnected)

        def receive(_client: Client, _userdata: object, message: MQTTMessage) -> None:
            packet_id = message.mid if message.qos else 0
            self.on_message(Message(message.topic, bytes(message.payload), message.retain, packet_id, number))

        client.on_message = self._guarded(receive)
        return client

    def _connected(
        self, client: Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._tell("broker_refused", reason)
            return
        error, _ = client.subscribe([(name, 1) for name in self._subscriptions])
        if error is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            return  # lost again already
        self.on_connected()  # before `connected`: who sees that may count on this having been told
        self.connected.set()
        self._tell("broker_connected", reason)

    def _disconnected(
        self, _client: Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if self.connected.is_set():
            self.connected.clear()
            self._tell("broker_lost", reason)
            self.on_lost()
        self._ended.set()

    def _tell(self, event: str, reason: ReasonCode) -> None:
        """Once, however often it is tried again."""
        if event != self._told:
            self._told = event
            fact(_log, event, reason=reason)
