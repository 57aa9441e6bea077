"""Broker and bridge of one appliance as real processes, its use cases in this one, and tablets that speak the protocol.

Without pages: for what must hold between SQLite, Mosquitto and devices, and for killing each of them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import apsw
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.bootstrap import Services, broker_settings, build_services, open_databases
from appliance.broker.process import allow_open_files, command_line, wait_ready, write_configuration
from appliance.broker.reload import apply_credentials
from appliance.cli.options import as_arguments
from appliance.clock import ClockKeeper
from appliance.config import Config, make_folders
from appliance.domain.gestures import GestureKind
from appliance.domain.people import Actor, Role
from appliance.services.enrollment import credentials, hash_token
from appliance.services.gestures import Request
from appliance.services.lessons import Plan
from appliance.store.live import live_database, read_live
from appliance.store.models import EnrollmentToken, Receipt, User, database
from protocol.device import (
    Ack,
    AckStatus,
    Capability,
    EnrollmentRequest,
    Kind,
    Leaf,
    Presence,
    Reported,
    UsageBatch,
    UsageRecord,
    encode_ack,
    encode_reported,
    encode_usage,
    parse_command,
    parse_desired,
    parse_usage_ack,
    topic,
)
from tests.support.appliance import ROOT, wait_for
from tests.support.ports import free_ports

_START = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Box:
    """Start it with `running_box`. Broker and bridge can be killed and started at will."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings = broker_settings(config)
        self._keeper = ClockKeeper(config.runtime_path, config.clock_floor_path)
        self._broker: subprocess.Popen[bytes] | None = None
        self._bridge: subprocess.Popen[bytes] | None = None
        self._serials = 0

    def prepare(self) -> None:
        make_folders(self.config)
        self._keeper.start()
        open_databases(self.config)
        write_configuration(self.settings)
        apply_credentials(self.settings, credentials)
        database.connect()
        live_database.connect()
        self.services: Services = build_services(self.config)
        now = self.services.clock.now()
        user = User.create(login="durand", name="Mme Durand", role="teacher", created_at=now)
        self.teacher = Actor(user.id, user.name, Role.TEACHER)
        EnrollmentToken.create(
            token_hash=hash_token("open-sesame"),
            uses=1000,
            created_at=now,
            created_by="x",
            expires_at=now + timedelta(days=1),
        )

    def start_broker(self) -> None:
        allow_open_files()
        self._broker = subprocess.Popen(command_line(self.settings), stdout=self._log(), stderr=subprocess.STDOUT)
        wait_ready(self.settings, 20)

    def start_bridge(self, *before: str, environment: dict[str, str] | None = None) -> None:
        self._bridge = subprocess.Popen(
            [*before, sys.executable, "-m", "appliance", "bridge", *as_arguments(self.config)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._log(),
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )

    @property
    def bridge_pid(self) -> int:
        assert self._bridge is not None
        return self._bridge.pid

    @property
    def bridge_runs(self) -> bool:
        return self._bridge is not None and self._bridge.poll() is None

    @property
    def log(self) -> str:
        return (self.config.runtime_path / "log").read_text(errors="replace")

    def kill_broker(self) -> None:
        assert self._broker is not None
        self._broker.kill()
        self._broker.wait()

    def kill_bridge(self) -> None:
        assert self._bridge is not None
        self._bridge.kill()
        self._bridge.wait()

    def stop(self) -> None:
        for process in (self._bridge, self._broker):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
                process.wait(20)
        live_database.close()
        database.close()

    def enroll(self, **changes: Any) -> "Tablet":
        """A new device that can do everything, not connected yet."""
        self._serials += 1
        request = EnrollmentRequest(
            token="open-sesame", serial=f"S{self._serials}", manufacturer="samsung", model="SM-X200",
            kind=Kind.TABLET, os="Android 14", agent="test", capabilities=frozenset(Capability),
        )  # fmt: skip
        answer = self.services.enrollment.enroll(request, "127.0.0.1")
        return Tablet(answer.id, answer.mqtt.password, self.config.mqtt_port, **changes)

    def start_lesson(self, tablets: Sequence["Tablet"], minutes: int = 45) -> str:
        return self.services.lessons.start(self.teacher, Plan("Essai", minutes, [one.id for one in tablets]))

    def perform(self, lesson_id: str, kind: str, tablets: Sequence["Tablet"] | None = None, **args: object) -> str:
        ids = None if tablets is None else [one.id for one in tablets]
        request = Request(str(uuid.uuid4()), GestureKind(kind), args, ids)
        return self.services.gestures.perform(self.teacher, lesson_id, request)

    def receipts(self, gesture_id: str) -> dict[str, str]:
        return {row.device_id: row.state for row in Receipt.select().where(Receipt.gesture == gesture_id)}

    def wait_for_receipts(self, gesture_id: str, state: str, seconds: float = 20) -> None:
        wait_for(
            lambda: set(self.receipts(gesture_id).values()) == {state}, seconds, f"all {state}: {self.log[-2000:]}"
        )

    def online(self) -> set[str]:
        return {one for one, row in read_live().items() if row.presence == Presence.ONLINE}

    def wait_for_online(self, *tablets: "Tablet", seconds: float = 20) -> None:
        wanted = {one.id for one in tablets}
        wait_for(lambda: self.online() >= wanted, seconds, f"online: {wanted}")

    def wait_for_offline(self, tablet: "Tablet", seconds: float = 20) -> None:
        wait_for(lambda: tablet.id not in self.online(), seconds, f"{tablet.id} offline")

    @contextmanager
    def held_store(self) -> Iterator[None]:
        """Nobody else can write meanwhile: who records something waits in the middle of it."""
        connection = apsw.Connection(str(self.config.store_path))
        connection.set_busy_timeout(10_000)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
            connection.close()

    def _log(self) -> Any:
        return (self.config.runtime_path / "log").open("ab")


@dataclass
class Tablet:
    """Does what is asked of it, each command once, and comes back by itself. `answers`: whether it says so."""

    id: str
    password: str
    port: int
    answers: bool = True
    keepalive: int = 60
    versions: list[int] = field(default_factory=list)
    delivered: Counter[str] = field(default_factory=Counter)
    effects: list[str] = field(default_factory=list)
    retained_commands: int = 0
    watermarks: list[tuple[str, int]] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        client = Client(CallbackAPIVersion.VERSION2, client_id=self.id, protocol=MQTTProtocolVersion.MQTTv5)
        client.username_pw_set(self.id, self.password)
        client.will_set(topic(self.id, Leaf.PRESENCE), b"offline", qos=1, retain=True)
        client.reconnect_delay_set(1, 1)
        client.on_connect, client.on_message = self._connected, self._heard
        self.client = client

    def connect(self) -> Self:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 86_400
        self.client.connect("127.0.0.1", self.port, self.keepalive, clean_start=False, properties=properties)
        self.client.loop_start()
        return self

    def vanish(self) -> None:
        """Without a word and for good: the broker sends the will."""
        self.client._reconnect_on_failure = False
        raw = self.client.socket()
        if raw is not None:
            raw.close()
        self.client.loop_stop()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def say(self, leaf: Leaf, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic(self.id, leaf), payload, qos=1, retain=retain)

    def say_usage(self, boot: str, *numbers: int) -> None:
        records = tuple(UsageRecord(number, "org.kde.gcompris", _START, 60) for number in numbers)
        self.say(Leaf.USAGE, encode_usage(UsageBatch(boot, records)))

    def ack(self, command_id: str, status: AckStatus = AckStatus.DONE) -> None:
        self.say(Leaf.ACKS, encode_ack(Ack(command_id, status)))

    @property
    def version(self) -> int:
        return self.versions[-1] if self.versions else 0

    def _connected(self, client: Client, _userdata: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            return
        self.connections += 1
        client.subscribe([(topic(self.id, leaf), 1) for leaf in (Leaf.DESIRED, Leaf.COMMANDS, Leaf.USAGE_ACK)])
        self.say(Leaf.PRESENCE, b"online", retain=True)

    def _heard(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if not message.payload:
            return  # what was retained for it is cleared: it is being removed
        if message.topic.endswith("/desired"):
            self._apply(bytes(message.payload))
        elif message.topic.endswith("/commands"):
            self._obey(message)
        else:
            ack = parse_usage_ack(bytes(message.payload))
            self.watermarks.append((ack.boot, ack.up_to))

    def _apply(self, payload: bytes) -> None:
        desired = parse_desired(payload)
        self.versions.append(desired.version)
        if self.answers:
            said = Reported(desired.version, None, desired.restrictions)
            self.say(Leaf.REPORTED, encode_reported(said), retain=True)

    def _obey(self, message: MQTTMessage) -> None:
        command = parse_command(bytes(message.payload))
        self.retained_commands += message.retain
        self.delivered[command.id] += 1
        if self.delivered[command.id] == 1:
            self.effects.append(command.id)
        if self.answers:
            self.ack(command.id)


@contextmanager
def running_box(bridge: bool = True, folder: Path | None = None) -> Iterator[Box]:
    folder = folder or Path(tempfile.mkdtemp(prefix="preau-"))
    http_port, mqtt_port, websocket_port = free_ports(3)
    box = Box(Config(folder, "127.0.0.1", http_port, mqtt_port, websocket_port))
    try:
        box.prepare()
        box.start_broker()
        if bridge:
            box.start_bridge()
        yield box
    finally:
        box.stop()
        shutil.rmtree(box.config.runtime_path, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
