"""Orders as pages show them: a list, one order with its instructions, and what stands between it and the schools."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from central.clock import Clock
from central.domain.orders import OPEN, Facts, Phase, phase_of
from central.domain.roles import Scope, Viewer
from central.errors import NotFound
from central.store.desk_models import Instruction, Order, SignedOrder
from central.store.models import Device, School
from central.store.rows import tuples_of
from protocol.uplink_words import OrderClass

PAGE = 50


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`states`: how many instructions are in each state. `schools`: how many it goes to; `school`: one of them."""

    id: str
    kind: str
    order_class: OrderClass
    account: str
    created_at: datetime
    not_after: datetime
    phase: Phase
    states: dict[str, int]
    second: str
    args: dict[str, object]
    schools: int
    school: str
    school_name: str

    @property
    def total(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class InstructionLine:
    id: str
    school: str
    school_name: str
    appliance: str
    device: str
    device_name: str
    state: str
    detail: str
    refusal: str
    sent_at: datetime | None
    received_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """`school`, `device` empty: all. `open_only`: with at least one instruction that has no last word."""

    school: str = ""
    device: str = ""
    open_only: bool = False
    page: int = 1


class OrderReader:
    """A school's director sees what was ordered for the own school; who may see orders at all, the page asks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def listed(self, viewer: Viewer, wanted: Wanted | None = None) -> tuple[list[OrderLine], bool]:
        """Newest first, and whether there are more."""
        wanted = wanted or Wanted()
        mine = Instruction.select(Instruction.order).where(_seen(viewer))
        if wanted.school:
            mine = mine.where(Instruction.school == wanted.school)
        if wanted.device:
            mine = mine.where(Instruction.device == wanted.device)
        if wanted.open_only:
            mine = mine.where(Instruction.state.in_(OPEN))
        query = Order.select().where(Order.id.in_(mine)).order_by(Order.created_at.desc(), Order.id.desc())
        rows = list(query.paginate(max(1, wanted.page), PAGE + 1))
        return self._lines(rows[:PAGE], viewer), len(rows) > PAGE

    def order(self, viewer: Viewer, order_id: str) -> OrderLine:
        row = Order.get_or_none(Order.id == order_id)
        lines = [] if row is None else self._lines([row], viewer)
        if not lines or not lines[0].states:
            raise NotFound("unknown_order")
        return lines[0]

    def instructions(self, viewer: Viewer, order_id: str, page: int = 1) -> tuple[list[InstructionLine], bool]:
        """By school and device, and whether there are more."""
        query = (
            Instruction.select(Instruction, School.name.alias("school_name"), Device.name.alias("device_name"))
            .join(School, JOIN.LEFT_OUTER, on=(School.uai == Instruction.school))
            .switch(Instruction)
            .join(Device, JOIN.LEFT_OUTER, on=(Device.id == Instruction.device))
            .where((Instruction.order == order_id) & _seen(viewer))
            .order_by(School.name, Device.number, Instruction.id)
        )
        rows = list(query.paginate(max(1, page), 4 * PAGE + 1).objects())
        return [_line(row) for row in rows[: 4 * PAGE]], len(rows) > 4 * PAGE

    def of_device(self, viewer: Viewer, device_id: str, limit: int = 10) -> list[tuple[OrderLine, InstructionLine]]:
        """The last ones that concern this device."""
        orders, _ = self.listed(viewer, Wanted(device=device_id))
        found = []
        for line in orders[:limit]:
            own, _ = self.instructions(viewer, line.id)
            found += [(line, one) for one in own if one.device == device_id]
        return found

    def _lines(self, rows: Iterable[Order], viewer: Viewer) -> list[OrderLine]:
        rows = list(rows)
        ids = [row.id for row in rows]
        unsigned = SignedOrder.order.in_(ids) & SignedOrder.signatures.is_null()
        waiting = {row.order_id for row in SignedOrder.select(SignedOrder.order).where(unsigned)}
        states, places = _states(ids, viewer), _places(ids, viewer)
        return [
            self._line(row, row.id not in waiting, states.get(row.id, {}), places.get(row.id, (0, "", "")))
            for row in rows
        ]

    def _line(self, row: Order, is_signed: bool, states: dict[str, int], places: tuple[int, str, str]) -> OrderLine:
        order_class = OrderClass(row.order_class)
        phase = phase_of(
            Facts(
                order_class=order_class,
                is_signed=is_signed,
                has_second=row.second_at is not None,
                is_canceled=row.canceled_at is not None,
                is_over=row.not_after <= self._clock.now(),
                open=sum(count for state, count in states.items() if state in OPEN),
            )
        )
        return OrderLine(
            row.id,
            row.kind,
            order_class,
            row.account,
            row.created_at,
            row.not_after,
            phase,
            states,
            row.second,
            row.args,
            *places,
        )


def _seen(viewer: Viewer):  # type: ignore[no-untyped-def]  # peewee's expressions have no useful type
    if viewer.scope is Scope.ALL:
        return Instruction.id.is_null(False)
    return Instruction.school == (viewer.school if viewer.scope is Scope.OWN else "")


def _states(order_ids: list[str], viewer: Viewer) -> dict[str, dict[str, int]]:
    query = (
        Instruction.select(Instruction.order, Instruction.state, fn.COUNT(Instruction.id))
        .where(Instruction.order.in_(order_ids) & _seen(viewer))
        .group_by(Instruction.order, Instruction.state)
    )
    found: dict[str, dict[str, int]] = {}
    rows: Any = query.tuples()
    for order_id, state, count in rows:
        found.setdefault(order_id, {})[state] = count
    return found


def _places(order_ids: list[str], viewer: Viewer) -> dict[str, tuple[int, str, str]]:
    """Of each order: how many schools, the first one's code and its name."""
    school = Instruction.school
    query = (
        Instruction.select(Instruction.order, fn.COUNT(school.distinct()), fn.MIN(school))
        .where(Instruction.order.in_(order_ids) & _seen(viewer))
        .group_by(Instruction.order)
    )
    found = tuples_of(query)
    first = {uai for _, _, uai in found}
    names = dict(tuples_of(School.select(School.uai, School.name).where(School.uai.in_(first)))) if first else {}
    return {order_id: (count, uai, names.get(uai, uai)) for order_id, count, uai in found}


def _line(row: Instruction) -> InstructionLine:
    return InstructionLine(
        id=row.id,
        school=row.school,
        school_name=getattr(row, "school_name", None) or row.school,
        appliance=row.appliance,
        device=row.device,
        device_name=getattr(row, "device_name", None) or row.device,
        state=row.state,
        detail=row.detail,
        refusal=row.refusal,
        sent_at=row.sent_at,
        received_at=row.received_at,
        finished_at=row.finished_at,
    )
