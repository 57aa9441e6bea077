"""Whether anything waits for the city, asked every second: one cheap question to the store."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from appliance.store.models import database
from protocol.uplink_words import Lane, RecordType

_AT_ONCE = (RecordType.RECEIPT, RecordType.SECURITY, RecordType.GAP)
_QUESTION = (
    "SELECT EXISTS (SELECT 1 FROM outbox_lane WHERE acknowledged < last_seq "
    "AND lane IN (SELECT value FROM json_each(?))), "
    "EXISTS (SELECT 1 FROM outbox_lane l JOIN outbox_record r ON r.lane = l.lane AND r.seq > l.acknowledged "
    "WHERE l.lane = ? AND r.parked = '' AND r.type IN (?, ?, ?))"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """`is_urgent`: somebody waits for it, as an officer for what came of his order."""

    is_any: bool
    is_urgent: bool


def what_waits(lanes: Collection[Lane]) -> Waiting:
    """`lanes`: those that may go now."""
    values = (json.dumps([int(lane) for lane in lanes]), int(Lane.RECEIPTS), *(one.value for one in _AT_ONCE))
    is_any, is_urgent = database.execute_sql(_QUESTION, values).fetchone()
    return Waiting(bool(is_any), bool(is_urgent))
