"""The other end, as small as the contract allows: a real Mosquitto, a hub that listens, and enrollment and documents over
HTTP. It lets a test order trouble (a refusal, a cut, a late file) and wait for facts with a deadline."""

import asyncio
import base64
import hashlib
import socket
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from protocol import device as wire
from protocol.device import Leaf

HUB = "hub"
DEVICES_AT_MOST = 700
ACL = """
user hub
topic readwrite #
pattern write devices/%u/presence
pattern read devices/%u/desired
pattern write devices/%u/reported
pattern read devices/%u/commands
pattern write devices/%u/acks
pattern write devices/%u/usage
pattern read devices/%u/usage/ack
pattern write devices/%u/inventory
pattern write devices/%u/events
pattern read hub/time
"""


@dataclass(frozen=True)
class Heard:
    device_id: str
    leaf: Leaf
    payload: bytes
    retained: bool
    at: float


@dataclass
class Answer:
    """One answer that the test ordered instead of the normal one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass
class Served:
    """A document; `cuts` are byte counts after which a request's connection is dropped."""

    content: bytes
    cuts: deque[int] = field(default_factory=deque)
    answers: deque[Answer] = field(default_factory=deque)
    ranges: list[str | None] = field(default_factory=list)


class School:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mqtt_port = _free_port()
        self.requests: list[wire.EnrollmentRequest] = []
        self.answers: deque[Answer] = deque()
        self.documents: dict[str, Served] = {}
        self.time_ahead = timedelta(0)
        self.heard: list[Heard] = []
        self._ids: dict[str, str] = {}
        self._broker: subprocess.Popen[bytes] | None = None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._hub = paho.Client(CallbackAPIVersion.VERSION2, HUB, protocol=paho.MQTTv5)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def link(self) -> str:
        return f"{self.base}/t/jeton"

    def open(self) -> None:
        self._write_configuration()
        self.start_broker()
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        self._hub.username_pw_set(HUB, password_of(HUB))
        self._hub.max_inflight_messages_set(1000)
        self._hub.reconnect_delay_set(1, 1)
        self._hub.on_connect = lambda client, *_rest: client.subscribe("devices/#", qos=1)
        self._hub.on_socket_open = lambda _c, _d, sock: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._hub.on_message = self._hear
        self._hub.connect("127.0.0.1", self.mqtt_port, 30)
        self._hub.loop_start()

    def close(self) -> None:
        self._hub.disconnect()
        self._hub.loop_stop()
        self.stop_broker()
        self._http.shutdown()
        self._http.server_close()

    def start_broker(self) -> None:
        self._broker = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(self.folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "mosquitto.log").open("ab"),
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.mqtt_port), 1).close()
            except OSError:
                if self._broker.poll() is not None:
                    raise AssertionError((self.folder / "mosquitto.log").read_text()) from None
                threading.Event().wait(0.02)
            else:
                return
        raise AssertionError("mosquitto does not answer")

    def stop_broker(self) -> None:
        if self._broker is not None:
            self._broker.kill()
            self._broker.wait()
            self._broker = None

    # What the hub says

    def say(self, device_id: str, leaf: Leaf, payload: bytes, retain: bool = False) -> None:
        self._hub.publish(wire.topic(device_id, leaf), payload, qos=1, retain=retain).wait_for_publish(10)

    def tell_time(self, now: datetime) -> None:
        self._hub.publish(wire.TIME_TOPIC, wire.encode_hub_time(now), qos=1).wait_for_publish(10)

    def desire(self, device_id: str, version: int, restrictions: wire.Restrictions, seconds: float = 2700) -> None:
        now = self.now()
        desired = wire.Desired(version, now, restrictions, now + timedelta(seconds=seconds), None)
        self.say(device_id, Leaf.DESIRED, wire.encode_desired(desired), retain=True)

    def order(self, device_id: str, kind: wire.CommandType, seconds: float = 60, **args: object) -> wire.Command:
        now = self.now()
        command = wire.Command(str(uuid4()), kind, now, now + timedelta(seconds=seconds), args)
        self.say(device_id, Leaf.COMMANDS, wire.encode_command(command))
        return command

    def publish(self, name: str, content: bytes) -> tuple[Served, dict[str, object]]:
        """A document on the shelf, and the arguments of the command that opens it."""
        sha256 = hashlib.sha256(content).hexdigest()
        served = self.documents[sha256] = Served(content)
        url = f"{self.base}/documents/{sha256}"
        return served, {"url": url, "name": name, "mime": "application/pdf", "size": len(content), "sha256": sha256}

    def now(self) -> datetime:
        return datetime.now(UTC) + self.time_ahead  # noqa: TID251 - the hub is outside the program under test

    # What the hub has heard

    def payloads(self, device_id: str, leaf: Leaf) -> list[bytes]:
        return [heard.payload for heard in self.heard if heard.device_id == device_id and heard.leaf is leaf]

    def reports(self, device_id: str) -> list[wire.Reported]:
        return [wire.parse_reported(raw) for raw in self.payloads(device_id, Leaf.REPORTED)]

    def acks(self, device_id: str, command_id: str) -> list[wire.Ack]:
        acks = [wire.parse_ack(raw) for raw in self.payloads(device_id, Leaf.ACKS)]
        return [ack for ack in acks if ack.id == command_id]

    def statuses(self, device_id: str, command_id: str) -> list[str]:
        return [ack.status.value for ack in self.acks(device_id, command_id)]

    def enroll(self, request: wire.EnrollmentRequest) -> wire.EnrollmentAnswer:
        self.requests.append(request)
        number = len(self._ids) + 1
        device_id = self._ids.setdefault(request.serial, device_id_of(number))
        mqtt = wire.MqttAccess("127.0.0.1", self.mqtt_port, False, None, device_id, password_of(device_id))
        return wire.EnrollmentAnswer(device_id, f"Tablette {number:02}", "0880123K", mqtt, None, self.now())

    def _hear(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        address = wire.parse_topic(message.topic)
        if address is not None and address[1] in wire.FROM_DEVICE:
            self.heard.append(Heard(*address, bytes(message.payload), message.retain, time.monotonic()))

    def _write_configuration(self) -> None:
        names = [HUB, *(device_id_of(number) for number in range(1, DEVICES_AT_MOST))]
        (self.folder / "passwords").write_text("".join(f"{name}:{_hashed(password_of(name))}\n" for name in names))
        (self.folder / "acl").write_text(ACL)
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.mqtt_port} 127.0.0.1\nallow_anonymous false\nuser root\nset_tcp_nodelay true\n"
            f"password_file {self.folder}/passwords\nacl_file {self.folder}/acl\n"
            "max_queued_messages 10000\npersistence false\n"
        )


@contextmanager
def running_school() -> Iterator[School]:
    with tempfile.TemporaryDirectory(prefix="preau-school-") as folder:
        school = School(Path(folder))
        school.open()
        try:
            yield school
        finally:
            school.close()


async def until(fact: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for a fact, with a deadline."""
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.01)


def device_id_of(number: int) -> str:
    return f"d-{number:08}"


def password_of(name: str) -> str:
    return f"secret-of-{name}"


def _hashed(password: str) -> str:
    salt = b"twelve bytes"
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 1)
    return f"$7$1${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _handler(school: School) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if school.answers:
                self._answer(school.answers.popleft())
            else:
                request = wire.parse_enrollment(raw)
                body = wire.encode_enrollment_answer(school.enroll(request))
                self._answer(Answer(HTTPStatus.CREATED, {"Content-Type": "application/json"}, body))

        def do_GET(self) -> None:
            sha256 = self.path.rpartition("/")[2]
            served = school.documents.get(sha256)
            if not self._is_enrolled():
                self._answer(Answer(HTTPStatus.UNAUTHORIZED))
            elif served is None:
                self._answer(Answer(HTTPStatus.NOT_FOUND))
            elif served.answers:
                self._answer(served.answers.popleft())
            else:
                self._send_document(served, sha256)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests speak for themselves."""

        def _is_enrolled(self) -> bool:
            kind, _, value = self.headers.get("Authorization", "").partition(" ")
            name, _, password = base64.b64decode(value).decode().partition(":")
            return kind == "Basic" and password == password_of(name)

        def _send_document(self, served: Served, sha256: str) -> None:
            asked = self.headers.get("Range")
            served.ranges.append(asked)
            is_part = asked is not None and self.headers.get("If-Range") == f'"{sha256}"'
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and is_part else 0
            total = len(served.content)
            self.send_response(HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK)
            if is_part:
                self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
            self.send_header("ETag", f'"{sha256}"')
            self.send_header("Content-Length", str(total - start))
            self.end_headers()
            if served.cuts:
                self.wfile.write(served.content[start : start + served.cuts.popleft()])
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                self.wfile.write(served.content[start:])

        def _answer(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

    return Handler
