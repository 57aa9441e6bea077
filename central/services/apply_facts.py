"""Facts of lanes 0, 2 and 3 into their tables: journals, gaps, receipts, statistics, logs. In the caller's transaction.

Each is kept under the first number it ever had, so that writing it again changes nothing. Whoever calls knows what to
do with what does not fit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from central.store.bulk import Target, all_fit, misfit, put_rows
from central.store.desk_models import LogPart, LogRequest
from central.store.models import Activity, BatteryDay, Device, Gap, SchoolAudit, Usage
from central.store.rows import tuples_of
from protocol.uplink import Record
from protocol.uplink_orders import ReceiptBody
from protocol.uplink_records import ActivityBody, AuditBody, BatteryBody, GapBody, LogBody, UsageBody
from protocol.uplink_words import RecordType

TakeReceipt = Callable[[str, ReceiptBody, datetime], bool]  # False: nobody here gave that order


@dataclass(frozen=True, slots=True)
class Place:
    """Whose facts these are, as the certificate proves."""

    appliance: str
    uai: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """A record whose body was read. `body` None: what its key names is gone. `epoch`, `seq`: its first number."""

    record: Record
    body: Any
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Unfit:
    """What cannot be applied, and why."""

    fact: Fact
    reason: str
    detail: str = ""


Apply = Callable[[Place, Sequence[Fact]], list[Unfit]]
Made = tuple[Fact, tuple[object, ...]]

AUDIT = Target(
    SchoolAudit,
    ("appliance", "epoch", "seq", "school", "at", "received_at", "actor", "action", "target", "detail", "is_security"),
    keys=3,
    keep=("received_at",),
    is_new=True,
)
_GAP = Target(
    Gap, ("appliance", "epoch", "seq", "lane", "after", "up_to", "count", "reason", "at"), keys=3, is_new=True
)
USAGE = Target(
    Usage, ("school", "period", "level", "app", "epoch", "seq", "device_days", "seconds"), keys=6, is_new=True
)
_ACTIVITY = Target(
    Activity,
    (
        "school", "period", "epoch", "seq", "lessons", "lesson_minutes", "devices", "seen", "enrollments",
        "enrollment_failures", "gestures",
    ),
    keys=4, is_new=True,
)  # fmt: skip
BATTERY = Target(BatteryDay, ("device", "period", "school", "lowest", "highest"), keys=2, is_new=True)
_LOG = Target(LogPart, ("request", "part", "lines"), keys=2)


def put_fitting(target: Target, made: Sequence[Made]) -> list[Unfit]:
    """Of two facts with one key the last counts."""
    if all_fit(target, [row for _, row in made]):
        put_rows(target, {row[: target.keys]: row for _, row in made}.values())
        return []
    unfit, rows = [], {}
    for fact, row in made:
        column = misfit(target, row)
        if column:
            unfit.append(Unfit(fact, "does_not_fit", column))
        else:
            rows[row[: target.keys]] = row
    put_rows(target, rows.values())
    return unfit


def apply_audit(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    return put_fitting(AUDIT, [(fact, _audit_row(place, fact)) for fact in facts])


def _audit_row(place: Place, fact: Fact) -> tuple[object, ...]:
    body: AuditBody = fact.body
    return (
        place.appliance, fact.epoch, fact.seq, place.uai, fact.record.at, place.now, body.actor, body.action,
        body.target, dict(body.detail) or None, fact.record.type == RecordType.SECURITY,
    )  # fmt: skip


def apply_gaps(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    return put_fitting(_GAP, [(fact, _gap_row(place, fact)) for fact in facts])


def _gap_row(place: Place, fact: Fact) -> tuple[object, ...]:
    body: GapBody = fact.body
    return (
        place.appliance, fact.epoch, fact.seq, body.lane, body.after, body.up_to, body.count, body.reason,
        fact.record.at,
    )  # fmt: skip


def apply_usage(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    return put_fitting(USAGE, [(fact, _usage_row(place, fact)) for fact in facts])


def _usage_row(place: Place, fact: Fact) -> tuple[object, ...]:
    body: UsageBody = fact.body
    return place.uai, body.period, body.level, body.app, fact.epoch, fact.seq, body.device_days, body.seconds


def apply_activity(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    return put_fitting(_ACTIVITY, [(fact, _activity_row(place, fact)) for fact in facts])


def _activity_row(place: Place, fact: Fact) -> tuple[object, ...]:
    body: ActivityBody = fact.body
    return (
        place.uai, body.period, fact.epoch, fact.seq, body.lessons, body.lesson_minutes, body.devices, body.seen,
        body.enrollments, body.enrollment_failures, {kind: dict(counts) for kind, counts in body.gestures.items()},
    )  # fmt: skip


def apply_battery(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    foreign = foreign_devices(place, list({fact.body.device for fact in facts}))
    made = [(fact, _battery_row(place, fact)) for fact in facts if fact.body.device not in foreign]
    return _of_others(facts, foreign, "device") + put_fitting(BATTERY, made)


def _battery_row(place: Place, fact: Fact) -> tuple[object, ...]:
    body: BatteryBody = fact.body
    return body.device, body.period, place.uai, body.lowest, body.highest


def foreign_devices(place: Place, ids: Sequence[str]) -> set[str]:
    """Those that another school has: no box may write over them."""
    query = Device.select(Device.id).where(Device.id.in_(list(ids)) & (Device.school != place.uai))
    return {str(name) for (name,) in tuples_of(query)}


def _of_others(facts: Sequence[Fact], foreign: set[str], name: str) -> list[Unfit]:
    return [Unfit(fact, "other_school") for fact in facts if getattr(fact.body, name) in foreign]


def apply_logs(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    """A log that nobody here asked for is parked; one that has expired is let go."""
    asked = {
        row.id: row
        for row in LogRequest.select().where(
            LogRequest.id.in_([fact.body.request for fact in facts]) & (LogRequest.appliance == place.appliance)
        )
    }
    open_ones = {key for key, row in asked.items() if row.expires_at > place.now}
    made: list[Made] = []
    for fact in facts:
        body: LogBody = fact.body
        if body.request in open_ones:
            made.append((fact, (body.request, body.part, list(body.lines))))
            asked[body.request].parts = min(body.parts, 2**31 - 1)
    unfit = put_fitting(_LOG, made)
    for key in open_ones:
        LogRequest.update(parts=asked[key].parts).where(LogRequest.id == key).execute()
    return unfit + [Unfit(fact, "not_asked") for fact in facts if fact.body.request not in asked]


def receipts_by(take: TakeReceipt) -> Apply:
    def apply(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
        return [Unfit(fact, "unknown_order") for fact in facts if not take(place.appliance, fact.body, place.now)]

    return apply
