"""Alerts as people work with them: a list that filters, one acknowledged with a remark. Opens and closes none."""

from dataclasses import dataclass
from datetime import datetime

from peewee import Expression

from central.domain.alerts import AlertKind
from central.domain.roles import Viewer
from central.errors import Conflict, Invalid, NotFound
from central.services.journal import record
from central.services.school_view import AlertLine, alert_lines
from central.services.scope import visible_schools
from central.store.database import transaction
from central.store.desk_models import Alert
from central.store.models import School

PAGE = 100
_LONGEST_REMARK = 500


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """`state`: "open" (not acknowledged), "acknowledged", "over", or "" for all that are not over."""

    kind: str = ""
    state: str = "open"
    school: str = ""
    group: int | None = None
    page: int = 1


class Alerts:
    def listed(self, wanted: AlertFilter, viewer: Viewer) -> tuple[list[AlertLine], int]:
        """One page, the gravest first (of those that are over: the newest), and how many there are in all."""
        condition = _condition(wanted, viewer)
        total = Alert.select(Alert.id).join(School).where(condition).count()
        start = (max(1, wanted.page) - 1) * PAGE
        return alert_lines(condition, PAGE, start, by_gravity=wanted.state != "over"), total

    def acknowledge(self, ids: list[int], remark: str, viewer: Viewer, now: datetime) -> int:
        """All of them or none. Raises NotFound for one that this viewer does not see, Conflict for one that is over."""
        text = " ".join(remark.split())
        if len(text) > _LONGEST_REMARK:
            raise Invalid("bad_remark", {"remark": "too_long"})
        with transaction():
            rows = list(Alert.select().where(Alert.id.in_(ids[:500]))) if ids else []
            if not rows or any(not viewer.reads_school(row.school_id) for row in rows):
                raise NotFound("unknown_alert")
            if any(row.ended_at is not None for row in rows):
                raise Conflict("alert_over")
            for row in rows:
                _acknowledge(row, text, viewer, now)
        return len(rows)


def _acknowledge(row: Alert, remark: str, viewer: Viewer, now: datetime) -> None:
    row.acknowledged_by, row.acknowledged_at, row.remark = viewer.login, now, remark
    row.save()
    # the remark stays with the alert: people write names into remarks, and a journal is kept for years
    record(now, viewer, "alert.acknowledge", f"alert:{row.id}", row.school_id, kind=row.kind)


def _condition(wanted: AlertFilter, viewer: Viewer) -> Expression:
    schools = visible_schools(viewer).select(School.uai).where(School.archived_at.is_null())
    if wanted.group is not None:
        is_group = School.group == wanted.group if wanted.group else School.group.is_null()
        schools = schools.where(is_group)
    condition = Alert.school.in_(schools)
    states = {
        "open": Alert.ended_at.is_null() & Alert.acknowledged_at.is_null(),
        "acknowledged": Alert.ended_at.is_null() & Alert.acknowledged_at.is_null(False),
        "over": Alert.ended_at.is_null(False),
    }
    condition &= states.get(wanted.state, Alert.ended_at.is_null())
    if wanted.kind in {kind.value for kind in AlertKind}:
        condition &= Alert.kind == wanted.kind
    return condition & (Alert.school == wanted.school) if wanted.school else condition
