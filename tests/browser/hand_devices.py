"""Devices that a test holds in its own hand: any kind, any ability, each word said when the test says it.

They speak the device protocol to a real appliance, as the pupil page and a native agent do. What a device applies is
what it was told to want (`obey`), unless the test makes it say something else.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import requests

from protocol.device import (
    Ack,
    AckStatus,
    Capability,
    Command,
    Desired,
    EnrollmentRequest,
    Event,
    EventType,
    Kind,
    Leaf,
    Presence,
    Reported,
    encode_ack,
    encode_enrollment,
    encode_event,
    encode_reported,
    parse_command,
    parse_desired,
    topic,
)
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.mqtt import Address, Login, Manners, Peer

PAGE_AGENT = "preau-page/1.0"
EVERYTHING = frozenset(Capability)
# What a page of a browser can do: no camera, no internet, no apps of the machine.
PAGE = frozenset(
    {Capability.LOCK, Capability.SOUND, Capability.OPEN_LINK, Capability.OPEN_DOCUMENT, Capability.MESSAGE}
)
_RESTRICTIONS = frozenset({Capability.LOCK, Capability.SOUND, Capability.CAMERA, Capability.INTERNET, Capability.APPS})


@dataclass(frozen=True)
class Make:
    """What a device says of itself when it enrolls."""

    kind: Kind = Kind.TABLET
    capabilities: Collection[Capability] = EVERYTHING
    agent: str = "hand/1.0"


PUPIL_PAGE = Make(Kind.CHROMEBOOK, PAGE, PAGE_AGENT)
SCREEN_PAGE = Make(Kind.SCREEN, PAGE, PAGE_AGENT)
LAPTOP = Make(Kind.LAPTOP, PAGE, PAGE_AGENT)


@dataclass
class HandDevice:
    """Online from `with` on. `says`: what its next reports say beside what it applies."""

    id: str
    name: str
    make: Make
    peer: Peer
    says: dict[str, Any] = field(default_factory=lambda: {"foreground": "web:preau"})

    def __enter__(self) -> Self:
        assert self.peer.connect() == 0
        self.peer.subscribe(topic(self.id, Leaf.DESIRED), topic(self.id, Leaf.COMMANDS))
        self._say(Leaf.PRESENCE, Presence.ONLINE.encode(), retain=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.peer.close()

    @property
    def desired(self) -> Desired:
        """The last one that the hub sent."""
        found = [parse_desired(one.payload) for one in self.peer.messages if one.topic.endswith("/desired")]
        return max(found, key=lambda one: one.version)

    @property
    def commands(self) -> list[Command]:
        """Each once, however often it was sent."""
        found = [parse_command(one.payload) for one in self.peer.messages if one.topic.endswith("/commands")]
        return list({one.id: one for one in found}.values())

    def wait_wanted(self, seconds: float = 20.0, **wanted: Any) -> Desired:
        """Until the hub wants this of it: parts of the restrictions, or `display`, by name."""
        return wait_for(lambda: _match(self.desired, wanted), seconds, f"{self.name} is to be {wanted}")

    def wait_lesson(self, lesson_id: str | None) -> None:
        """Until it knows that it is in this lesson, or in none."""
        wait_for(lambda: self._is_in(lesson_id), 20, f"{self.name} is in lesson {lesson_id}")

    def _is_in(self, lesson_id: str | None) -> bool:
        if not any(one.topic.endswith("/desired") for one in self.peer.messages):
            return False
        lesson = self.desired.lesson
        return (None if lesson is None else lesson.id) == lesson_id

    def wait_commands(self, count: int = 1) -> list[Command]:
        return wait_for(lambda: self.commands if len(self.commands) >= count else None, 20, f"commands of {self.name}")

    def obey(self, **says: Any) -> None:
        """Applies what is wanted now, as far as it can, and says so."""
        self.says |= says
        desired = self.desired
        said = Reported(desired.version, None, desired.restrictions, **self.says)
        self._say(Leaf.REPORTED, encode_reported(said), retain=True)

    def answer(self, status: AckStatus = AckStatus.DONE, error: str | None = None) -> None:
        """To its last command."""
        self._say(Leaf.ACKS, encode_ack(Ack(self.wait_commands()[-1].id, status, error)))

    def raise_hand(self) -> None:
        self._say(Leaf.EVENTS, encode_event(Event(EventType.HAND_RAISED)))

    def leave_page(self) -> None:
        """As a page does whose pupil goes to another tab: both are said."""
        self._say(Leaf.EVENTS, encode_event(Event(EventType.LEFT_APP)))
        self.obey(foreground=None)

    def vanish(self) -> None:
        """The tab is closed: no word, the broker sends the will."""
        self.peer.drop()

    def _say(self, leaf: Leaf, payload: bytes, *, retain: bool = False) -> None:
        self.peer.publish(topic(self.id, leaf), payload, retain=retain)


def _match(desired: Desired, wanted: dict[str, Any]) -> Desired | None:
    is_met = all(
        (desired.display if name == "display" else getattr(desired.restrictions, name)) == value
        for name, value in wanted.items()
    )
    return desired if is_met else None


def enroll(box: Appliance, token: str, make: Make) -> HandDevice:
    """With any token: a link's, a guest's, a way back's."""
    request = EnrollmentRequest(
        token=token, serial=f"H{uuid.uuid4().hex[:12].upper()}", manufacturer="", model="Chromium", kind=make.kind,
        os="Linux", agent=make.agent, capabilities=frozenset(make.capabilities),
    )  # fmt: skip
    answer = requests.post(
        f"{box.url}/api/devices", encode_enrollment(request), headers={"Content-Type": "application/json"}, timeout=20
    )
    assert answer.status_code == 201, answer.text
    said = answer.json()
    login = Login(said["mqtt"]["username"], said["mqtt"]["password"])
    will = (topic(said["id"], Leaf.PRESENCE), Presence.OFFLINE.encode())
    peer = Peer(Address(port=box.mqtt_port), login, Manners(will=will, will_retained=True))
    return HandDevice(said["id"], said["name"], make, peer)


def come_in(box: Appliance, code: str, make: Make = PUPIL_PAGE) -> HandDevice:
    """As the page behind the short address does: the code is exchanged, then the browser enrolls."""
    answer = join(box, code)
    assert answer.status_code == 200, answer.text
    return enroll(box, answer.json()["token"], make)


def join(box: Appliance, code: str) -> requests.Response:
    session = requests.Session()
    page = session.get(f"{box.url}/join", timeout=20).text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    headers = {"X-CSRFToken": token, "Referer": f"{box.url}/join", "Accept": "application/json"}
    return session.post(f"{box.url}/join", json={"code": code}, headers=headers, timeout=20)


@contextmanager
def hand_devices(box: Appliance, makes: Sequence[Make], cart: str = "Classe mobile A") -> Iterator[list[HandDevice]]:
    """Enrolled in this order, all online, and having reported once."""
    token = box.link(cart).rsplit("/", 1)[-1]
    devices = [enroll(box, token, make) for make in makes]
    try:
        for device in devices:
            device.__enter__()
        yield devices
    finally:
        for device in devices:
            device.peer.close()


class Room:
    """A lesson's devices by the number on their sticker, from 1; the class's screen, if it has one, by its name."""

    def __init__(self, devices: Sequence[HandDevice], lesson_id: str) -> None:
        self.all = list(devices)
        self._pupils = [one for one in devices if one.make.kind is not Kind.SCREEN]
        self.lesson_id = lesson_id

    def __getitem__(self, number: int) -> HandDevice:
        return self._pupils[number - 1]

    @property
    def numbers(self) -> range:
        return range(1, len(self._pupils) + 1)

    @property
    def screen(self) -> HandDevice:
        return next(one for one in self.all if one.make.kind is Kind.SCREEN)

    def obey(self, *numbers: int) -> None:
        """Each does what it can, and says what it cannot."""
        for number in numbers:
            self[number].obey(unsupported=tuple(_RESTRICTIONS - frozenset(self[number].make.capabilities)))


@contextmanager
def lesson_in(client: Client, devices: Sequence[HandDevice]) -> Iterator[Room]:
    """With all of them, each looking at its page; afterwards those of `room.all` are free, and know it."""
    room = Room(devices, client.start_lesson([one.id for one in devices]))
    try:
        for one in devices:
            one.wait_lesson(room.lesson_id)
            one.obey(foreground="web:preau", unsupported=())
        yield room
    finally:
        client.post(f"/lessons/{room.lesson_id}/end", {})
        for one in room.all:
            one.wait_lesson(None)
            one.obey()
