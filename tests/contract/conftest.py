"""The contract, held against the whole appliance by a client written from the contract's page alone."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.appliance import Appliance, Browser, running_appliance
from tests.support.mqtt import Address, Login, Manners, Peer

EVERYTHING = [
    "lock",
    "sound",
    "camera",
    "internet",
    "apps",
    "open_app",
    "open_link",
    "open_document",
    "message",
    "usage",
]


@dataclass
class Tablet:
    """A device that knows nothing of our code but the JSON of the contract."""

    answer: dict[str, Any]
    peer: Peer
    number: int = field(default=0)

    @property
    def id(self) -> str:
        return str(self.answer["id"])

    def topic(self, leaf: str) -> str:
        return f"devices/{self.id}/{leaf}"

    def come_online(self) -> None:
        self.peer.subscribe(self.topic("desired"), self.topic("commands"), self.topic("usage/ack"), "hub/time")
        self.peer.publish(self.topic("presence"), b"online", retain=True)

    def say(self, leaf: str, body: object, *, retain: bool = False) -> int:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.peer.publish(self.topic(leaf), raw, retain=retain)

    def heard(self, leaf: str) -> list[dict[str, Any]]:
        return [json.loads(one.payload) for one in self.peer.messages if one.topic == self.topic(leaf)]

    def wait(self, leaf: str, like: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The last message of this topic that is so."""
        return self.peer.wait(
            lambda: next((one for one in reversed(self.heard(leaf)) if like(one)), None), f"{leaf} that is as wanted"
        )

    def report(self, version: int, **rest: object) -> None:
        body = {"version": version, "at": now(), "restrictions": {}, "unsupported": [], "errors": {}, **rest}
        self.say("reported", body, retain=True)

    def ack(self, command: dict[str, Any], status: str, error: str | None = None) -> None:
        self.say("acks", {"id": command["id"], "status": status, "error": error, "at": now()})


@dataclass
class School:
    box: Appliance
    link: str
    teacher: Browser
    head: Browser

    def enroll_raw(self, **changes: Any) -> requests.Response:
        body = {
            "token": self.link.rsplit("/", 1)[1], "serial": f"S-{uuid.uuid4().hex[:12]}", "manufacturer": "samsung",
            "model": "SM-X200", "kind": "tablet", "os": "Android 14", "agent": "contract/1", "capabilities": EVERYTHING,
        }  # fmt: skip
        return requests.post(f"{self.box.url}/api/devices", json={**body, **changes}, timeout=20)

    def enroll(self, **changes: Any) -> dict[str, Any]:
        response = self.enroll_raw(**changes)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def peer(self, answer: dict[str, Any], version: Any = 5, **changes: Any) -> Peer:
        mqtt = answer["mqtt"]
        will = (f"devices/{answer['id']}/presence", b"offline")
        return Peer(
            Address(mqtt["host"], mqtt["port"]),
            Login(mqtt["username"], changes.get("password", mqtt["password"])),
            Manners(version=version, will=will, will_retained=True),
        )

    def dropped(self, device_id: str) -> str:
        """The administrator's page of this device."""
        return self.head.get(f"/admin/devices/{device_id}").text


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder: Path = tmp_path_factory.mktemp("school")
    with running_appliance(folder) as box:
        box.add_user("durand")
        box.add_user("martin", "administrator")
        link = box.new_link(uses=900)
        yield School(box, link, box.browser("durand"), box.browser("martin"))


@pytest.fixture
def tablet(school: School) -> Iterator[Tablet]:
    answer = school.enroll()
    with school.peer(answer) as peer:
        tablet = Tablet(answer, peer)
        tablet.come_online()
        tablet.wait("desired")
        yield tablet


@pytest.fixture
def lesson(school: School, tablet: Tablet) -> Iterator[str]:
    lesson_id = school.teacher.start_lesson([tablet.id])
    tablet.wait("desired", lambda desired: desired["lesson"] is not None)
    yield lesson_id
    school.teacher.post(f"/lessons/{lesson_id}/end", {})
