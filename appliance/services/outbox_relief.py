"""What the outbox gives up, and when: acknowledged records after a week, and under pressure logs first, then days.

Lanes 0 and 1 are never cut. What may have left already is never merged nor dropped: central could count it twice, or a
gap would be told of what is there. Owns no number of a record: merged ones are put anew.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from appliance.domain.coarsening import merged
from appliance.domain.storage import Level
from appliance.services.outbox import is_joined, put, put_gap
from appliance.store.city_models import OutboxLane, OutboxRecord
from appliance.store.models import database
from protocol.uplink_records import GapBody
from protocol.uplink_words import Lane, RecordType

KEPT = timedelta(days=7)
KEPT_PARKED = timedelta(days=90)
MOST_LOG_BYTES = 16 * 1024 * 1024
MOST_STATISTICS_BYTES = 48 * 1024 * 1024
EVERY = timedelta(minutes=10)
_AT_ONCE = 1000
_COARSE = (Level.COARSE, Level.ESSENTIAL, Level.SURVIVAL)
_NO_LOGS = (Level.ESSENTIAL, Level.SURVIVAL)

_OVER = (
    "SELECT lane, seq FROM outbox_record WHERE acknowledged_at < ? AND "
    "(parked = '' OR acknowledged_at < ?) AND (lane <> 1 OR body IS NULL) ORDER BY lane, seq LIMIT ?"
)
_SIZE = "SELECT coalesce(sum(length(coalesce(body, '')) + 80), 0) FROM outbox_record WHERE lane = ? AND seq > ?"


class OutboxRelief:
    """`level`: how full the disk is now."""

    def __init__(self, level: Callable[[], Level]) -> None:
        self._level = level

    def step(self, now: datetime) -> timedelta:
        """For upkeep: a slice; soon again while there is more."""
        if not is_joined():
            return EVERY
        level = self._level()
        with database.atomic("IMMEDIATE"):
            if level in _NO_LOGS or _bytes(Lane.LOGS) > MOST_LOG_BYTES:
                _drop_logs(now, str(level) if level in _NO_LOGS else "too_many")
            if level in _COARSE or _bytes(Lane.STATISTICS) > MOST_STATISTICS_BYTES:
                _coarsen(now)
            return timedelta() if _purge(now) else EVERY


def _purge(now: datetime) -> bool:
    rows = database.execute_sql(_OVER, (_ms(now - KEPT), _ms(now - KEPT_PARKED), _AT_ONCE)).fetchall()
    for lane, seq in rows:
        OutboxRecord.delete().where((OutboxRecord.lane == lane) & (OutboxRecord.seq == seq)).execute()
    for lane in {lane for lane, _ in rows}:
        last = max(seq for one, seq in rows if one == lane)
        OutboxLane.update(purged=last).where((OutboxLane.lane == lane) & (OutboxLane.purged < last)).execute()
    return len(rows) == _AT_ONCE


def _drop_logs(now: datetime, reason: str) -> None:
    """All that have not left: whoever asked for them may ask again."""
    waiting = _not_offered(Lane.LOGS)
    if waiting:
        _delete(Lane.LOGS, [row.seq for row in waiting])
        put_gap(now, GapBody(Lane.LOGS, waiting[0].seq - 1, waiting[-1].seq, len(waiting), reason))


def _coarsen(now: datetime) -> None:
    """Days to weeks. Sums, extremes and the number of records of each kind stay true; only the day is lost."""
    days = [row for row in _not_offered(Lane.STATISTICS) if "W" not in str(json.loads(row.body or "{}").get("period"))]
    if len(days) < 2:
        return
    for record_type in (RecordType.USAGE, RecordType.ACTIVITY, RecordType.BATTERY):
        rows = [row for row in days if row.type == record_type]
        bodies = merged(record_type, [json.loads(row.body or "{}") for row in rows])
        if len(bodies) < len(rows):
            _replace(rows, record_type, bodies)


def _replace(rows: Sequence[OutboxRecord], record_type: RecordType, bodies: Iterable[Mapping[str, object]]) -> None:
    _delete(Lane.STATISTICS, [row.seq for row in rows])
    at = max(row.at for row in rows)
    for body in bodies:
        put(at, record_type, body)


def _not_offered(lane: Lane) -> list[OutboxRecord]:
    """What certainly never left: not in a batch, nor under another epoch."""
    state = OutboxLane.get_or_none(OutboxLane.lane == lane)
    if state is None:
        return []
    waiting = (OutboxRecord.lane == lane) & (OutboxRecord.seq > max(state.offered, state.acknowledged))
    return list(
        OutboxRecord.select()
        .where(waiting & OutboxRecord.origin.is_null() & (OutboxRecord.parked == ""))
        .order_by(OutboxRecord.seq)
    )


def _delete(lane: Lane, seqs: Sequence[int]) -> None:
    for place in range(0, len(seqs), _AT_ONCE):
        some = list(seqs[place : place + _AT_ONCE])
        OutboxRecord.delete().where((OutboxRecord.lane == lane) & OutboxRecord.seq.in_(some)).execute()


def _bytes(lane: Lane) -> int:
    state = OutboxLane.get_or_none(OutboxLane.lane == lane)
    after = 0 if state is None else state.acknowledged
    return int(database.execute_sql(_SIZE, (int(lane), after)).fetchone()[0])


def _ms(moment: datetime) -> int:
    return int(OutboxRecord.at.db_value(moment) or 0)
