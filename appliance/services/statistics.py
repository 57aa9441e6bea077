"""The day's statistics, counted once each when the day is over in the school's zone, into the outbox.

Usage is counted by what arrived: of a day that was counted already, what comes later makes cells of its own. A day's
activity and batteries are counted together. What was counted is marked in the transaction of the records.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from appliance.domain.receipts import ReceiptState
from appliance.domain.schools import DEFAULT_ZONE
from appliance.domain.statistics import Use, cells, day_of, days_to_count, midnight, minutes_within
from appliance.services.outbox import is_joined, put, put_gap
from appliance.services.settings import read_setting, write_setting
from appliance.services.usage_levels import levels_of
from appliance.store.bulk import execute_many
from appliance.store.city_models import CityLink, DeviceDay, Incarnation
from appliance.store.epochs import Reason
from appliance.store.fields import from_milliseconds, to_milliseconds
from appliance.store.live import Live, live_database, read_live
from appliance.store.models import Device, Journal, Lesson, database
from protocol.device import Presence
from protocol.uplink_records import ActivityBody, BatteryBody, GapBody, UsageBody, encode_body
from protocol.uplink_words import Lane, RecordType

EVERY = timedelta(minutes=30)
SAMPLE_EVERY = timedelta(minutes=5)
_SETTLED = timedelta(minutes=2)  # what arrives is committed by then, whichever process wrote it
_MARKS = "statistics"
FAILURES = "enrollment_failures"

# A device's clock may be wrong: `believed` of the domain, where the rows are.
_WHEN = (
    "CASE WHEN started_at > received_at OR started_at < received_at - 5356800000 THEN received_at ELSE started_at END"
)
_USAGE = (
    "SELECT device_id, app, began, seconds FROM ("  # noqa: S608 - our own words
    f"SELECT u.device_id, app, {_WHEN} AS began, seconds, received_at FROM usage_record u "
    "JOIN device d ON d.id = u.device_id WHERE d.guest_lesson_id IS NULL) "
    "WHERE began < ? AND received_at <= ? AND NOT (began < ? AND received_at <= ?) AND began >= ?"
)
_GESTURES = (
    "SELECT g.kind, r.state, count(*) FROM gesture g JOIN receipt r ON r.gesture_id = g.id "
    "JOIN device d ON d.id = r.device_id WHERE d.guest_lesson_id IS NULL AND g.at >= ? AND g.at < ? GROUP BY 1, 2"
)
# What was counted in the run before the last one, and which the device was told that it may forget.
_COUNTED = (
    "SELECT u.device_id, u.boot, u.seq FROM usage_record u "  # noqa: S608 - our own words
    "JOIN usage_mark m ON m.device_id = u.device_id AND m.boot = u.boot AND u.seq <= m.up_to "
    f"WHERE {_WHEN} < ? AND received_at <= ? LIMIT 2000"
)
_DELETE = "DELETE FROM usage_record WHERE device_id = ? AND boot = ? AND seq = ?"
_FORGET = "UPDATE usage_mark SET forgotten = max(forgotten, ?) WHERE device_id = ? AND boot = ?"
_FAILED = (ReceiptState.FAILED, ReceiptState.REJECTED, ReceiptState.TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Marks:
    """`through`: the last day whose activity was counted. Of usage: what began before `before` and had come by `come`.

    `old_before` and `old_come`: the same of a day ago; the raw records up to there may go.
    """

    epoch: str
    through: date
    before: int
    come: int
    since: int
    old_before: int = 0
    old_come: int = 0


class Statistics:
    """`live`: what is known of each device at this moment."""

    def __init__(self, live: Callable[[], Mapping[str, Live]] | None = None) -> None:
        self._live = live or _read_live

    def sample(self, now: datetime) -> timedelta:
        """For upkeep: who is there, and how full."""
        if is_joined():
            there = {one: row.battery_level for one, row in self._live().items() if row.presence == Presence.ONLINE}
            ours = {row.id for row in Device.select(Device.id).where(Device.guest_lesson_id.is_null())}
            note_batteries({one: level for one, level in there.items() if one in ours}, now)
        return SAMPLE_EVERY

    def step(self, now: datetime) -> timedelta:
        """For upkeep: one day, or the usage that came; soon again while there is more."""
        if not is_joined():
            return EVERY
        zone = ZoneInfo(read_setting("time_zone", DEFAULT_ZONE))
        marks = _begun(now, zone)
        days = days_to_count(marks.through, now, zone)
        if days:
            _count_day(days[0], now, zone)
            return timedelta()
        if marks.before < to_milliseconds(midnight(day_of(now, zone), zone)):
            _count_usage(marks, now, zone)
        return timedelta() if _forget_raw(_read_marks(read_setting(_MARKS))) else EVERY


def note_failure(now: datetime) -> None:
    """An enrollment that was refused; in a transaction of its own, as that of the enrollment was undone."""
    if not is_joined():
        return
    zone = ZoneInfo(read_setting("time_zone", DEFAULT_ZONE))
    with database.atomic("IMMEDIATE"):
        day = day_of(now, zone).isoformat()
        counts = _failures()
        kept = {one: count for one, count in counts.items() if one >= (now - timedelta(days=62)).date().isoformat()}
        write_setting(FAILURES, json.dumps({**kept, day: counts.get(day, 0) + 1}))


def note_batteries(levels: dict[str, int | None], now: datetime) -> None:
    """Device id -> percent, of devices that are there now. Written only when the day did not know it yet."""
    day = day_of(now, ZoneInfo(read_setting("time_zone", DEFAULT_ZONE))).isoformat()
    known = {row.device_id: (row.lowest, row.highest) for row in DeviceDay.select().where(DeviceDay.day == day)}
    rows = []
    for device_id, level in levels.items():
        before = known.get(device_id)
        told = [one for one in (*(before or ()), level) if one is not None]
        widest = (min(told), max(told)) if told else (None, None)
        if before is None or widest != before:
            rows.append({"day": day, "device_id": device_id, "lowest": widest[0], "highest": widest[1]})
    if rows:
        with database.atomic("IMMEDIATE"):
            DeviceDay.insert_many(rows).on_conflict_replace().execute()


def _begun(now: datetime, zone: ZoneInfo) -> Marks:
    """Nothing from before the city was joined. A restored store does not know which of its days had left: none does."""
    written = read_setting(_MARKS)
    life = Incarnation.get_or_none(Incarnation.id == 1)
    epoch = "" if life is None else str(life.epoch)
    joined_at: datetime = CityLink.get(CityLink.id == 1).claimed_at
    marks = _read_marks(written) if written else None
    if marks is not None and marks.epoch == epoch:
        return marks
    is_past_known = marks is not None and marks.since == to_milliseconds(joined_at)
    if marks is not None and is_past_known and (life is None or life.reason == Reason.MOVED):
        fresh = Marks(epoch, marks.through, marks.before, marks.come, marks.since)
    else:
        today = midnight(day_of(now, zone), zone)
        since = to_milliseconds(joined_at)
        yesterday = day_of(now, zone) - timedelta(days=1)
        fresh = Marks(epoch, yesterday, to_milliseconds(today), to_milliseconds(now - _SETTLED), since)
    with database.atomic("IMMEDIATE"):
        _write_marks(fresh)
        if marks is not None and is_past_known and fresh.through > marks.through:
            skipped = (fresh.through - marks.through).days
            put_gap(now, GapBody(Lane.STATISTICS, 0, 0, skipped, "restored"))
    return fresh


def _count_day(day: date, now: datetime, zone: ZoneInfo) -> None:
    """Activity and batteries. A day of which there is nothing to say leaves no record."""
    with database.atomic("IMMEDIATE"):
        marks = _read_marks(read_setting(_MARKS))
        if marks.through >= day:
            return
        seen = list(DeviceDay.select().where(DeviceDay.day == day.isoformat()))
        body = _activity(day, len(seen), zone)
        if seen or body.lessons or body.lesson_minutes or body.enrollments or body.enrollment_failures or body.gestures:
            put(now, RecordType.ACTIVITY, encode_body(body))
        for row in seen:
            if row.lowest is not None and row.highest is not None:
                battery = BatteryBody(day.isoformat(), row.device_id, row.lowest, row.highest)
                put(now, RecordType.BATTERY, encode_body(battery))
        DeviceDay.delete().where(DeviceDay.day <= day.isoformat()).execute()
        _write_marks(Marks(marks.epoch, day, *_usage_marks(marks)))


def _count_usage(marks: Marks, now: datetime, zone: ZoneInfo) -> None:
    """Read without holding up anybody: what comes meanwhile is of the next run."""
    before = to_milliseconds(midnight(day_of(now, zone), zone))
    come = to_milliseconds(now - _SETTLED)
    uses = list(_uses((before, come, marks.before, marks.come, marks.since), zone))
    with database.atomic("IMMEDIATE"):
        latest = _read_marks(read_setting(_MARKS))
        if (latest.before, latest.come) != (marks.before, marks.come):
            return  # another process has counted them
        for cell in cells(uses):
            period = cell.day.isoformat()
            put(
                now,
                RecordType.USAGE,
                encode_body(UsageBody(period, cell.level, cell.app, cell.device_days, cell.seconds)),
            )
        _write_marks(Marks(latest.epoch, latest.through, before, come, latest.since, latest.before, latest.come))


def _uses(bounds: tuple[int, ...], zone: ZoneInfo) -> Iterator[Use]:
    rows = database.execute_sql(_USAGE, bounds).fetchall()
    level_at = levels_of({row[0] for row in rows})
    for device_id, app, began, seconds in rows:
        moment = from_milliseconds(began)
        yield Use(day_of(moment, zone), device_id, level_at(device_id, moment), app, seconds)


def _activity(day: date, seen: int, zone: ZoneInfo) -> ActivityBody:
    since, until = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    touching = Lesson.select().where(
        (Lesson.started_at < until) & (Lesson.ended_at.is_null() | (Lesson.ended_at > since))
    )
    lessons = [(row.started_at, row.ended_at or row.ends_at) for row in touching]
    active = (Device.status == "active") & Device.guest_lesson_id.is_null()
    joined = Journal.action.in_(("device.enrolled", "device.reenrolled", "device.add"))
    return ActivityBody(
        period=day.isoformat(),
        lessons=sum(1 for began, _ in lessons if since <= began),
        lesson_minutes=sum(minutes_within(began, ended, day, zone) for began, ended in lessons),
        devices=Device.select().where(active).count(),
        seen=seen,
        enrollments=Journal.select().where(joined & (Journal.at >= since) & (Journal.at < until)).count(),
        enrollment_failures=_failures().get(day.isoformat(), 0),
        gestures=_gestures(since, until),
    )


def _gestures(since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {}
    bounds = (to_milliseconds(since), to_milliseconds(until))
    for kind, state, count in database.execute_sql(_GESTURES, bounds).fetchall():
        one = counted.setdefault(str(kind), Counter(asked=0, done=0, failed=0))
        one["asked"] += count
        one["done"] += count if state == ReceiptState.SUCCEEDED else 0
        one["failed"] += count if state in _FAILED else 0
    return {kind: dict(one) for kind, one in sorted(counted.items())}


def _forget_raw(marks: Marks) -> bool:
    """A slice of the raw records that were counted a day ago; True while there are more."""
    if not marks.old_come:
        return False
    with database.atomic("IMMEDIATE"):
        rows = database.execute_sql(_COUNTED, (marks.old_before, marks.old_come)).fetchall()
        execute_many(_FORGET, [(seq, device_id, boot) for device_id, boot, seq in rows])
        execute_many(_DELETE, rows)
    return bool(rows)


def _failures() -> dict[str, int]:
    return dict(json.loads(read_setting(FAILURES) or "{}"))


def _usage_marks(marks: Marks) -> tuple[int, int, int, int, int]:
    return marks.before, marks.come, marks.since, marks.old_before, marks.old_come


def _read_marks(written: str) -> Marks:
    epoch, through, *numbers = json.loads(written)
    return Marks(epoch, date.fromisoformat(through), *numbers)


def _write_marks(marks: Marks) -> None:
    write_setting(_MARKS, json.dumps([marks.epoch, marks.through.isoformat(), *_usage_marks(marks)]))


def _read_live() -> Mapping[str, Live]:
    with live_database.connection_context():
        return read_live()
