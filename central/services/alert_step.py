"""What the desk does once a minute: opens the alerts that the rules want, closes those that they do not want any more.

The rules are in `domain.alerts`. Facts are read by a few queries for the whole city, before the transaction: who writes
does not wait for that. Alerts that stay as they are are not touched. Notifications are written in the same transaction:
none is lost, none is made twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from peewee import Case, fn

from central.clock import Clock
from central.domain.alerts import (
    NEEDED_DAYS,
    AlertKind,
    ApplianceFacts,
    Finding,
    Thresholds,
    appliance_findings,
    battery_trouble,
)
from central.domain.fleet import ApplianceState, Sign, state_of
from central.domain.school_days import Closure, school_day_before, school_days_since, zone_of
from central.services.desk_settings import DeskSettings
from central.services.notifications import Notifications, Opened
from central.services.settings import read_setting, write_setting
from central.store.database import writing
from central.store.desk_models import Alert
from central.store.models import Activity, Appliance, BatteryDay, Device, ParkedRecord, School, Snapshot
from central.store.rows import tuples_of

_EVERY = timedelta(minutes=1)
_LAST = "alerts_looked_at"
_BATTERIES_EVERY = timedelta(hours=1)  # of weeks of every device; boxes tell of them in the evening
_BATTERIES_LAST = "batteries_looked_at"
_BATTERIES_LIMITS = "batteries_limits"  # with which that was done: others count at once
_BATTERY_BACK = timedelta(days=21)
_BULK = 200
TOO_LARGE = "snapshot_too_large"  # a finding of the box's state

# (kind, subject)
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Wish:
    school: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the city's facts want. Without `batteries`, alerts of batteries stay as they are."""

    wanted: Mapping[_Key, _Wish]
    batteries: bool


class AlertStep:
    def __init__(self, settings: DeskSettings, notifications: Notifications, clock: Clock) -> None:
        self._settings, self._notifications, self._clock = settings, notifications, clock

    def step(self) -> bool:
        """For the worker: nothing to do more than once a minute, whatever the number of desks."""
        now = self._clock.now()
        if not _is_due(_LAST, _EVERY, now):
            return False
        limits = self._settings.thresholds()
        seen = self._see(now, limits, batteries=_are_batteries_due(limits, now))
        with writing("alerts"):
            if not _is_due(_LAST, _EVERY, now):
                return False  # another desk was faster
            write_setting(_LAST, now.isoformat())
            if seen.batteries:
                write_setting(_BATTERIES_LAST, now.isoformat())
                write_setting(_BATTERIES_LIMITS, _of_battery(limits))
            self._follow(seen, now)
        return True

    def look(self, now: datetime) -> None:
        """At all of it, whenever that was done last."""
        seen = self._see(now, self._settings.thresholds(), batteries=True)
        with writing("alerts"):
            self._follow(seen, now)

    def _see(self, now: datetime, limits: Thresholds, *, batteries: bool) -> _Seen:
        closures = self._settings.closures()
        wanted = _of_appliances(now, closures, limits)
        down = {key[1].removeprefix("appliance:") for key in wanted if key[0] == AlertKind.APPLIANCE_SILENT}
        wanted |= _of_silent_devices(now, limits.silent_days, closures, down)
        if batteries:
            wanted |= _of_batteries(now, limits)
        return _Seen(wanted, batteries)

    def _follow(self, seen: _Seen, now: datetime) -> None:
        """In the caller's transaction."""
        looked_at = Alert.ended_at.is_null()
        if not seen.batteries:
            looked_at &= Alert.kind != AlertKind.BATTERY_FAILING.value
        open_ones = {(row.kind, row.subject): row for row in Alert.select().where(looked_at)}
        self._close(open_ones, seen.wanted, now)
        self._open({key: wish for key, wish in seen.wanted.items() if key not in open_ones}, now)
        _refresh(open_ones, seen.wanted)

    def _close(self, open_ones: Mapping[_Key, Alert], wanted: Mapping[_Key, _Wish], now: datetime) -> None:
        over = [row.id for key, row in open_ones.items() if key not in wanted]
        for start in range(0, len(over), _BULK):
            Alert.update(ended_at=now).where(Alert.id.in_(over[start : start + _BULK])).execute()

    def _open(self, wanted: Mapping[_Key, _Wish], now: datetime) -> None:
        rows = [
            {"kind": kind, "school": wish.school, "subject": subject, "detail": dict(wish.finding.detail) or None,
             "began_at": now}
            for (kind, subject), wish in wanted.items()
        ]  # fmt: skip
        for start in range(0, len(rows), _BULK):
            Alert.insert_many(rows[start : start + _BULK]).execute()
        opened = [Opened(kind, subject, wish.school, wish.finding.detail) for (kind, subject), wish in wanted.items()]
        self._notifications.announce(opened, now)


def _is_due(setting: str, every: timedelta, now: datetime) -> bool:
    last = read_setting(setting)
    return last is None or now - datetime.fromisoformat(last) >= every


def _are_batteries_due(limits: Thresholds, now: datetime) -> bool:
    known = read_setting(_BATTERIES_LIMITS)
    return known != _of_battery(limits) or _is_due(_BATTERIES_LAST, _BATTERIES_EVERY, now)


def _of_battery(limits: Thresholds) -> list[int]:
    return [limits.battery_empty, limits.battery_weak]


def _refresh(open_ones: Mapping[_Key, Alert], wanted: Mapping[_Key, _Wish]) -> None:
    """A count that grew is told; when it began stays."""
    for key, row in open_ones.items():
        wish = wanted.get(key)
        if wish is not None and dict(wish.finding.detail) != (row.detail or {}):
            Alert.update(detail=dict(wish.finding.detail) or None).where(Alert.id == row.id).execute()


def _of_appliances(now: datetime, closures: tuple[Closure, ...], limits: Thresholds) -> dict[_Key, _Wish]:
    counted = ParkedRecord.select(ParkedRecord.appliance, fn.COUNT(ParkedRecord.id)).group_by(ParkedRecord.appliance)
    parked: dict[str, int] = dict(tuples_of(counted))
    enrollments = _enrollments(now, closures)
    query = (
        Appliance.select(
            Appliance.id, Appliance.school, Appliance.standing, Appliance.hello_at, Appliance.storage,
            Appliance.clock_ahead_seconds, Appliance.claimed_at, Appliance.findings, School.zone,
        )
        .join(School)
        .where(School.archived_at.is_null())
    )  # fmt: skip
    wanted: dict[_Key, _Wish] = {}
    saved = _saved()
    for id_, uai, standing, hello_at, storage, ahead, claimed_at, told, zone in tuples_of(query):
        state = state_of(Sign(standing, hello_at, zone), now, closures)
        tried, failed = enrollments.get(uai, (0, 0))
        # what is known of a box in doubt or gone says nothing about today
        unsaved = _school_days(max(saved.get(uai, claimed_at), claimed_at), now, zone, closures)
        facts = ApplianceFacts(
            state, storage, ahead, parked.get(id_, 0), tried, failed, unsaved, TOO_LARGE in (told or ())
        )
        if state is ApplianceState.DOWN:
            facts = ApplianceFacts(state, parked=facts.parked)
        wanted |= {(one.kind.value, f"appliance:{id_}"): _Wish(uai, one) for one in appliance_findings(facts, limits)}
    return wanted


def _saved() -> dict[str, datetime]:
    """The newest backup of each school."""
    return dict(tuples_of(Snapshot.select(Snapshot.school, fn.MAX(Snapshot.at)).group_by(Snapshot.school)))


def _school_days(since: datetime, now: datetime, zone: str, closures: tuple[Closure, ...]) -> int:
    """Whole ones that have passed since."""
    there = zone_of(zone)
    return school_days_since(since.astimezone(there).date(), now.astimezone(there).date(), closures)


def _enrollments(now: datetime, closures: tuple[Closure, ...]) -> dict[str, tuple[int, int]]:
    """Devices that joined and tries that failed, by school, today and on the two school days before."""
    since = school_day_before(now.date(), 2, closures).isoformat()
    query = (
        Activity.select(Activity.school, fn.SUM(Activity.enrollments), fn.SUM(Activity.enrollment_failures))
        .where(Activity.period >= since, Activity.period < "9999")
        .group_by(Activity.school)
    )
    return {uai: (int(joined or 0), int(failed or 0)) for uai, joined, failed in tuples_of(query)}


def _of_silent_devices(now: datetime, days: int, closures: tuple[Closure, ...], down: set[str]) -> dict[_Key, _Wish]:
    """Devices of a box that is down are not told: the box is."""
    wanted: dict[_Key, _Wish] = {}
    for zone in _zones():
        today = now.astimezone(zone_of(zone)).date()
        limit = _midnight(school_day_before(today, days, closures), zone)
        query = (
            Device.select(Device.id, Device.school, Device.appliance, Device.seen_at)
            .join(School)
            .where(
                School.zone == zone,
                School.archived_at.is_null(),
                Device.status == "active",
                Device.by_hand == False,  # noqa: E712 - SQL
                fn.COALESCE(Device.seen_at, Device.enrolled_at) < _stored(limit),
            )
        )
        for id_, uai, appliance, seen_at in tuples_of(query):
            if appliance not in down:
                detail = {"days": days, **({"seen_at": seen_at.isoformat()} if seen_at else {})}
                wanted[AlertKind.DEVICE_SILENT.value, f"device:{id_}"] = _Wish(
                    uai, Finding(AlertKind.DEVICE_SILENT, detail)
                )
    return wanted


def _zones() -> list[str]:
    return [zone for (zone,) in tuples_of(School.select(School.zone).distinct())]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), zone_of(zone))


def _stored(at: datetime) -> int:
    return int(Device.seen_at.db_value(at) or 0)


def _of_batteries(now: datetime, limits: Thresholds) -> dict[_Key, _Wish]:
    """Candidates are counted by the database, then judged by the rule on their own days."""
    since = (now - _BATTERY_BACK).date().isoformat()
    bad = Case(
        None, (((BatteryDay.lowest <= limits.battery_empty) | (BatteryDay.highest <= limits.battery_weak), 1),), 0
    )
    candidates = (
        BatteryDay.select(BatteryDay.device)
        .where(BatteryDay.period >= since)
        .group_by(BatteryDay.device)
        .having(fn.SUM(bad) >= NEEDED_DAYS)
    )
    days: dict[str, list[tuple[int, int]]] = defaultdict(list)
    rows = (
        BatteryDay.select(BatteryDay.device, BatteryDay.lowest, BatteryDay.highest)
        .where(BatteryDay.device.in_(candidates), BatteryDay.period >= since)
        .order_by(BatteryDay.period)
    )
    for device, lowest, highest in tuples_of(rows):
        days[device].append((lowest, highest))
    failing = {device: trouble for device, known in days.items() if (trouble := battery_trouble(known, limits))}
    return {
        (AlertKind.BATTERY_FAILING.value, f"device:{id_}"): _Wish(
            uai, Finding(AlertKind.BATTERY_FAILING, {"trouble": failing[id_].value})
        )
        for id_, uai in _active(failing)
    }


def _active(ids: Iterable[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    wanted = list(ids)
    for start in range(0, len(wanted), _BULK):
        query = Device.select(Device.id, Device.school).where(
            Device.id.in_(wanted[start : start + _BULK]), Device.status == "active"
        )
        found += tuples_of(query)
    return found
