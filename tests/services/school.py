"""A small school in the store, made with as little ceremony as a test can bear."""

from datetime import datetime
from pathlib import Path

from appliance.domain.people import Actor, Role
from appliance.ids import new_device_id
from appliance.nudge import NudgeSender
from appliance.services.enrollment import credentials
from appliance.store.models import Device, Journal, User

ADMIN = Actor(1, "Claire Martin", Role.ADMINISTRATOR)
TEACHER = Actor(2, "Mme Durand", Role.TEACHER)
AT = datetime.fromisoformat("2026-11-23T08:00:00+00:00")


def add_people() -> None:
    for actor in (ADMIN, TEACHER):
        User.create(id=actor.user_id, login=actor.name.lower(), name=actor.name, role=actor.role, created_at=AT)


def add_device(number: int = 1, cart: int | None = None, **facts: object) -> str:
    """Its id. Active, with a credential."""
    device_id = new_device_id()
    Device.create(
        **{
            "id": device_id,
            "serial": f"R{device_id}",
            "number": number,
            "name": f"Tablette {number:02d}",
            "kind": "tablet",
            "capabilities": ["lock", "message"],
            "cart": cart,
            "credential": "$7$101$c2FsdA==$aGFzaA==",
            "enrolled_at": AT,
            "version_at": AT,
            **facts,
        },
        force_insert=True,
    )
    return device_id


def deeds() -> list[tuple[str, str, str]]:
    """What the journal says, oldest first: who, what, to what."""
    return [(row.actor, row.action, row.target) for row in Journal.select().order_by(Journal.id)]


class Broker:
    """Stands where the broker takes the credentials over; remembers who could connect each time."""

    def __init__(self) -> None:
        self.known: list[set[str]] = []

    def __call__(self) -> None:
        self.known.append(set(credentials()))


def nobody_listens(folder: Path) -> NudgeSender:
    return NudgeSender(folder, "bridge")
