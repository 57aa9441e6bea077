"""Listens to everything on the agents' broker, as it was published: who said what, how, and when. Judges nothing."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from appliance.bootstrap import agents_broker_settings
from appliance.broker.configuration import HUB_USERNAME
from appliance.broker.password_file import hub_password
from appliance.config import Config
from tests.support.appliance import wait_for

TO_TABLET = ("command", "settings", "request")
OWN_MARK = "spy-"


@dataclass(frozen=True, slots=True)
class Heard:
    """`expiry` None: it was published without one."""

    username: str
    leaf: str
    payload: bytes
    qos: int
    retain: bool
    expiry: int | None
    at: float

    @property
    def body(self) -> dict[str, Any]:
        try:
            found = json.loads(self.payload)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def is_order(self) -> bool:
        """From the appliance to a tablet; what the spy itself says is marked."""
        return self.leaf in TO_TABLET and not str(self.body.get("messageId", "")).startswith(OWN_MARK)

    @property
    def word(self) -> str:
        """What it is: a command, a request's type, `settings` or `rebuild`, an event's or answer's topic."""
        if self.leaf == "settings":
            return "rebuild" if self.body.get("reloadActivity", True) else "settings"
        return str(self.body.get("command") or self.body.get("requestType") or self.leaf)


class Spy:
    def __init__(self, config: Config) -> None:
        self._settings = agents_broker_settings(config)
        self._lock = threading.Lock()
        self._heard: list[Heard] = []
        self._is_listening = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="spy", protocol=MQTTProtocolVersion.MQTTv5, transport="unix"
        )
        self._client.on_connect = lambda client, *_: client.subscribe(
            "wk/#", options=SubscribeOptions(qos=2, retainAsPublished=True)
        )
        self._client.on_subscribe = lambda *_: self._is_listening.set()
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        wait_for(self._settings.socket_path.exists, 20, "the agents' door is open")
        self._client.username_pw_set(HUB_USERNAME, hub_password(self._settings))
        wait_for(self._connects, 20, "the agents' broker lets the spy in")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def socket_path(self) -> Path:
        return self._settings.socket_path

    def heard(self, username: str | None = None) -> list[Heard]:
        with self._lock:
            return [one for one in self._heard if username in (None, one.username)]

    def orders(self, username: str | None = None) -> list[Heard]:
        """What the appliance said to this tablet, in order."""
        return [one for one in self.heard(username) if one.is_order]

    def words(self, username: str, *wanted: str) -> list[str]:
        """Of the appliance's orders; only `wanted` if any."""
        return [one.word for one in self.orders(username) if not wanted or one.word in wanted]

    def leaves(self, username: str) -> list[str]:
        return [one.leaf for one in self.heard(username)]

    def wait(self, like: Callable[[Heard], bool], seconds: float = 15.0, what: str = "") -> Heard:
        return wait_for(lambda: next((one for one in self.heard() if like(one)), None), seconds, what)

    def wait_for_order(self, username: str, word: str, count: int = 1, seconds: float = 15.0) -> Heard:
        def found() -> Heard | None:
            same = [one for one in self.orders(username) if one.word == word]
            return same[count - 1] if len(same) >= count else None

        return wait_for(found, seconds, f"{word} number {count} to {username}; so far {self.words(username)}")

    def say(self, username: str, leaf: str, body: object, expiry: int = 60) -> None:
        """As whoever may publish there: in the appliance's place, or a tablet's. Waited for."""
        if isinstance(body, dict) and leaf in TO_TABLET:
            body = {"messageId": f"{OWN_MARK}{time.monotonic_ns()}", **body}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        properties = Properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = expiry
        self._client.publish(f"wk/{username}/{leaf}", raw, qos=1, properties=properties).wait_for_publish(10)

    def _connects(self) -> bool:
        try:
            self._client.connect(str(self._settings.socket_path), 1)
        except OSError:
            return False
        self._client.loop_start()
        return self._is_listening.wait(5)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        _, username, leaf = message.topic.split("/", 2)
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        one = Heard(username, leaf, bytes(message.payload), message.qos, bool(message.retain), expiry, time.monotonic())
        with self._lock:
            self._heard.append(one)
