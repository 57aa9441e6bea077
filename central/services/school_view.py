"""One school, all that the city knows of it: its box, line, devices, alerts, orders, journal. Reads only.

What a viewer may not see is left out by the pages, column by column; which schools one may open is asked here.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from peewee import Case, fn

from central.domain.alerts import RANK
from central.domain.fleet import ApplianceState, state_of
from central.domain.roles import Viewer
from central.services.desk_settings import DeskSettings
from central.services.fleet import BoxLine, Fleet, Shares, current_boxes
from central.services.scope import readable_school
from central.store.desk_models import Alert, Instruction, Journal, Order
from central.store.models import Appliance, Cart, Certificate, Device, Gap, ParkedRecord, School, SchoolAudit, Snapshot
from central.store.rows import tuples_of

LINK_HOURS = 7 * 24
_LINES = 20


@dataclass(frozen=True, slots=True)
class AlertLine:
    id: int
    kind: str
    uai: str
    school: str
    subject: str
    detail: Mapping[str, object]
    began_at: datetime
    ended_at: datetime | None
    acknowledged_by: str
    acknowledged_at: datetime | None
    remark: str
    device: str = ""  # its name, when it is about one


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order at this school. `state`: of its instruction; `device` empty: for the box."""

    order: str
    kind: str
    account: str
    at: datetime
    device: str
    state: str
    detail: str
    refusal: str
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class JournalLine:
    """`is_of_school`: done in the school, told by its box; else done in the city."""

    at: datetime
    actor: str
    action: str
    target: str
    detail: Mapping[str, object]
    school: str
    is_of_school: bool
    is_security: bool = False


@dataclass(frozen=True, slots=True)
class CartLine:
    id: str
    name: str
    devices: int


@dataclass(frozen=True, slots=True)
class SchoolView:
    """`link`: quality of each of the last hours, the oldest first. `kinds`: active devices by kind."""

    uai: str
    name: str
    group: str
    zone: str
    state: ApplianceState
    box: BoxLine | None
    claimed_at: datetime | None
    certificate_until: datetime | None
    conflict: Mapping[str, object]
    disk_free: int
    disk_total: int
    findings: tuple[str, ...]
    link: Shares
    devices: int
    kinds: Mapping[str, int]
    in_lesson: int
    carts: tuple[CartLine, ...]
    without_cart: int
    parked: int
    dropped: int
    snapshot_at: datetime | None


class SchoolViews:
    def __init__(self, fleet: Fleet, settings: DeskSettings) -> None:
        self._fleet, self._settings = fleet, settings

    def view(self, uai: str, viewer: Viewer, now: datetime) -> SchoolView:
        school = readable_school(viewer, uai)
        box = current_boxes([uai]).get(uai)
        appliance = None if box is None else Appliance.get_by_id(box.id)
        held = _held(uai)
        carts = _carts(box, held)
        return SchoolView(
            uai=uai,
            name=school.name,
            group=school.group.name if school.group is not None else "",
            zone=school.zone,
            state=self._state(school, box, now),
            box=box,
            claimed_at=appliance.claimed_at if appliance else None,
            certificate_until=_certificate_until(box),
            conflict=(appliance.conflict or {}) if appliance else {},
            disk_free=appliance.disk_free if appliance else 0,
            disk_total=appliance.disk_total if appliance else 0,
            findings=tuple(appliance.findings or ()) if appliance else (),
            link=self._fleet.links([box], now, LINK_HOURS)[box.id] if box else (),
            devices=held.total,
            kinds=held.kinds,
            in_lesson=Device.select().where(Device.school == uai, Device.in_lesson).count(),
            carts=carts,
            without_cart=held.total - sum(cart.devices for cart in carts),
            parked=ParkedRecord.select().where(ParkedRecord.appliance == box.id).count() if box else 0,
            dropped=_dropped(box),
            snapshot_at=_snapshot_at(uai),
        )

    def _state(self, school: School, box: BoxLine | None, now: datetime) -> ApplianceState:
        if box is None:
            return ApplianceState.ABSENT
        return state_of(box.sign(school.zone), now, self._settings.closures())

    def alerts(self, uai: str) -> list[AlertLine]:
        """Open ones, the gravest first."""
        return sorted(
            alert_lines((Alert.school == uai) & Alert.ended_at.is_null(), 200),
            key=lambda one: (one.acknowledged_at is not None, RANK.get(one.kind, 99), one.began_at),
        )

    def orders(self, uai: str, device: str = "") -> list[OrderLine]:
        return order_lines(uai, device)

    def journal(self, uai: str) -> list[JournalLine]:
        """What was done in the school and, for it, in the city: one story, the newest first."""
        return journal_lines(uai)


def alert_lines(condition: object, limit: int, offset: int = 0, by_gravity: bool = False) -> list[AlertLine]:
    """With the names of school and device; the newest first, or the gravest."""
    rank = Case(Alert.kind, tuple(RANK.items()), len(RANK))
    newest = (Alert.began_at.desc(), Alert.id.desc())
    rows = list(
        Alert.select(Alert, School.uai, School.name)
        .join(School)
        .where(condition)
        .order_by(*((rank, *newest) if by_gravity else newest))
        .limit(limit)
        .offset(offset)
    )
    ids = [row.subject.removeprefix("device:") for row in rows if row.subject.startswith("device:")]
    names = dict(tuples_of(Device.select(Device.id, Device.name).where(Device.id.in_(ids)))) if ids else {}
    return [_alert(row, names) for row in rows]


def _alert(row: Alert, names: Mapping[str, str]) -> AlertLine:
    return AlertLine(
        row.id,
        row.kind,
        row.school_id,
        row.school.name,
        row.subject,
        row.detail or {},
        row.began_at,
        row.ended_at,
        row.acknowledged_by,
        row.acknowledged_at,
        row.remark,
        names.get(row.subject.removeprefix("device:"), ""),
    )


def order_lines(uai: str, device: str = "") -> list[OrderLine]:
    query = (
        Instruction.select(
            Order.id, Order.kind, Order.account, Order.created_at, Instruction.device, Instruction.state,
            Instruction.detail, Instruction.refusal, Instruction.finished_at,
        )
        .join(Order)
        .where(Instruction.school == uai)
        .order_by(Order.created_at.desc(), Instruction.id.desc())
        .limit(_LINES)
    )  # fmt: skip
    if device:
        query = query.where(Instruction.device == device)
    return [OrderLine(*values) for values in tuples_of(query)]


def journal_lines(uai: str, target: str = "") -> list[JournalLine]:
    """Without what the school's box says of the city's orders: its receipts have told it, in the city's own lines."""
    city = Journal.select().where(Journal.school == uai).order_by(Journal.at.desc(), Journal.id.desc()).limit(_LINES)
    school = SchoolAudit.select().where(SchoolAudit.school == uai).order_by(SchoolAudit.at.desc()).limit(_LINES)
    school = school.where(~SchoolAudit.action.startswith("instruction.") | SchoolAudit.is_security)
    if target:
        city, school = city.where(Journal.target == target), school.where(SchoolAudit.target == target)
    lines = [
        *(JournalLine(one.at, one.actor, one.action, one.target, one.detail or {}, uai, False) for one in city),
        *(
            JournalLine(one.at, one.actor, one.action, one.target, one.detail or {}, uai, True, one.is_security)
            for one in school
        ),
    ]
    return sorted(lines, key=lambda one: one.at, reverse=True)[:_LINES]


@dataclass(frozen=True, slots=True)
class _Held:
    """A school's devices in service, counted once, so that what is told of them adds up: by kind, by (box, cart)."""

    kinds: Mapping[str, int]
    carts: Mapping[tuple[str | None, str], int]

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


def _held(uai: str) -> _Held:
    counted = (
        Device.select(Device.kind, Device.appliance, Device.cart, fn.COUNT(Device.id))
        .where(Device.school == uai, Device.status == "active")
        .group_by(Device.kind, Device.appliance, Device.cart)
    )
    kinds: Counter[str] = Counter()
    carts: Counter[tuple[str | None, str]] = Counter()
    for kind, appliance, cart, count in tuples_of(counted):
        kinds[kind] += count
        carts[appliance, cart] += count
    return _Held(kinds, carts)


def _certificate_until(box: BoxLine | None) -> datetime | None:
    if box is None:
        return None
    newest = (
        Certificate.select()
        .where(Certificate.appliance == box.id, Certificate.revoked_at.is_null())
        .order_by(Certificate.not_after.desc())
        .first()
    )
    return None if newest is None else newest.not_after


def _snapshot_at(uai: str) -> datetime | None:
    """Without the file itself, which is large."""
    rows = tuples_of(Snapshot.select(Snapshot.at).where(Snapshot.school == uai).order_by(Snapshot.at.desc()).limit(1))
    return rows[0][0] if rows else None


def _carts(box: BoxLine | None, held: _Held) -> tuple[CartLine, ...]:
    if box is None:
        return ()
    carts = Cart.select().where(Cart.appliance == box.id).order_by(Cart.name)
    return tuple(CartLine(one.id, one.name, held.carts.get((box.id, one.id), 0)) for one in carts)


def _dropped(box: BoxLine | None) -> int:
    """Facts that the box had to drop, as it told them."""
    if box is None:
        return 0
    return int(Gap.select(fn.SUM(Gap.count)).where(Gap.appliance == box.id).scalar() or 0)
