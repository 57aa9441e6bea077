"""What the outbox gives up, and when: acknowledged records after a week, and under pressure logs first, then days.

Lanes 0 and 1 are never cut. What may have left already is never merged nor dropped: central could count it twice, or a
gap would be told of what is there. Owns no number of a record: merged ones are put anew.
"""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.domain.coarsening import merged
from appliance.domain.statistics import week_of
from appliance.domain.storage import Level
from appliance.services.outbox import is_joined, put, put_gap
from appliance.store.city_models import OutboxLane, OutboxRecord
from appliance.store.fields import from_milliseconds
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
# What certainly never left: not in a batch, nor under another epoch.
_WAITING = "FROM outbox_record WHERE lane = ? AND seq > ? AND origin IS NULL AND parked = ''"
_EXTENT = f"SELECT min(seq), max(seq), count(*) {_WAITING}"
_DROP = f"DELETE {_WAITING}"
_DAYS = (
    f"SELECT type, json_extract(body, '$.period') AS day, min(seq), max(seq) {_WAITING} "
    "AND type IN ('usage', 'activity', 'battery') AND body NOT LIKE '%\"period\":\"____-W%' GROUP BY type, day"
)
_REPEATED = (
    "SELECT seq, at, body FROM ("  # noqa: S608 - our own words
    "SELECT seq, at, body, level, app, device, count(*) OVER (PARTITION BY level, app, device) AS times FROM ("
    "SELECT seq, at, body, json_extract(body, '$.level') AS level, json_extract(body, '$.app') AS app, "
    f"json_extract(body, '$.device') AS device {_WAITING} "
    "AND seq BETWEEN ? AND ? AND type = ? AND json_extract(body, '$.period') IN (SELECT value FROM json_each(?)))) "
    "WHERE times > 1 ORDER BY level, app, device, seq LIMIT ?"
)
_SIZE = "SELECT coalesce(sum(length(coalesce(body, '')) + 80), 0) FROM outbox_record WHERE lane = ? AND seq > ?"


@dataclass(frozen=True, slots=True)
class _Week:
    """Days of one week and type that wait. `first`, `last`: between which numbers they lie."""

    record_type: RecordType
    name: str
    days: tuple[str, ...]
    first: int
    last: int


class OutboxRelief:
    """`level`: how full the disk is now. Each transaction is a slice: a teacher's gesture must not wait for it."""

    def __init__(self, level: Callable[[], Level]) -> None:
        self._level = level
        self._weeks: deque[_Week] = deque()

    def step(self, now: datetime) -> timedelta:
        """For upkeep: a slice; soon again while there is more."""
        if not is_joined():
            return EVERY
        level = self._level()
        if level in _NO_LOGS or _bytes(Lane.LOGS) > MOST_LOG_BYTES:
            _drop_logs(now, str(level) if level in _NO_LOGS else "too_many")
        if not self._weeks and (level in _COARSE or _bytes(Lane.STATISTICS) > MOST_STATISTICS_BYTES):
            self._weeks.extend(_weeks())
        if self._weeks and not _coarsen(self._weeks[0]):
            self._weeks.popleft()
        with database.atomic("IMMEDIATE"):
            is_more = _purge(now)
        return timedelta() if is_more or self._weeks else EVERY


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
    with database.atomic("IMMEDIATE"):
        waiting = _never_left(Lane.LOGS)
        first, last, count = database.execute_sql(_EXTENT, waiting).fetchone()
        if count:
            database.execute_sql(_DROP, waiting)
            put_gap(now, GapBody(Lane.LOGS, first - 1, last, count, reason))


def _weeks() -> list[_Week]:
    """Oldest first: what may be merged. A look, without holding anybody up."""
    found: dict[tuple[str, str], _Week] = {}
    for name, day, first, last in database.execute_sql(_DAYS, _never_left(Lane.STATISTICS)).fetchall():
        week = week_of(day)
        known = found.get((week, name), _Week(RecordType(name), week, (), first, last))
        span = min(known.first, first), max(known.last, last)
        found[week, name] = _Week(known.record_type, week, (*known.days, day), *span)
    return [found[key] for key in sorted(found)]


def _coarsen(week: _Week) -> bool:
    """Days to weeks, some at a time; False when none were left. Sums, extremes and kinds stay true, the day is lost.

    What is alone in its week keeps its day.
    """
    with database.atomic("IMMEDIATE"):  # before it is asked what was in a batch: the uplink may be making one
        given = (*_never_left(Lane.STATISTICS), week.first, week.last, week.record_type.value, json.dumps(week.days))
        rows = database.execute_sql(_REPEATED, (*given, _AT_ONCE)).fetchall()
        if len(rows) < 2:
            return False
        _delete(Lane.STATISTICS, [seq for seq, _, _ in rows])
        at = from_milliseconds(max(at for _, at, _ in rows))
        for body in merged(week.record_type, [json.loads(body) for _, _, body in rows]):
            put(at, week.record_type, body)
    return True


def _never_left(lane: Lane) -> tuple[int, int]:
    """The lane, and the number after which nothing was in a batch yet."""
    state = OutboxLane.get_or_none(OutboxLane.lane == lane)
    return int(lane), 0 if state is None else max(state.offered, state.acknowledged)


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
