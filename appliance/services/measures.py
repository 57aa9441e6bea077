"""What this box measures of its own work, as numbers with names: for whoever watches many of them. Never a person's."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import fn

from appliance.config import Config
from appliance.domain.findings import Finding
from appliance.services.outbox import Outbox
from appliance.store.ballast import disk_of
from appliance.store.city_models import CityLink, Instruction
from appliance.store.live import read_live
from appliance.store.models import Device, Dropped, Gesture, Lesson, Receipt


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
    """`report`: what is well and what is not."""

    def __init__(self, config: Config, report: Callable[[], Sequence[Finding]], outbox: Outbox) -> None:
        self._config = config
        self._report = report
        self._outbox = outbox

    def read(self, now: datetime) -> Iterator[Measure]:
        began = time.monotonic()
        yield from self._own()
        yield from _of_lessons()
        yield from self._of_city(now)
        yield _one("preau_scrape_seconds", "How long these numbers took to find.", time.monotonic() - began)

    def _own(self) -> Iterator[Measure]:
        disk = disk_of(self._config.data_path)
        yield _one("preau_disk_free_bytes", "Free bytes of the data's disk.", disk.free)
        yield _one("preau_disk_total_bytes", "Size of the data's disk.", disk.total)
        yield _one("preau_store_bytes", "Size of store.db.", self._config.store_path.stat().st_size)
        found = (Sample(1, {"code": one.code, "severity": one.severity}) for one in self._report())
        yield Measure("preau_finding", "What the health report says, by code.", tuple(found))

    def _of_city(self, now: datetime) -> Iterator[Measure]:
        link = CityLink.get_or_none(CityLink.id == 1)
        yield _one("preau_city_joined", "1 when a city was joined.", link is not None)
        if link is None:
            return
        if link.hello_at is not None:
            age = (now - link.hello_at).total_seconds()
            yield _one("preau_city_hello_age_seconds", "Since the city answered last.", age)
        yield _one("preau_city_troubled", "1 while something stops the line.", bool(link.trouble))
        waiting = [(str(int(lane)), one) for lane, one in self._outbox.backlog().items()]
        records = (Sample(one.records, {"lane": lane}) for lane, one in waiting)
        yield Measure("preau_outbox_records", "Records that wait for the city, by lane.", tuple(records))
        sizes = (Sample(one.bytes, {"lane": lane}) for lane, one in waiting)
        yield Measure("preau_outbox_bytes", "Bytes that wait for the city, by lane.", tuple(sizes))
        yield _one("preau_outbox_parked", "Records that the city refuses.", self._outbox.parked())
        by_state = Instruction.select(Instruction.state, fn.COUNT(Instruction.id)).group_by(Instruction.state)
        yield _counted("preau_instructions", "Orders of the city, by state.", "state", by_state)


def _of_lessons() -> Iterator[Measure]:
    live = read_live()
    by_kind = Device.select(Device.kind, fn.COUNT(Device.id)).where(Device.status == "active").group_by(Device.kind)
    yield _counted("preau_devices", "Devices in service, by kind.", "kind", by_kind)
    online = sum(row.presence == "online" for row in live.values())
    yield _one("preau_devices_online", "Devices that are there now.", online)
    open_lessons = Lesson.select().where(Lesson.ended_at.is_null()).count()
    yield _one("preau_lessons_open", "Lessons that are on.", open_lessons)
    gestures = Gesture.select(Gesture.kind, fn.COUNT(Gesture.id)).group_by(Gesture.kind)
    yield _counted("preau_gestures_kept", "Gestures within retention, by kind.", "kind", gestures)
    receipts = Receipt.select(Receipt.state, fn.COUNT(Receipt.id)).group_by(Receipt.state)
    yield _counted("preau_receipts_kept", "Receipts within retention, by state.", "state", receipts)
    dropped = Dropped.select(Dropped.reason, fn.SUM(Dropped.count)).group_by(Dropped.reason)
    yield _counted(
        "preau_messages_dropped_kept", "Messages of devices that were dropped, by reason.", "reason", dropped
    )


def _one(name: str, text: str, value: float) -> Measure:
    return Measure(name, text, (Sample(float(value)),))


def _counted(name: str, text: str, label: str, query: Any) -> Measure:
    return Measure(name, text, tuple(Sample(count, {label: word}) for word, count in query.tuples()))
