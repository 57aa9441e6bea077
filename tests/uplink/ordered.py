"""A box that a city gives orders to: a real store, real signatures, live facts set by hand."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from appliance.nudge import NudgeSender
from appliance.services.devices import Devices
from appliance.services.instruction_acts import Acts
from appliance.services.instructions import Instructions
from appliance.services.log_files import LogFiles
from appliance.store.city_models import Instruction, OutboxRecord
from appliance.store.live import Live, write_live
from appliance.store.models import Journal, Receipt
from protocol.uplink_orders import Order
from tests.support.city_orders import City
from tests.support.store import HandClock
from uplink.verify import RingVerifier, take_ring


@dataclass
class OrderedBox:
    folder: Path
    clock: HandClock
    is_time_known: bool = True
    ahead: timedelta = timedelta()  # of the box's clock before the city's
    city: City = field(init=False)

    def __post_init__(self) -> None:
        self.city = City(self.clock)
        self.city.join()
        take_ring(self.city.ring(), self.clock.now())
        self.start_again()

    def start_again(self) -> None:
        """Another process on the same store."""
        nudge = NudgeSender(self.folder, "bridge")
        self.acts = Acts(self.clock, nudge, Devices(self.clock, nudge, lambda: None), LogFiles(self.folder / "logs"))
        self.instructions = Instructions(self.clock, self.acts, self.believed)

    def believed(self) -> datetime | None:
        return self.clock.now() - self.ahead if self.is_time_known else None

    def take(self, envelope: dict[str, object]) -> int:
        return self.instructions.take(envelope, RingVerifier())

    def give(self, kind: str, key: str = "online", **changes: object) -> str:
        """Signed and taken; its id."""
        order: Order = self.city.order(kind, **changes)
        self.take(self.city.signed(order, key))
        return order.id

    def run(self) -> None:
        """Until nothing moves."""
        for _ in range(20):
            if not self.instructions.step():
                return
        raise AssertionError("the instructions never come to rest")

    def put_online(self, device: str, boot: str = "boot-1", presence: str = "online") -> None:
        write_live(
            [Live(device_id=device, presence=presence, own=presence, version=0, seen_at=self.clock.now(), boot=boot)]
        )

    def answer(self, device: str, state: str, error: str | None = None) -> None:
        """The device's acknowledgement, as the bridge would record it."""
        Receipt.update(state=state, error=error, tries=1).where(Receipt.device == device).execute()


def state_of(instruction: str) -> tuple[str, str]:
    row = Instruction.get_by_id(instruction)
    return row.state, row.detail or row.refusal


def receipts(instruction: str | None = None) -> list[tuple[str, str]]:
    """(state, refusal or detail) of what is told the city, in order."""
    rows = OutboxRecord.select().where(OutboxRecord.type == "receipt").order_by(OutboxRecord.seq)
    told = [json.loads(str(row.body)) for row in rows]
    return [
        (one["state"], one.get("refusal") or one["detail"]) for one in told if instruction in (None, one["instruction"])
    ]


def security() -> list[str]:
    """Refusals as the city is told them."""
    rows = OutboxRecord.select().where(OutboxRecord.type == "security").order_by(OutboxRecord.seq)
    return [json.loads(str(row.body))["detail"]["refusal"] for row in rows]


def deeds(action: str) -> list[dict[str, object]]:
    rows = Journal.select().where(Journal.action == action).order_by(Journal.id)
    return [row.detail or {} for row in rows]


def commands() -> list[tuple[str, str, datetime]]:
    """(device, type, end) of what the bridge would send."""
    return [(row.device_id, row.command["type"], row.expires_at) for row in Receipt.select().order_by(Receipt.id)]
