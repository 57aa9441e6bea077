"""The receiving side for tests, on the database that is bound: a school, its box, and what that sends."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from central.keys.sealing import Sealer
from central.services.certificates import KnownAppliance
from central.services.ingest import Received
from central.services.receiving import Needs, Receiving, build_receiving
from central.services.turns import TurnRules
from central.store.models import Appliance, School
from protocol.uplink import (
    Batch,
    BatchAnswer,
    Origin,
    Record,
    digest_of,
    encode_batch,
    parse_batch,
)
from protocol.uplink_hello import Backlog, Hello, HelloAnswer
from protocol.uplink_orders import ReceiptBody
from protocol.uplink_words import Lane, Standing, StorageWord

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
UAI, OTHER_UAI = "0130001H", "0130002J"
DEVICE = {"id": "d-1", "serial": "R52N", "number": 1, "name": "Tablette 1", "kind": "tablet", "status": "in_service"}


@dataclass
class HandClock:
    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Place:
    """One city. `orders`: ids of instructions that exist; `receipts`: what was said of them."""

    clock: HandClock = field(default_factory=HandClock)
    orders: set[str] = field(default_factory=set)
    receipts: list[ReceiptBody] = field(default_factory=list)
    at_once: int = 12

    def __post_init__(self) -> None:
        self.receiving: Receiving = build_receiving(
            self.clock,
            Needs(prove, lambda appliance, nonce, at: "c2lnbmVk", lambda _: 3, self._take, Sealer(b"k" * 32)),
            TurnRules(lambda: 0.5, self.at_once),
        )

    def _take(self, _appliance: str, receipt: ReceiptBody, _at: datetime) -> bool:
        if receipt.instruction in self.orders:
            self.receipts.append(receipt)
        return receipt.instruction in self.orders


def prove(raw: bytes) -> str:
    return hashlib.sha256(b"only the city" + raw).hexdigest()


def add_school(uai: str = UAI, appliance: str = "a-one") -> KnownAppliance:
    School.insert(uai=uai, name="École Jean-Jaurès", created_at=START).on_conflict_ignore().execute()
    Appliance.create(id=appliance, school=uai, claimed_at=START, standing=Standing.ACTIVE)
    return KnownAppliance(appliance, uai, Standing.ACTIVE, "1")


@dataclass
class Box:
    """A school's box as central meets it: what it remembers, and what it says."""

    place: Place
    known: KnownAppliance
    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    hardware: str = "hw-1"
    token: str = ""

    def hello(self, *, heavy: Sequence[str] = (), waiting: int = 0, at: datetime | None = None) -> Hello:
        return Hello(
            appliance=self.known.id, epoch=self.epoch, token=self.token, nonce=secrets.token_hex(16),
            hardware=self.hardware, at=at or self.place.clock.now(), software="0.1", schema=3,
            storage=StorageWord.NORMAL, backlog={Lane.STATE: Backlog(waiting, 0, waiting, 10 * waiting, START)},
            heavy=tuple(heavy),
        )  # fmt: skip

    def say_hello(self, *, is_heard: bool = True, heavy: Sequence[str] = ()) -> HelloAnswer:
        """`is_heard` False: the answer is lost on its way back."""
        answer = self.place.receiving.hellos.hear(self.known, self.hello(heavy=heavy))
        if is_heard:
            self.token = answer.token
        return answer

    def send(self, batch: Batch, epoch: str = "") -> BatchAnswer:
        body = encode_batch(batch)
        return self.place.receiving.ingest.take(self.known, Received(parse_batch(body), digest_of(body), len(body)))

    def batch(self, lane: Lane, records: Sequence[Record], after: int = 0, up_to: int | None = None) -> Batch:
        last = records[-1].seq if records else after
        return Batch(self.known.id, self.epoch, lane, after, last if up_to is None else up_to, tuple(records))


def record(
    seq: int, kind: str, body: Mapping[str, object] | None, key: str | None = None, origin: Origin | None = None
) -> Record:
    return Record(seq, kind, START + timedelta(seconds=seq), body, key, origin)


def device(seq: int, name: str = "d-1", **changed: object) -> Record:
    return record(seq, "device", {**DEVICE, "id": name, **changed}, f"device:{name}")


def audit(seq: int, action: str = "device.retire", origin: Origin | None = None) -> Record:
    return record(seq, "audit", {"actor": "durand", "action": action, "detail": {"n": seq}}, origin=origin)


def usage(seq: int, app: str = "org.gcompris", days: int = 7) -> Record:
    return record(
        seq, "usage", {"period": "2026-11-20", "level": "CE1", "app": app, "device_days": days, "seconds": 60 * days}
    )
