"""What devices say, recorded: many messages in one transaction, each counted once.

Presence, battery and the like go to live storage (services/live_state.py); here is what must survive.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from peewee import EXCLUDED

from appliance.domain.channels import Carrier, Carriers, Channel, Evidence, weakest
from appliance.domain.gestures import GestureKind, restrictions_asked, restrictions_lifted
from appliance.domain.receipts import from_ack, states_before
from appliance.domain.reports import Order, Settled, settle
from appliance.domain.restrictions import Hold
from appliance.services.desired import read_hold
from appliance.services.usage import record_usage
from appliance.store.bulk import execute_many
from appliance.store.fields import JsonField, to_milliseconds
from appliance.store.models import OPEN_RECEIPTS, Dropped, database
from appliance.store.models import Inventory as InventoryRow
from protocol.device import Ack, AckStatus, Inventory, Reported, UsageAck, UsageBatch, inventory_as_json

USAGE_FULL = "usage_full"

# The first final one stands; an ack for another device's command, or for none, changes nothing.
_ACK = (
    "UPDATE receipt SET state = ?, error = ?, updated_at = ?, channel = ?, evidence = ? "
    "WHERE id = ? AND device_id = ? AND command IS NOT NULL "
    "AND state IN (SELECT value FROM json_each(?))"
)
_BEFORE = {state: json.dumps(states_before(state)) for state in map(from_ack, AckStatus)}
# Only up to the version that we gave: a later one is of a history that we lost (services/desired.py catches up).
_WAITING = (
    "SELECT r.id, r.version, r.unsupported, g.kind, g.args, "  # noqa: S608 - our own words
    "p.base, p.eyes_up, r.version = d.version, r.device_id "
    "FROM json_each(?) said CROSS JOIN receipt r ON r.device_id = said.key "
    "JOIN gesture g ON g.id = r.gesture_id JOIN device d ON d.id = r.device_id "
    "LEFT JOIN lesson_device p ON p.device_id = d.id AND p.left_at IS NULL "
    f"WHERE {OPEN_RECEIPTS} AND r.version IS NOT NULL AND r.version <= said.value AND said.value <= d.version"
)
_SETTLE = (
    "UPDATE receipt SET state = ?, error = ?, unsupported = ?, updated_at = ?, channel = ?, evidence = ? WHERE id = ?"
)
# Sent over an agent, and nothing shows that it was done: still open, it is tried once more.
_UNPROVEN = f"UPDATE receipt SET evidence = ?, updated_at = ? WHERE id = ? AND device_id = ? AND {OPEN_RECEIPTS}"  # noqa: S608 - our own words
_OWN = Carrier(Channel.OWN, Evidence.CONFIRMED)
# One of the city's orders was given to a device, and its answer is awaited.
_AWAITED = "SELECT 1 FROM instruction WHERE state = 'started' AND finished_at IS NULL LIMIT 1"
_ACTIVE = "SELECT id FROM device WHERE status = 'active' AND id IN (SELECT value FROM json_each(?))"
_json = JsonField()


@dataclass(slots=True)
class Batch:
    """Messages of many devices in the order of arrival; of states and inventories a device's last one counts.

    `carriers`: of reports that two channels gave together, who answers for which part; without an entry, the device.
    """

    acks: list[tuple[str, Ack]] = field(default_factory=list)
    agent_acks: list[tuple[str, Ack, Evidence]] = field(default_factory=list)
    unproven: list[tuple[str, str]] = field(default_factory=list)  # device, command
    carriers: dict[str, Carriers] = field(default_factory=dict)
    usage: list[tuple[str, UsageBatch]] = field(default_factory=list)
    reported: dict[str, Reported] = field(default_factory=dict)
    inventories: dict[str, Inventory] = field(default_factory=dict)
    dropped: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (
            self.acks or self.usage or self.reported or self.inventories or self.dropped
            or self.agent_acks or self.unproven
        )  # fmt: skip

    def drop(self, device_id: str, reason: str) -> None:
        key = (device_id, str(reason))
        self.dropped[key] = self.dropped.get(key, 0) + 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the bridge has to answer. `is_for_city`: an answer may be to one of the city's orders."""

    usage_acks: Sequence[tuple[str, UsageAck]] = ()
    is_for_city: bool = False


class Intake:
    def active(self, device_ids: Collection[str]) -> set[str]:
        """Those among them that are devices of this school now."""
        if not device_ids:
            return set()
        return {row[0] for row in database.execute_sql(_ACTIVE, (json.dumps(list(device_ids)),)).fetchall()}

    def record(self, batch: Batch, now: datetime) -> Outcome:
        """All of it or nothing: the caller acknowledges to the broker afterwards."""
        with database.atomic("IMMEDIATE"):
            known = self.active({device_id for device_id, _ in batch.usage} | set(batch.inventories))
            _record_acks([(device_id, ack, _OWN) for device_id, ack in batch.acks], now)
            _record_acks([(one, ack, Carrier(Channel.AGENT, how)) for one, ack, how in batch.agent_acks], now)
            _record_unproven(batch.unproven, now)
            _record_reported(batch.reported, batch.carriers, now)
            answers = [
                (device_id, record_usage(device_id, usage, now))
                for device_id, usage in batch.usage
                if device_id in known
            ]
            _record_inventories({key: value for key, value in batch.inventories.items() if key in known}, now)
            full = Counter((device_id, USAGE_FULL) for device_id, ack in answers if ack is None)
            _record_dropped(full + Counter(batch.dropped), now)
            is_for_city = bool(batch.acks or batch.agent_acks) and _is_awaited()
        return Outcome([(device_id, ack) for device_id, ack in answers if ack is not None], is_for_city)


def _is_awaited() -> bool:
    return database.execute_sql(_AWAITED).fetchone() is not None


def _record_acks(acks: Iterable[tuple[str, Ack, Carrier]], now: datetime) -> None:
    moment = to_milliseconds(now)
    answers = [(from_ack(ack.status), device_id, ack, by) for device_id, ack, by in acks]
    execute_many(
        _ACK,
        [
            (state, ack.error, moment, by.channel, by.evidence, ack.id, device_id, _BEFORE[state])
            for state, device_id, ack, by in answers
        ],
    )


def _record_unproven(unproven: Iterable[tuple[str, str]], now: datetime) -> None:
    moment = to_milliseconds(now)
    execute_many(_UNPROVEN, [(Evidence.UNCONFIRMED, moment, command, device_id) for device_id, command in unproven])


def _record_reported(reported: Mapping[str, Reported], carriers: Mapping[str, Carriers], now: datetime) -> None:
    """Receipts of restrictions whose version a device says it has applied."""
    if not reported:
        return
    versions = json.dumps({device_id: state.version for device_id, state in reported.items()})
    moment = to_milliseconds(now)
    settled = []
    for receipt_id, *order, device_id in database.execute_sql(_WAITING, (versions,)).fetchall():
        asked = _order(*order)
        answer = settle(asked, reported[device_id])
        by = _carrier(asked, answer, carriers.get(device_id))
        unsupported = _json.db_value(answer.unsupported)
        settled.append((answer.state, answer.error, unsupported, moment, by.channel, by.evidence, receipt_id))
    execute_many(_SETTLE, settled)


def _carrier(order: Order, answer: Settled, carriers: Carriers | None) -> Carrier:
    """Who answers for it; of several parts, the one that is known worst."""
    if carriers is None:
        return _OWN
    parts = (*order.asked, *order.lifted)
    return weakest(carriers[name] for name in parts if name in carriers and name not in answer.unsupported)


@lru_cache(maxsize=256)  # one gesture is the same order for a whole class
def _order(version: int, missing: str | None, kind: str, args: str, *now: Any) -> Order:
    """`now`: what the lesson wants at present, and whether this order was the last word on it.

    If it was not, the present says nothing about what was to be lifted then: a later order may have lifted more.
    """
    gesture, said = GestureKind(kind), _json.python_value(args)
    base, eyes_up, is_last = now
    wanted = Hold() if base is None else read_hold(base, eyes_up)
    return Order(
        version=version,
        asked=restrictions_asked(gesture, said),
        lifted=restrictions_lifted(gesture, said, wanted) if is_last else (),
        missing=tuple(_json.python_value(missing) or ()),
    )


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
