"""The boxes as a list: which school's, what standing, until when certified. What they send is others' business."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from central.store.fields import moment
from central.store.models import Appliance, Certificate, School
from protocol.uplink_words import Standing


@dataclass(frozen=True, slots=True)
class ApplianceLine:
    id: str
    uai: str
    school_name: str
    standing: Standing
    claimed_at: datetime
    hello_at: datetime | None
    certificate_until: datetime | None
    software: str

    @property
    def is_standing(self) -> bool:
        return self.standing in (Standing.ACTIVE, Standing.FENCED)


class Appliances:
    def all(self, uai: str = "") -> list[ApplianceLine]:
        """By school, the newest of each first."""
        query = Appliance.select(Appliance, School).join(School)
        query = query.order_by(School.name, School.uai, Appliance.claimed_at.desc(), Appliance.id)
        rows = list(query.where(School.uai == uai) if uai else query)
        until = _certified_until([row.id for row in rows] if uai else None)
        return [
            ApplianceLine(
                id=row.id,
                uai=row.school_id,
                school_name=row.school.name,
                standing=Standing(row.standing),
                claimed_at=row.claimed_at,
                hello_at=row.hello_at,
                certificate_until=until.get(row.id),
                software=row.software,
            )
            for row in rows
        ]


def _certified_until(ids: list[str] | None) -> dict[str, datetime]:
    latest = fn.MAX(Certificate.not_after).coerce(False)  # the plain number, alike on both engines
    query = Certificate.select(Certificate.appliance, latest).where(Certificate.revoked_at.is_null())
    if ids is not None:
        query = query.where(Certificate.appliance.in_(ids))
    found: Any = query.group_by(Certificate.appliance).tuples()
    return {appliance: moment(latest) for appliance, latest in found}
