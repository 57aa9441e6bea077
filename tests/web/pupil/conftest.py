"""What tests of the pupil's web share: a lesson, devices in it, and their passwords."""

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from appliance.domain.people import Actor
from appliance.services.lessons import Plan
from appliance.services.people import Person
from appliance.store.models import Device
from tests.services.school import add_device
from tests.web.conftest import Site


@dataclass
class Pupil:
    """A browser that is a device."""

    id: str
    password: str
    client: FlaskClient

    @property
    def login(self) -> tuple[str, str]:
        return self.id, self.password


@dataclass
class Lesson:
    id: str
    teacher: Actor
    site: Site

    def enroll(self, token: str, serial: str, kind: str = "tablet") -> Pupil:
        client = self.site.browser().client
        body = {
            "token": token, "serial": serial, "manufacturer": "", "model": "", "kind": kind, "os": "",
            "agent": "page/1", "capabilities": ["lock", "open_link", "message", "usage"],
        }  # fmt: skip
        answer = client.post("/api/devices", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json is not None
        return Pupil(answer.json["id"], answer.json["mqtt"]["password"], client)

    def by_way_back(self, device_id: str, serial: str = "browser-1", kind: str = "tablet") -> Pupil:
        """`device_id`, as the browser that has just typed its code."""
        codes = self.site.services.join_codes
        token = codes.exchange(codes.new_for_device(self.teacher, device_id).code).token.reveal()
        return self.enroll(token, serial, kind)

    def guest(self, serial: str = "guest-1", kind: str = "tablet") -> Pupil:
        codes = self.site.services.join_codes
        token = codes.exchange(codes.open_for_lesson(self.teacher, self.id).code).token.reveal()
        return self.enroll(token, serial, kind)


@pytest.fixture
def lesson(site: Site, teacher: Person) -> Lesson:
    """Mme Durand's, with two tablets and a screen."""
    devices = [add_device(1), add_device(2), add_device(9, kind="screen", name="Écran 09")]
    Device.update(capabilities=["lock", "open_link", "message"]).execute()
    lesson_id = site.services.lessons.start(teacher.actor, Plan("Lecture", 45, devices))
    return Lesson(lesson_id, teacher.actor, site)


@pytest.fixture
def devices(lesson: Lesson) -> list[str]:
    """Two tablets, then the screen."""
    return [row.id for row in Device.select().order_by(Device.number)]


@pytest.fixture
def pupil(lesson: Lesson, devices: list[str]) -> Pupil:
    return lesson.by_way_back(devices[0])
