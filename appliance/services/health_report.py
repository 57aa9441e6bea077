"""What the store has to say about the appliance's health: messages dropped, backups, names that should be gone."""

from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.domain.findings import Finding, Severity
from appliance.domain.people import APPLIANCE
from appliance.services.backups import Backups
from appliance.services.classrooms import Rosters
from appliance.services.device_list import DeviceList
from appliance.services.documents import Documents
from appliance.store.models import Journal

_BACKUP_AFTER = timedelta(days=8)
_RECENT = timedelta(days=7)
_MANY_DROPPED = 1_000


class HealthReport:
    def __init__(
        self, clock: Clock, devices: DeviceList, backups: Backups, rosters: Rosters, documents: Documents
    ) -> None:
        self._clock = clock
        self._documents = documents
        self._devices = devices
        self._backups = backups
        self._rosters = rosters

    def findings(self) -> list[Finding]:
        return [
            *self._dropped(),
            *self._conflicts(),
            *self._healed(),
            *self._backup(),
            *self._pupils(),
            *self._missing(),
        ]

    def _dropped(self) -> list[Finding]:
        counts = self._devices.dropped_since(self._clock.now().date().isoformat())
        total = sum(counts.values())
        if not total:
            return [Finding(Severity.GOOD, "nothing_dropped")]
        severity = Severity.PROBLEM if total > _MANY_DROPPED else Severity.NOTICE
        return [Finding(severity, "messages_dropped", {"count": total, "devices": len(counts)})]

    def _conflicts(self) -> list[Finding]:
        since = self._clock.now() - _RECENT
        rows = Journal.select(Journal.target).where(
            (Journal.action == "device.serial_conflict") & (Journal.at >= since)
        )
        targets = {row.target for row in rows}
        return [Finding(Severity.NOTICE, "serial_conflict", {"count": len(targets)})] if targets else []

    def _healed(self) -> list[Finding]:
        """Told for a week: what is lost by it can be put right by a person only."""
        since = self._clock.now() - _RECENT
        is_own = (Journal.action == "backup.restore") & (Journal.actor == APPLIANCE.label) & (Journal.at >= since)
        row = Journal.select().where(is_own).order_by(Journal.id.desc()).first()
        if row is None:
            return []
        made_at = datetime.fromisoformat(str((row.detail or {})["made_at"]))
        return [Finding(Severity.NOTICE, "store_restored", {"made_at": made_at})]

    def _backup(self) -> list[Finding]:
        latest = next(iter(self._backups.listed()), None)
        if latest is None:
            return [Finding(Severity.NOTICE, "backup_none")]
        if self._clock.now() - latest.created_at > _BACKUP_AFTER:
            return [Finding(Severity.NOTICE, "backup_old", {"at": latest.created_at})]
        return [Finding(Severity.GOOD, "backup_fresh", {"at": latest.created_at})]

    def _missing(self) -> list[Finding]:
        count = self._documents.missing()
        return [Finding(Severity.NOTICE, "documents_missing", {"count": count})] if count else []

    def _pupils(self) -> list[Finding]:
        return [Finding(Severity.NOTICE, "pupils_outdated")] if self._rosters.has_outdated_pupils() else []
