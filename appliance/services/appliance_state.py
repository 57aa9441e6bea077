"""Tells the city how this box is: room, clock, findings. When it changed, and once a day whatever happens."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from appliance import SOFTWARE
from appliance.config import Config
from appliance.domain.findings import Finding, Severity
from appliance.domain.schools import DEFAULT_ZONE
from appliance.domain.telling import is_appliance_news
from appliance.services.machine import booted_at
from appliance.services.outbox import is_joined, put_state
from appliance.services.settings import read_setting
from appliance.store.ballast import disk_of
from appliance.store.city_models import OutboxRecord
from appliance.store.models import Device, database
from protocol.uplink_records import ApplianceBody, encode_body
from protocol.uplink_words import Lane, RecordType, StorageWord

KEY = "appliance"
EVERY = timedelta(minutes=5)


class ApplianceState:
    """`findings`: what the checks have to say; asked with the store open."""

    def __init__(self, config: Config, findings: Callable[[], Sequence[Finding]]) -> None:
        self._config = config
        self._findings = findings

    def step(self, now: datetime) -> timedelta:
        """For upkeep."""
        if not is_joined():
            return EVERY
        body = self.body(now)
        row = OutboxRecord.get_or_none((OutboxRecord.lane == Lane.STATE) & (OutboxRecord.key == KEY))
        if row is None or is_appliance_news(json.loads(row.body or "{}"), body, now - row.at):
            with database.atomic("IMMEDIATE"):
                put_state(now, RecordType.APPLIANCE, KEY, body)
        return EVERY

    def body(self, now: datetime) -> dict[str, object]:
        disk = disk_of(self._config.data_path)
        told = {finding.code for finding in self._findings() if finding.severity is not Severity.GOOD}
        active = (Device.status == "active") & Device.guest_lesson_id.is_null()
        return encode_body(
            ApplianceBody(
                software=SOFTWARE,
                school_name=read_setting("school_name"),
                zone=read_setting("time_zone", DEFAULT_ZONE),
                storage=StorageWord(disk.level.value),
                disk_total=disk.total,
                disk_free=disk.free,
                clock_ahead_seconds=self._clock_ahead(),
                booted_at=booted_at(now),
                devices=Device.select().where(active).count(),
                outbox_records=OutboxRecord.select().where(OutboxRecord.acknowledged_at.is_null()).count(),
                findings=tuple(sorted(told)),
            )
        )

    def _clock_ahead(self) -> int:
        """Of the machine's clock, as the keeper of the hub's time says it."""
        try:
            seconds = json.loads((self._config.runtime_path / "clock.json").read_text())["suspect_seconds"]
            return int(seconds)
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return 0
