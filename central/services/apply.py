"""Records into tables, many at once; what cannot be applied is parked, and blocks nothing. In the caller's transaction.

Owns which type goes where, and the parking. Ranges and cursors are `ingest`'s.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from peewee import DatabaseError

from central.domain.batches import identity_of
from central.services.apply_columns import Usual, columns_of
from central.services.apply_facts import (
    Apply,
    Fact,
    Place,
    TakeReceipt,
    Unfit,
    apply_activity,
    apply_audit,
    apply_battery,
    apply_gaps,
    apply_logs,
    apply_usage,
    receipts_by,
)
from central.services.apply_state import apply_appliance, apply_carts, apply_devices, keep_hashes
from central.store.bulk import Target, put_new, put_rows
from central.store.models import ParkedRecord, database
from central.store.trouble import read_trouble
from protocol.strict_json import Malformed
from protocol.uplink import Record, encode_record
from protocol.uplink_orders import read_receipt
from protocol.uplink_records import read_body
from protocol.uplink_words import LANE_OF, Lane, RecordType

_PARKED = Target(
    ParkedRecord,
    ("appliance", "epoch", "lane", "seq", "record", "reason", "detail", "parked_at", "tries"),
    keys=4,
    keep=("parked_at", "tries"),
)
_TYPES = {one.value: one for one in RecordType}
# Carts before devices: a device is found by its cart's name.
_ORDER = (RecordType.APPLIANCE, RecordType.CART, RecordType.DEVICE)


@dataclass(frozen=True, slots=True)
class Lot:
    """Records of one lane, in order. `epoch`: under which they were sent."""

    place: Place
    epoch: str
    lane: Lane
    records: Sequence[Record]


class Applying:
    def __init__(self, take_receipt: TakeReceipt) -> None:
        self._by_type: dict[RecordType, Apply] = {
            RecordType.RECEIPT: receipts_by(take_receipt),
            RecordType.AUDIT: apply_audit,
            RecordType.SECURITY: apply_audit,
            RecordType.GAP: apply_gaps,
            RecordType.APPLIANCE: apply_appliance,
            RecordType.DEVICE: apply_devices,
            RecordType.CART: apply_carts,
            RecordType.USAGE: apply_usage,
            RecordType.ACTIVITY: apply_activity,
            RecordType.BATTERY: apply_battery,
            RecordType.LOG: apply_logs,
        }

    def apply(self, lot: Lot) -> int:
        """How many were parked."""
        unfit = self.unfit(lot)
        park(lot, unfit)
        return len(unfit)

    def unfit(self, lot: Lot) -> list[Unfit]:
        """Applies all that can be."""
        lot = _without_usual(lot)
        facts, unfit = _read(lot)
        if lot.lane is Lane.STATE:
            keep_hashes(lot.place, _last_words(lot))
        for record_type, group in _by_type(facts).items():
            unfit += _in_one(self._by_type[record_type], lot.place, group)
        return unfit


def _without_usual(lot: Lot) -> Lot:
    """Applies what is wholly usual, type by type; what is left is looked at record by record."""
    if lot.lane is Lane.STATE or any(record.origin is not None for record in lot.records):
        return lot
    by_type: dict[str, list[Record]] = {}
    for record in lot.records:
        by_type.setdefault(record.type, []).append(record)
    done = {name for name, records in by_type.items() if _is_put(lot, _TYPES.get(name), records)}
    return replace(lot, records=[record for record in lot.records if record.type not in done]) if done else lot


def _is_put(lot: Lot, record_type: RecordType | None, records: Sequence[Record]) -> bool:
    if record_type is None or LANE_OF[record_type] is not lot.lane:
        return False
    made = columns_of(Usual(lot.place, lot.epoch, record_type, records))
    try:
        return made is not None and put_new(*made)
    except DatabaseError as error:
        if read_trouble(error) is not None:
            raise
        return False


def park(lot: Lot, unfit: Iterable[Unfit]) -> None:
    place = lot.place
    put_rows(
        _PARKED,
        [
            (place.appliance, one.fact.epoch, int(lot.lane), one.fact.seq, encode_record(one.fact.record),
             one.reason, one.detail[:255], place.now, 1)
            for one in unfit
        ],
    )  # fmt: skip


def _last_words(lot: Lot) -> list[Fact]:
    """Of each key."""
    latest = {record.key: record for record in lot.records if record.key is not None}
    return [Fact(record, None, lot.epoch, record.seq) for record in latest.values()]


def _read(lot: Lot) -> tuple[list[Fact], list[Unfit]]:
    facts, unfit = [], []
    latest = {fact.record.seq for fact in _last_words(lot)} if lot.lane is Lane.STATE else None
    for record in lot.records:
        if latest is not None and record.key is not None and record.seq not in latest:
            continue  # overtaken within this batch
        epoch, seq = identity_of(lot.epoch, record)
        try:
            facts.append(Fact(record, _body(lot.lane, record), epoch, seq))
        except Malformed as error:
            unfit.append(Unfit(Fact(record, None, epoch, seq), error.reason.value, error.detail))
        except _Unfit as error:
            unfit.append(Unfit(Fact(record, None, epoch, seq), str(error)))
    return facts, unfit


class _Unfit(Exception):
    pass


def _body(lane: Lane, record: Record) -> object:
    record_type = _TYPES.get(record.type)
    if record_type is None:
        raise _Unfit("unknown_type")
    if LANE_OF[record_type] is not lane:
        raise _Unfit("wrong_lane")
    if lane is Lane.STATE and not _names(record_type, record.key):
        raise _Unfit("wrong_key")
    if record.body is None:
        if lane is Lane.STATE:
            return None
        raise _Unfit("no_body")
    body = read_receipt(record.body) if record_type is RecordType.RECEIPT else read_body(record_type, record.body)
    if lane is Lane.STATE and getattr(body, "id", "") != (record.key or "").partition(":")[2]:
        raise _Unfit("wrong_key")
    return body


def _names(record_type: RecordType, key: str | None) -> bool:
    kind, colon, name = (key or "").partition(":")
    return kind == record_type and bool(colon and name) is (record_type is not RecordType.APPLIANCE)


def _by_type(facts: Iterable[Fact]) -> Mapping[RecordType, list[Fact]]:
    groups: dict[RecordType, list[Fact]] = {one: [] for one in _ORDER}
    for fact in facts:
        groups.setdefault(RecordType(fact.record.type), []).append(fact)
    return {name: group for name, group in groups.items() if group}


def _in_one(apply: Apply, place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    """All by one statement; if the database refuses one of them, each by itself, to find out which."""
    try:
        with database.atomic():
            return apply(place, facts)
    except DatabaseError as error:
        if read_trouble(error) is not None:
            raise
        if len(facts) == 1:
            return [Unfit(facts[0], "refused_by_database", type(error).__name__)]
    return [one for fact in facts for one in _in_one(apply, place, [fact])]
