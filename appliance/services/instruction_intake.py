"""Taking instructions: each id once, for this box, in time, signed by who may; whatever is refused is counted and told.

In the caller's transaction. An id that was refused is used up as well; of a flood, beyond a day's bound, only the
number is kept.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from appliance.domain.instructions import NotVerified, Verifier
from appliance.services.journal import record
from appliance.services.outbox import put
from appliance.services.settings import read_setting, write_setting
from appliance.store.city_models import CityLink, Instruction, OutboxRecord
from protocol.strict_json import Malformed
from protocol.uplink_orders import (
    Envelope,
    Order,
    ReceiptBody,
    encode_receipt,
    parse_order,
    parts_for,
    read_envelope,
    write_envelope,
)
from protocol.uplink_words import CLASS_OF, InstructionKind, InstructionState, RecordType, Refusal

_REFUSALS = "instruction_refusals"
_TOLD_A_DAY = 100  # a flood is counted, and fills neither the lane that is never cut nor the table


@dataclass(frozen=True, slots=True)
class _No:
    refusal: Refusal
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """`at`: the city's time where it is known. A box whose clock runs ahead refuses no good order as too late."""

    verify: Verifier
    at: datetime


class Intake:
    def take(self, raw: Mapping[str, object], judge: Judge, now: datetime) -> int:
        try:
            envelope = read_envelope(dict(raw))
            order = parse_order(envelope.order)
        except Malformed as error:
            _count(_No(Refusal.MALFORMED, str(error.reason)), now)
            return 0
        ours = parts_for(order, _appliance())
        fresh = [part for part in ours or (order,) if not _is_known(part, envelope, now)]
        if not fresh:
            return 0
        no = _why_not(order, envelope, judge) if ours else _No(Refusal.NOT_FOR_US)
        if no is not None and not _count(no, now, fresh[0], len(fresh)):
            return 0
        for part in fresh:
            _store(part, envelope, no, now, first=fresh[0].id)
        return 0 if no else len(fresh)

    def refused(self) -> dict[str, int]:
        return _read_counts().by


def order_of(row: Instruction) -> Order:
    """As it was signed, and as this row's part of it."""
    kept = row.envelope
    if "see" in kept:
        kept = Instruction.get_by_id(kept["see"]).envelope
    order = parse_order(kept["order"].encode("utf-8"))
    return next((part for part in parts_for(order, _appliance()) if part.id == row.id), order)


def _appliance() -> str:
    link = CityLink.get_or_none(CityLink.id == 1)
    return "" if link is None else str(link.appliance)


def _why_not(order: Order, envelope: Envelope, judge: Judge) -> _No | None:
    try:
        kind = InstructionKind(order.kind)
    except ValueError:
        return _No(Refusal.UNKNOWN_KIND)
    try:
        judge.verify(envelope, CLASS_OF[kind], judge.at)
    except NotVerified as error:
        return _No(error.refusal, error.detail)
    return _No(Refusal.TOO_LATE) if order.not_after <= judge.at else None


def _is_known(order: Order, envelope: Envelope, now: datetime) -> bool:
    """An id that was here before is refused. Central may honestly send it again until our receipt has reached it."""
    row = Instruction.get_or_none(Instruction.id == order.id)
    if row is None:
        return False
    is_same = _digest(row) == hashlib.sha256(envelope.order).hexdigest()
    is_honest = is_same and _has_unheard_receipt(order.id)
    if not is_honest and _count(_No(Refusal.SEEN_BEFORE), now, order):
        told = ReceiptBody(order.id, InstructionState(row.state), now, row.detail, Refusal.SEEN_BEFORE)
        put(now, RecordType.RECEIPT, encode_receipt(told))
    return True


def _digest(row: Instruction) -> str:
    kept = row.envelope
    if "see" in kept:
        kept = Instruction.get_by_id(kept["see"]).envelope
    return hashlib.sha256(kept["order"].encode("utf-8")).hexdigest()


def _has_unheard_receipt(instruction: str) -> bool:
    waiting = OutboxRecord.acknowledged_at.is_null() & (OutboxRecord.type == RecordType.RECEIPT)
    rows = OutboxRecord.select(OutboxRecord.body).where(waiting)
    return any(json.loads(str(row.body)).get("instruction") == instruction for row in rows)


def _store(order: Order, envelope: Envelope, no: _No | None, now: datetime, first: str) -> None:
    state = InstructionState.REFUSED if no else InstructionState.RECEIVED
    Instruction.create(
        id=order.id,
        kind=order.kind,
        by=order.by,
        envelope=write_envelope(envelope) if order.id == first else {"see": first},
        state=state,
        refusal=no.refusal.value if no else "",
        detail=no.detail if no else "",
        received_at=now,
        not_after=order.not_after,
        finished_at=now if no else None,
        force_insert=True,
    )
    if no is None:
        target = f"device:{order.device}" if order.device else ""
        record(now, "city", "instruction.received", target, kind=order.kind, by=order.by, instruction=order.id)
    receipt = ReceiptBody(order.id, state, now, no.detail if no else "", no.refusal if no else None)
    put(now, RecordType.RECEIPT, encode_receipt(receipt))


@dataclass(slots=True)
class _Counts:
    """`told`: how many were journaled on `day`."""

    by: dict[str, int]
    day: str
    told: int


def _count(no: _No, now: datetime, order: Order | None = None, parts: int = 1) -> bool:
    """Each is counted; so many papers a day are journaled, and by that told the city as a matter of security. Was it?

    A paper's parts share its fate: of those that are told of, none stays open.
    """
    counts, day = _read_counts(), now.date().isoformat()
    word = no.refusal.value
    counts.by[word] = counts.by.get(word, 0) + parts
    counts.told = counts.told if counts.day == day else 0
    counts.day = day
    is_told = counts.told < _TOLD_A_DAY
    if is_told:
        counts.told += 1
        kind, by, instruction = ("", "", "") if order is None else (order.kind, order.by, order.id)
        detail = {"kind": kind, "by": by, "refusal": word, "instruction": instruction, "detail": no.detail}
        record(now, "city", "instruction.refused", "", **detail)
    write_setting(_REFUSALS, json.dumps(asdict(counts)))
    return is_told


def _read_counts() -> _Counts:
    kept = json.loads(read_setting(_REFUSALS, "{}"))
    return _Counts(kept.get("by", {}), kept.get("day", ""), kept.get("told", 0))
