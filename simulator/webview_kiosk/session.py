"""What the agent writes on the wire, as values: CONNECT, will, topics, events, answers. From its own settings only."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from simulator.webview_kiosk import keys
from simulator.webview_kiosk.answers import Who
from simulator.webview_kiosk.effects import Answer, Event
from simulator.webview_kiosk.packets import Connect, Properties, Property, Publication, Will
from simulator.webview_kiosk.settings import Settings, filled

RECEIVE_MAXIMUM = 65_535
MAXIMUM_PACKET_SIZE = 268_435_460
PURPOSES = ("command", "settings", "request")  # in the order of their subscriptions, with the ids 1, 2, 3


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings that a connection was made with: later ones count only when it is made anew."""

    place: tuple[str, int]
    password: str
    client_id: str
    clean_start: bool
    session_expiry: int
    keep_alive: int
    topics: dict[str, str]
    qos: dict[str, int]
    who: Who
    plain_will: bool = False

    def connect(self, is_automatic: bool) -> Connect:
        """An automatic reconnection forgets the user properties, and starts clean only where nothing is kept."""
        clean = self.session_expiry == 0 if is_automatic else self.clean_start
        properties: Properties = [
            (Property.SESSION_EXPIRY, self.session_expiry),
            (Property.RECEIVE_MAXIMUM, RECEIVE_MAXIMUM),
            (Property.MAXIMUM_PACKET_SIZE, MAXIMUM_PACKET_SIZE),
        ]
        return Connect(
            client_id=self.client_id,
            username=self.who.username or None,
            password=self.password or None,
            clean_start=clean,
            keep_alive=self.keep_alive,
            properties=properties + ([] if is_automatic else self.user_properties),
            will=self._will(),
        )

    @property
    def user_properties(self) -> Properties:
        return [
            (Property.USER, ("username", self.who.username)),
            (Property.USER, ("appInstanceId", self.who.instance_id)),
        ]

    def _will(self) -> Will:
        text = "gone" if self.plain_will else json.dumps({"message": "lost", **_names(self.who)})
        properties: Properties = [
            (Property.WILL_DELAY, 0),
            (Property.MESSAGE_EXPIRY, 0),
            (Property.CONTENT_TYPE, "text/plain"),
            *self.user_properties,
        ]
        return Will(self.topics["will"], text.encode(), self.qos["will"], properties)

    def purpose_of(self, topic: str) -> str | None:
        return next((purpose for purpose in PURPOSES if self.topics[purpose] == topic), None)

    def event(self, event: Event, speaks_as: Who) -> Publication:
        body: dict[str, Any] = {"eventType": event.name, "messageId": str(uuid.uuid4()), **_names(speaks_as)}
        if event.data is not None:
            body["data"] = event.data
        topic = filled(self.topics["event"], {"EVENT_TYPE": event.name})
        return self._publication(topic, _encoded(body), self.qos["event"], [])

    def answer(self, answer: Answer, speaks_as: Who) -> Publication:
        topic = answer.topic or filled(self.topics["response"], {"RESPONSE_TYPE": answer.segment})
        payload = answer.raw if answer.raw is not None else _encoded({**answer.body, **_names(speaks_as)})
        more: Properties = [] if answer.correlation is None else [(Property.CORRELATION_DATA, answer.correlation)]
        return self._publication(filled(topic, self.who.variables), payload, self.qos["response"], more)

    def _publication(self, topic: str, payload: bytes, qos: int, more: Properties) -> Publication:
        properties = [(Property.CONTENT_TYPE, "application/json"), *more, *self.user_properties]
        return Publication(topic, payload, qos, properties=properties)


def plan(settings: Settings, instance_id: str, plain_will: bool = False) -> Plan:
    who = Who(settings.stored_text("mqtt.connection.username"), instance_id)
    names = {"event": "publish", "response": "publish", **dict.fromkeys(PURPOSES, "subscribe")}
    paths = {**{name: f"{side}.{name}" for name, side in names.items()}, "will": "will"}
    return Plan(
        place=(
            settings.stored_text("mqtt.connection.server_host"),
            settings.stored_number("mqtt.connection.server_port"),
        ),
        password=settings.stored_text(keys.PASSWORD),
        client_id=filled(settings.stored_text("mqtt.connection.client_id"), who.variables),
        clean_start=settings.stored_flag("mqtt.connection.clean_start"),
        session_expiry=settings.stored_number("mqtt.connection.session_expiry_interval"),
        keep_alive=settings.stored_number("mqtt.connection.keep_alive"),
        topics={
            name: filled(settings.stored_text(f"mqtt.{path}.topic"), who.variables) for name, path in paths.items()
        },
        qos={name: settings.qos(path) for name, path in paths.items()},
        who=who,
        plain_will=plain_will,
    )


def _names(who: Who) -> dict[str, str]:
    return {"username": who.username, "appInstanceId": who.instance_id}


def _encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
