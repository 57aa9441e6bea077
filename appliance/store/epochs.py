"""A new epoch of this store: its records are numbered from 1 again, and remember under which number they may have left.

What is kept is sent again under the new epoch; by its origin central knows what it has applied already, so that a
restored backup neither loses nor doubles anything. Who calls for one is decided elsewhere.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from appliance.store.city_models import Incarnation, OutboxLane
from appliance.store.models import database

STATE_LANE = 1  # protocol Lane.STATE: the last value of a key is true whenever it comes, and needs no origin

_REMEMBER = "UPDATE outbox_record SET origin = ? || '/' || seq WHERE lane = ? AND seq <= ? AND origin IS NULL"
# In two steps: a number must be free before it is taken.
_NUMBER = (
    "UPDATE outbox_record SET seq = -anew.place, acknowledged_at = NULL "
    "FROM (SELECT lane, seq, row_number() OVER (PARTITION BY lane ORDER BY seq) AS place FROM outbox_record) AS anew "
    "WHERE outbox_record.lane = anew.lane AND outbox_record.seq = anew.seq"
)
_TURN = "UPDATE outbox_record SET seq = -seq WHERE seq < 0"
_LANES = (
    "INSERT INTO outbox_lane (lane, last_seq, acknowledged, offered, purged) "
    "SELECT lane, max(seq), 0, 0, 0 FROM outbox_record GROUP BY lane"
)


class Reason(StrEnum):
    """Why an epoch began."""

    CREATED = "created"
    RESTORED = "restored"
    REPAIRED = "repaired"
    MOVED = "moved"  # the store found itself on another machine


def begin_epoch(now: datetime, reason: Reason, hardware: str | None = None) -> str:
    """In the caller's transaction. Without `hardware`: that of the epoch before."""
    _remember(None)
    return _begin(now, reason, hardware)


def begin_after_fork(now: datetime, fork: Mapping[int, int]) -> str:
    """The same of a store that went back. `fork`: by lane, up to where a number means the same at both ends.

    What was written since, under numbers that the city knows as other facts, is told as new.
    """
    _remember(fork)
    return _begin(now, Reason.REPAIRED, None)


def _begin(now: datetime, reason: Reason, hardware: str | None) -> str:
    before = Incarnation.get_or_none(Incarnation.id == 1)
    epoch = secrets.token_hex(12)
    if hardware is None:
        hardware = "" if before is None else before.hardware
    Incarnation.insert(
        id=1, epoch=epoch, hardware=hardware, began_at=now, reason=reason
    ).on_conflict_replace().execute()
    OutboxLane.delete().execute()
    for statement in (_NUMBER, _TURN, _LANES):
        database.execute_sql(statement)
    return epoch


def _remember(fork: Mapping[int, int] | None) -> None:
    before = Incarnation.get_or_none(Incarnation.id == 1)
    if before is None:
        return
    for row in OutboxLane.select().where(OutboxLane.lane != STATE_LANE):
        known = row.last_seq if fork is None else fork.get(row.lane, 0)
        database.execute_sql(_REMEMBER, (before.epoch, row.lane, known))
