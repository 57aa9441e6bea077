"""What a face needs of a real appliance when its agent is played: an identity that HTTP believes, and documents."""

import hashlib
from dataclasses import dataclass
from typing import Any

import requests

from tests.pupil.stand_in import IDENTITY
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client


@dataclass(frozen=True)
class Handed:
    """A document on the appliance. `args`: of the command that gives it."""

    args: dict[str, Any]

    @property
    def sha256(self) -> str:
        return str(self.args["sha256"])


def identity_of(box: Appliance, kind: str = "tablet", serial: str = "web-0000000000000001") -> dict[str, Any]:
    """Enrolled as a page is; the same serial is the same device."""
    token = box.link().rsplit("/", 1)[-1]
    wanted = {"token": token, "serial": f"{serial}{kind}", "manufacturer": "", "model": "Chrome", "kind": kind,
              "os": "Linux", "agent": "preau-page/1.0", "capabilities": []}  # fmt: skip
    answer = requests.post(f"{box.url}/api/devices", json=wanted, timeout=20)
    assert answer.status_code == 201, answer.text
    given = answer.json()
    return IDENTITY | {
        "id": given["id"],
        "kind": kind,
        "password": given["mqtt"]["password"],
        "school": given["school"],
    }


def handed(teacher: Client, name: str, content: bytes) -> Handed:
    """Uploaded by a teacher, and described as the hub describes it to a device."""
    answer = teacher.session.post(
        f"{teacher.url}/documents", files={"file": (name, content)}, headers=teacher._headers(), timeout=60
    )
    assert answer.status_code == 201, answer.text
    mime = answer.json()["document"]["mime"]
    sha256 = hashlib.sha256(content).hexdigest()
    url = f"{teacher.url}/documents/{sha256}"
    return Handed({"url": url, "name": name, "mime": mime, "size": len(content), "sha256": sha256})
