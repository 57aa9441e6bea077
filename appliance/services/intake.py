"""What devices say, recorded: many messages in one transaction, each counted once.

Presence, battery and the like go to live storage (services/live_state.py); here is what must survive.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from peewee import EXCLUDED

from appliance.domain.receipts import OPEN, ReceiptState, from_ack, states_before
from appliance.domain.usage import next_watermark
from appliance.store.bulk import execute_many
from appliance.store.fields import to_milliseconds
from appliance.store.models import Device, Dropped, Receipt, UsageMark, UsageRecord, database
from appliance.store.models import Inventory as InventoryRow
from protocol.device import Access, Ack, Inventory, Reported, UsageAck, UsageBatch, inventory_as_json

MAX_RECORDS_KEPT = 200_000  # raw usage, until totals replace it (a later step); the oldest go first


@dataclass(slots=True)
class Batch:
    """Messages of many devices in the order of arrival; of states and inventories a device's last one counts."""

    acks: list[tuple[str, Ack]] = field(default_factory=list)
    usage: list[tuple[str, UsageBatch]] = field(default_factory=list)
    reported: dict[str, Reported] = field(default_factory=dict)
    inventories: dict[str, Inventory] = field(default_factory=dict)
    dropped: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.acks or self.usage or self.reported or self.inventories or self.dropped)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the bridge has to answer."""

    usage_acks: Sequence[tuple[str, UsageAck]] = ()


class Intake:
    def record(self, batch: Batch, now: datetime) -> Outcome:
        """All of it or nothing: the caller acknowledges to the broker afterwards."""
        with database.atomic("IMMEDIATE"):
            known = _known(batch)
            _record_acks(batch.acks, now)
            _record_reported(batch.reported, now)
            usage_acks = [
                (device_id, _record_usage(device_id, usage, now))
                for device_id, usage in batch.usage
                if device_id in known
            ]
            _record_inventories({key: value for key, value in batch.inventories.items() if key in known}, now)
            _record_dropped(batch.dropped, now)
        return Outcome(usage_acks)


def _known(batch: Batch) -> set[str]:
    ids = {device_id for device_id, _ in batch.usage} | set(batch.inventories)
    return {row.id for row in Device.select(Device.id).where(Device.id.in_(list(ids)))} if ids else set()


def _record_acks(acks: Iterable[tuple[str, Ack]], now: datetime) -> None:
    """The first final one stands; an ack for another device's command changes nothing."""
    for device_id, ack in acks:
        state = from_ack(ack.status)
        Receipt.update(state=state, error=ack.error, updated_at=now).where(
            (Receipt.id == ack.id)
            & (Receipt.device == device_id)
            & Receipt.command.is_null(False)
            & Receipt.state.in_(list(states_before(state)))
        ).execute()


def _record_reported(reported: Mapping[str, Reported], now: datetime) -> None:
    """Receipts of restrictions whose version a device says it has applied."""
    if not reported:
        return
    waiting = Receipt.select().where(
        Receipt.device.in_(list(reported)) & Receipt.version.is_null(False) & Receipt.state.in_(list(OPEN))
    )
    moment = to_milliseconds(now)
    settled = [
        (*_settled(receipt, reported[receipt.device_id]), moment, receipt.id)
        for receipt in waiting
        if (receipt.version or 0) <= reported[receipt.device_id].version
    ]
    execute_many("UPDATE receipt SET state = ?, error = ?, unsupported = ?, updated_at = ? WHERE id = ?", settled)


def _settled(receipt: Receipt, reported: Reported) -> tuple[str, str | None, str | None]:
    known = [*receipt.unsupported, *(str(word) for word in reported.unsupported)]
    asked = _asked(receipt)
    unsupported = [word for word in dict.fromkeys(known) if word in asked]
    errors = {key: text for key, text in reported.errors.items() if key in asked}
    encoded = Receipt.unsupported.db_value(unsupported)
    if errors:
        return ReceiptState.FAILED, "; ".join(errors.values())[:200], encoded
    if asked and set(asked) <= set(unsupported):
        return ReceiptState.REJECTED, None, encoded
    return ReceiptState.SUCCEEDED, None, encoded


def _asked(receipt: Receipt) -> frozenset[str]:
    """The restrictions that its gesture sets, by their capability's name."""
    gesture = receipt.gesture
    if gesture.kind == "eyes_up":
        return frozenset({"lock", "sound", "camera", "internet"})
    return frozenset(name for name, value in gesture.args.items() if value not in (None, Access.ALLOWED))


def _record_usage(device_id: str, batch: UsageBatch, now: datetime) -> UsageAck:
    UsageRecord.insert_many(
        [
            {
                "device": device_id, "boot": batch.boot, "seq": record.seq, "app": record.app,
                "started_at": record.started_at, "seconds": record.seconds, "received_at": now,
            }
            for record in batch.records
        ]
    ).on_conflict_ignore().execute() if batch.records else None  # fmt: skip
    mark = UsageMark.get_or_none((UsageMark.device == device_id) & (UsageMark.boot == batch.boot))
    stored = {record.seq for record in batch.records}
    if mark is not None:
        later = UsageRecord.select(UsageRecord.seq).where(
            (UsageRecord.device == device_id) & (UsageRecord.boot == batch.boot) & (UsageRecord.seq > mark.up_to)
        )
        stored = {row.seq for row in later}
    if not stored and mark is None:
        return UsageAck(batch.boot, 0)
    up_to = next_watermark(None if mark is None else mark.up_to, stored)
    UsageMark.insert(device=device_id, boot=batch.boot, up_to=up_to).on_conflict_replace().execute()
    return UsageAck(batch.boot, up_to)


def _record_inventories(inventories: Mapping[str, Inventory], now: datetime) -> None:
    for device_id, inventory in inventories.items():
        document = inventory_as_json(inventory)
        known = _known_inventory(device_id)
        if known != document:  # retained: it comes again at each start, unchanged
            InventoryRow.insert(device=device_id, document=document, received_at=now).on_conflict_replace().execute()


def _known_inventory(device_id: str) -> object:
    row = InventoryRow.get_or_none(InventoryRow.device == device_id)
    return None if row is None else row.document


def _record_dropped(dropped: Mapping[tuple[str, str], int], now: datetime) -> None:
    if not dropped:
        return
    day = now.date().isoformat()
    Dropped.insert_many(
        [
            {"device_id": device_id, "reason": reason, "day": day, "count": count, "last_at": now}
            for (device_id, reason), count in dropped.items()
        ]
    ).on_conflict(
        conflict_target=[Dropped.device_id, Dropped.reason, Dropped.day],
        update={Dropped.count: Dropped.count + EXCLUDED.count, Dropped.last_at: now},
    ).execute()
