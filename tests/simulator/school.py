"""The other end of the simulator's wire: the real broker with the appliance's own configuration, a hub that listens
and speaks, and enrollment over HTTP. Waits for facts with a deadline.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from protocol import device as wire
from protocol.device import Leaf
from tests.simulator.appliance_http import HttpSide, Served
from tests.support.mosquitto import Broker, running_broker
from tests.support.mqtt import Peer, Received

LESSON = wire.LessonRef("lesson", "Mme Durand")


class School:
    def __init__(self, broker: Broker, ca: str | None = None) -> None:
        self.broker = broker
        self.ca = ca
        self.http = HttpSide(self._enroll, lambda name, password: broker.passwords.get(name) == password)
        self.requests: list[wire.EnrollmentRequest] = []
        self._ids: dict[str, str] = {}
        self._heard_before: list[Received] = []
        self._hub: Peer | None = None

    @property
    def link(self) -> str:
        return f"{self.http.base}/t/jeton"

    @property
    def hub(self) -> Peer:
        assert self._hub is not None
        return self._hub

    def open(self) -> None:
        self.http.start()
        self._listen()

    def close(self) -> None:
        self.hub.close()
        self.http.stop()

    def lose_broker(self) -> None:
        self.broker.kill()
        self._heard_before += self.hub.messages
        self.hub.close()

    def heal_broker(self) -> None:
        self.broker.start_as_it_is()
        self._listen()

    # What the hub says

    def say(self, device_id: str, leaf: Leaf, payload: bytes, *, retain: bool = False) -> None:
        assert self.hub.publish(wire.topic(device_id, leaf), payload, retain=retain) in (0, 0x10)

    def desire(self, device_id: str, version: int, restrictions: wire.Restrictions, seconds: float = 2700) -> None:
        now = wall_now()
        desired = wire.Desired(version, now, restrictions, now + timedelta(seconds=seconds), LESSON)
        self.say(device_id, Leaf.DESIRED, wire.encode_desired(desired), retain=True)

    def order(self, device_id: str, kind: wire.CommandType, seconds: float = 60, **args: object) -> wire.Command:
        now = wall_now()
        command = wire.Command(str(uuid4()), kind, now, now + timedelta(seconds=seconds), args)
        self.say(device_id, Leaf.COMMANDS, wire.encode_command(command))
        return command

    def shelve(self, name: str, content: bytes) -> tuple[Served, dict[str, Any]]:
        """A document on the shelf, and the arguments of the command that opens it."""
        sha256 = hashlib.sha256(content).hexdigest()
        served = self.http.documents[sha256] = Served(content)
        url = f"{self.http.base}/documents/{sha256}"
        return served, {"url": url, "name": name, "mime": "application/pdf", "size": len(content), "sha256": sha256}

    # What the hub has heard

    def heard(self, device_id: str, leaf: Leaf) -> list[bytes]:
        topic = wire.topic(device_id, leaf)
        return [message.payload for message in self._heard_before + self.hub.messages if message.topic == topic]

    def reports(self, device_id: str) -> list[wire.Reported]:
        return [wire.parse_reported(raw) for raw in self.heard(device_id, Leaf.REPORTED)]

    def statuses(self, device_id: str, command: wire.Command) -> list[str]:
        acks = [wire.parse_ack(raw) for raw in self.heard(device_id, Leaf.ACKS)]
        return [ack.status.value for ack in acks if ack.id == command.id]

    def errors(self, device_id: str, command: wire.Command) -> list[str | None]:
        acks = [wire.parse_ack(raw) for raw in self.heard(device_id, Leaf.ACKS)]
        return [ack.error for ack in acks if ack.id == command.id and ack.status.is_final]

    def _enroll(self, request: wire.EnrollmentRequest) -> wire.EnrollmentAnswer:
        self.requests.append(request)
        device_id = self._ids.setdefault(request.serial, f"d-{len(self._ids) + 1:08}")
        if device_id not in self.broker.passwords or request in self.requests[:-1]:
            self.broker.enroll(device_id)
        name = f"Tablette {int(device_id[2:]):02}"
        settings = self.broker.settings
        access = wire.MqttAccess(
            host="127.0.0.1",
            port=settings.mqtt_port,
            tls=settings.tls is not None,
            websocket=None,
            username=device_id,
            password=self.broker.passwords[device_id],
        )
        return wire.EnrollmentAnswer(device_id, name, "0880123K", access, self.ca, wall_now())

    def _listen(self) -> None:
        self._hub = self.broker.hub()
        assert self._hub.connect() == 0
        self._hub.subscribe(*(f"devices/+/{leaf.value}" for leaf in wire.FROM_DEVICE))


@contextmanager
def running_school(ca: str | None = None, **changes: Any) -> Iterator[School]:
    """`changes` to the broker's settings by name, such as `tls`."""
    with running_broker(**changes) as broker:
        school = School(broker, ca)
        school.open()
        try:
            yield school
        finally:
            school.close()


async def until(fact: Callable[[], object], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.01)


def wall_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the hub is outside the program under test
