"""Usage records of devices, stored raw, each once, and how far a device may throw its own away.

A device that has said more than it may loses what is older than two months, or waits with the rest until something is.
"""

from datetime import datetime

from appliance.domain.usage import app_name, next_watermark
from appliance.services.guests import is_guest
from appliance.services.retention import make_room_for_usage
from appliance.store.bulk import execute_many
from appliance.store.fields import to_milliseconds
from appliance.store.models import database
from protocol.device import UsageAck, UsageBatch

# Raw records of one device until totals replace them: two months of a lively one, or 5 MB of a mischievous one.
MAX_RECORDS_PER_DEVICE = 20_000

_INSERT = (
    "INSERT OR IGNORE INTO usage_record (device_id, boot, seq, app, started_at, seconds, received_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM usage_record WHERE device_id = ? LIMIT ?)"
_MARK = "SELECT up_to, forgotten FROM usage_mark WHERE device_id = ? AND boot = ?"
_AFTER = "SELECT seq FROM usage_record WHERE device_id = ? AND boot = ? AND seq > ? ORDER BY seq"
_SET_MARK = (
    "INSERT INTO usage_mark (device_id, boot, up_to, updated_at, forgotten) VALUES (?, ?, ?, ?, -1) "
    "ON CONFLICT (device_id, boot) DO UPDATE SET up_to = excluded.up_to, updated_at = excluded.updated_at"
)


def record_usage(device_id: str, batch: UsageBatch, now: datetime) -> UsageAck | None:
    """In the caller's transaction. None: the device has no room left, and keeps what it has.

    Of a guest nothing is recorded: it is told that all of it arrived.
    """
    if is_guest(device_id):
        return UsageAck(batch.boot, max((record.seq for record in batch.records), default=0))
    mark, forgotten = _mark(device_id, batch.boot)
    fresh = [record for record in batch.records if mark is None or record.seq > mark]
    if fresh and not _has_room(device_id, len(fresh), now):
        return None if mark is None else UsageAck(batch.boot, mark)
    moment = to_milliseconds(now)
    execute_many(
        _INSERT,
        [
            (device_id, batch.boot, one.seq, app_name(one.app), to_milliseconds(one.started_at), one.seconds, moment)
            for one in batch.records
            if one.seq > forgotten
        ],
    )
    if mark is None:
        if not batch.records:
            return UsageAck(batch.boot, 0)
        mark = min(record.seq for record in batch.records)
    up_to = _watermark(device_id, batch.boot, mark)
    execute_many(_SET_MARK, [(device_id, batch.boot, up_to, moment)])
    return UsageAck(batch.boot, up_to)


def _mark(device_id: str, boot: str) -> tuple[int | None, int]:
    """And up to where records were counted and thrown away: they must not come back (services/statistics.py)."""
    row = database.execute_sql(_MARK, (device_id, boot)).fetchone()
    return (None, -1) if row is None else (int(row[0]), int(row[1]))


def _has_room(device_id: str, more: int, now: datetime) -> bool:
    if not _is_full(device_id, more):
        return True
    make_room_for_usage(device_id, now)
    return not _is_full(device_id, more)


def _is_full(device_id: str, more: int) -> bool:
    (count,) = database.execute_sql(_COUNT, (device_id, MAX_RECORDS_PER_DEVICE + 1)).fetchone()
    return int(count) + more > MAX_RECORDS_PER_DEVICE


def _watermark(device_id: str, boot: str, mark: int) -> int:
    """Reads no further than the first gap: a device may have thousands of records behind one."""
    run: list[int] = []
    for (seq,) in database.execute_sql(_AFTER, (device_id, boot, mark)):
        if seq != mark + len(run) + 1:
            break
        run.append(seq)
    return next_watermark(mark, run)
