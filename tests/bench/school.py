"""A real appliance with enrolled devices and a teacher, and a bare broker with the same devices beside it."""

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from appliance.bootstrap import broker_settings
from appliance.broker.configuration import HUB_USERNAME, BrokerSettings
from appliance.broker.password_file import hub_password
from appliance.config import Config
from protocol.device import parse_enrollment_answer
from tests.bench.fleet import Place
from tests.bench.packets import Login
from tests.support.appliance import Appliance, Browser, running_appliance
from tests.support.mosquitto import Broker, running_broker
from tests.support.processes import family

_CAPABILITIES = (
    "lock", "sound", "camera", "internet", "apps", "open_app", "open_link", "open_document", "message", "usage",
)  # fmt: skip
_AT_ONCE = 4


@dataclass
class School:
    """`credentials`: password by device id, in the order of enrollment."""

    box: Appliance
    link: str
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        return Config(self.box.data_path, http_port=self.box.http_port, mqtt_port=self.box.mqtt_port)

    @property
    def place(self) -> Place:
        return Place(port=self.box.mqtt_port)

    @property
    def websocket_place(self) -> Place:
        return Place(port=self.box.websocket_port)

    @property
    def observer_place(self) -> Place:
        return Place(socket_path=broker_settings(self.config).socket_path)

    @property
    def observer_login(self) -> Login:
        return hub_login(broker_settings(self.config))

    def pids(self) -> list[int]:
        assert self.box.process is not None
        return family(self.box.process.pid)

    def enroll(self, upto: int) -> list[str]:
        """The ids of the first `upto` devices; those who are missing join."""
        serials = [f"BENCH{number:05d}" for number in range(len(self.credentials), upto)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self.credentials.update(pool.map(self._enroll_one, serials))
        return list(self.credentials)[:upto]

    def teacher(self) -> Browser:
        return self.box.browser("durand")

    def _enroll_one(self, serial: str) -> tuple[str, str]:
        wanted = {
            "token": self.link.rsplit("/", 1)[-1], "serial": serial, "manufacturer": "samsung", "model": "SM-X200",
            "kind": "tablet", "os": "Android 14", "agent": "preau-bench/1.0", "capabilities": list(_CAPABILITIES),
        }  # fmt: skip
        answer = requests.post(f"{self.box.url}/api/devices", json=wanted, timeout=60)
        assert answer.status_code == 201, answer.text
        access = parse_enrollment_answer(answer.content).mqtt
        return access.username, access.password


def hub_login(settings: BrokerSettings) -> Login:
    return Login("hub-bench", HUB_USERNAME, hub_password(settings), clean=True)


@contextmanager
def running_school(count: int) -> Iterator[School]:
    with tempfile.TemporaryDirectory(prefix="preau-bench-") as folder, running_appliance(Path(folder)) as box:
        box.add_user("durand")
        school = School(box, box.new_link(uses=1000))
        school.enroll(count)
        yield school


@contextmanager
def bare_broker(device_ids: Sequence[str]) -> Iterator[Broker]:
    """Mosquitto as the appliance configures it, with as many devices, and nothing of ours on it."""
    with running_broker(*device_ids, log_connections=False) as broker:
        yield broker
