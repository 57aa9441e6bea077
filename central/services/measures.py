"""What the city's server measures of its own work and of the fleet. Nothing of a pupil is here."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import disk_usage

from peewee import fn

from central.store.desk_models import Alert, Instruction, Notification
from central.store.models import Appliance, Cursor, Device, Gap, ParkedRecord, School
from central.store.rows import tuples_of
from protocol.uplink_words import Standing

_LATE_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Sample:
    value: float
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measure:
    """One family of gauges, in Prometheus' words."""

    name: str
    help: str
    samples: tuple[Sample, ...]


class Measures:
    def __init__(self, data_path: Path) -> None:
        self._data_path = data_path

    def read(self, now: datetime) -> Iterator[Measure]:
        """Work done is counted, not processes: when cursors stop, `preau_city_applied_age_seconds` grows."""
        began = time.monotonic()
        disk = disk_usage(self._data_path)
        yield _one("preau_city_disk_free_bytes", "Free bytes of the data's disk.", disk.free)
        yield from _of_fleet(now)
        yield from _of_work(now)
        yield _one("preau_city_scrape_seconds", "How long these numbers took to find.", time.monotonic() - began)


def _of_fleet(now: datetime) -> Iterator[Measure]:
    yield _one("preau_city_schools", "Schools.", School.select().where(School.archived_at.is_null()).count())
    standings = Appliance.select(Appliance.standing, fn.COUNT(Appliance.id)).group_by(Appliance.standing)
    yield _counted("preau_city_appliances", "Appliances, by standing.", "standing", standings)
    active = Appliance.standing == Standing.ACTIVE
    levels = Appliance.select(Appliance.storage, fn.COUNT(Appliance.id)).where(active).group_by(Appliance.storage)
    yield _counted("preau_city_appliances_storage", "Active ones, by storage level.", "level", levels)
    heard = [at for (at,) in tuples_of(Appliance.select(Appliance.hello_at).where(active))]
    late = sum(at is None or (now - at).total_seconds() > _LATE_SECONDS for at in heard)
    yield _one("preau_city_appliances_late", "Active ones not heard for a quarter of an hour.", late)
    bridges = Appliance.select().where(active & Appliance.bridge).count()
    yield _one("preau_city_bridges", "Appliances whose quick way is open.", bridges)
    waiting = Appliance.select(fn.SUM(Appliance.backlog_records)).where(active).scalar() or 0
    yield _one("preau_city_backlog_records", "Records that wait in the schools, as they say.", waiting)
    kinds = Device.select(Device.kind, fn.COUNT(Device.id)).group_by(Device.kind)
    yield _counted("preau_city_devices", "Devices, by kind.", "kind", kinds)


def _of_work(now: datetime) -> Iterator[Measure]:
    latest = Cursor.select(Cursor.updated_at).order_by(Cursor.updated_at.desc()).first()
    if latest is not None:
        age = (now - latest.updated_at).total_seconds()
        yield _one("preau_city_applied_age_seconds", "Since a batch was applied last.", age)
    yield _one("preau_city_parked_records", "Records that could not be applied.", ParkedRecord.select().count())
    gaps = Gap.select(Gap.reason, fn.SUM(Gap.count)).group_by(Gap.reason)
    yield _counted("preau_city_gap_records", "Records that schools had to drop, by reason.", "reason", gaps)
    states = Instruction.select(Instruction.state, fn.COUNT(Instruction.id)).group_by(Instruction.state)
    yield _counted("preau_city_instructions", "Orders for one appliance each, by state.", "state", states)
    alerts = Alert.select(Alert.kind, fn.COUNT(Alert.id)).where(Alert.ended_at.is_null()).group_by(Alert.kind)
    yield _counted("preau_city_alerts_open", "Open alerts, by kind.", "kind", alerts)
    late = (Notification.done_at.is_null()) & (Notification.next_at < now)
    unsent = Notification.select().where(late).count()
    yield _one("preau_city_notifications_due", "E-mails and webhooks that are due.", unsent)


def _one(name: str, text: str, value: float) -> Measure:
    return Measure(name, text, (Sample(float(value)),))


def _counted(name: str, text: str, label: str, query: object) -> Measure:
    return Measure(name, text, tuple(Sample(float(count or 0), {label: word}) for word, count in tuples_of(query)))
