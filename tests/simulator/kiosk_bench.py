"""A bare Mosquitto for the fake agent's own tests, a tap on what it writes, and its school's side."""

import json
import socket
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from appliance.broker.process import find_mosquitto
from simulator.webview_kiosk import packets
from simulator.webview_kiosk.settings import Settings
from tests.support.appliance import wait_for
from tests.support.mqtt import Address, Login, Manners, Peer
from tests.support.ports import free_port

USERNAME = "t07"
HOME = "http://preau.local/t/jeton"


def smallest_import(port: int, username: str = USERNAME, **more: Any) -> dict[str, Any]:
    """The contract's own, to the letter."""
    return {
        "mqtt.enabled": True, "mqtt.connection.server_host": "127.0.0.1", "mqtt.connection.server_port": port,
        "mqtt.connection.use_tls": False, "mqtt.connection.username": username, "mqtt.connection.password": "p",
        "mqtt.connection.client_id": "wk-${USERNAME}", "mqtt.connection.keep_alive": 20,
        "mqtt.connection.session_expiry_interval": 60,
        "mqtt.publish.event.topic": "wk/${USERNAME}/event/${EVENT_TYPE}", "mqtt.publish.event.qos": "AT_LEAST_ONCE",
        "mqtt.publish.response.topic": "wk/${USERNAME}/response/${RESPONSE_TYPE}",
        "mqtt.publish.response.qos": "AT_LEAST_ONCE",
        "mqtt.subscribe.command.topic": "wk/${USERNAME}/command", "mqtt.subscribe.command.qos": "AT_LEAST_ONCE",
        "mqtt.subscribe.settings.topic": "wk/${USERNAME}/settings", "mqtt.subscribe.settings.qos": "AT_LEAST_ONCE",
        "mqtt.subscribe.request.topic": "wk/${USERNAME}/request", "mqtt.subscribe.request.qos": "AT_LEAST_ONCE",
        "mqtt.will.topic": "wk/${USERNAME}/will", "mqtt.will.qos": "AT_LEAST_ONCE",
        "device.custom_auth_password": "4711", "web_content.home_url": HOME, **more,
    }  # fmt: skip


def settings(port: int, **more: Any) -> Settings:
    return Settings(smallest_import(port, **more))


class Tap:
    """Between an agent and the broker: every packet that the agent wrote, one list for each connection."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections: list[list[packets.Packet]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def kinds(self, index: int) -> list[int]:
        return [packet.kind for packet in self.connections[index] if packet.kind != packets.Kind.PUBACK]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                broker = socket.create_connection(("127.0.0.1", self._broker_port))
                seen: list[packets.Packet] = []
                self.connections.append(seen)
                for one, other, into in ((client, broker, seen), (broker, client, None)):
                    threading.Thread(target=_pump, args=(one, other, into), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket, into: list[packets.Packet] | None) -> None:
    reader = packets.Reader()
    with suppress(OSError):
        while data := one.recv(65_536):
            if into is not None:
                into += reader.feed(data)
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


class School:
    """What an appliance would do, by hand: ask, order, listen."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.peer = Peer(Address(port=port), Login(None, client_id="school"), Manners(clean=True))

    def messages(self, topic: str, username: str = USERNAME) -> list[dict[str, Any]]:
        wanted = f"wk/{username}/{topic}"
        return [json.loads(one.payload) for one in self.peer.messages if one.topic == wanted]

    def events(self, username: str = USERNAME) -> list[str]:
        head = f"wk/{username}/event/"
        return [one.topic.removeprefix(head) for one in self.peer.messages if one.topic.startswith(head)]

    def causes(self) -> list[str]:
        return [one["data"]["cause"] for one in self.messages("event/disconnecting")]

    def wait_for_event(self, name: str, count: int = 1) -> dict[str, Any]:
        found = wait_for(lambda: self.messages(f"event/{name}")[count - 1 :], 10, f"event {name}, {self.events()}")
        return found[0]

    def say(self, leaf: str, body: object, username: str = USERNAME) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.peer.publish(f"wk/{username}/{leaf}", raw)

    def order(self, command: str, **rest: Any) -> None:
        self.say("command", {"command": command, **rest})

    def ask(self, kind: str, segment: str | None = None, **data: Any) -> dict[str, Any]:
        """Returns the answer's data."""
        message_id = str(uuid.uuid4())
        self.say("request", {"requestType": kind, "messageId": message_id, "data": data})
        found = wait_for(
            lambda: [
                one for one in self.messages(f"response/{segment or kind}") if one["requestMessageId"] == message_id
            ],
            10,
            f"an answer to {kind}",
        )
        answer: dict[str, Any] = found[0]["data"]
        return answer

    def status(self) -> dict[str, Any]:
        return self.ask("get_status", "status")

    def is_ready(self) -> None:
        """It hears: `connected` proves nothing."""
        wait_for(lambda: "connected" in self.events(), 10, "connected")
        for _ in range(20):
            before = len(self.messages("response/status"))
            self.say("request", {"requestType": "get_status", "messageId": "probe"})
            with suppress(AssertionError):
                wait_for(lambda before=before: len(self.messages("response/status")) > before, 0.3)  # type: ignore[misc]  # mypy cannot read a lambda's default
                return
        raise AssertionError("it never answered")


@contextmanager
def running_school() -> Iterator[School]:
    """Everybody may do everything: what the agent does is tried here, not what the broker lets it do."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="preau-") as folder:
        path = Path(folder) / "conf"
        path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
        process = subprocess.Popen([str(find_mosquitto()), "-c", str(path)], stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: _listens(port), 10, "the broker listens")
            school = School(port)
            with school.peer:
                school.peer.subscribe("wk/#")
                yield school
        finally:
            process.terminate()
            process.wait(10)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
