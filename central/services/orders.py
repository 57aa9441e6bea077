"""Orders: what a person asks of appliances and devices becomes instructions, signed bytes, a phase; and its withdrawal.

Signatures of people are `order_signatures`', the way to the appliances and their receipts `order_delivery`'s, pages
`order_reader`'s.
"""

from collections.abc import Iterable
from datetime import datetime

from peewee import chunked

from central.clock import Clock
from central.domain.orders import (
    DELIVERABLE,
    LOGS_KEPT,
    OPEN,
    Wish,
    check_scope,
    checked_args,
    class_of,
    end_of,
)
from central.domain.roles import Viewer
from central.errors import Conflict, NotFound
from central.ids import new_id
from central.services.journal import record
from central.services.order_places import Place, places_of
from central.services.signing import Signing
from central.store.database import writing
from central.store.desk_models import Instruction, LogRequest, Order, SignedOrder
from protocol.uplink_orders import MAX_TARGETS, Target, canonical, write_envelope
from protocol.uplink_orders import Envelope as WireEnvelope
from protocol.uplink_orders import Order as WireOrder
from protocol.uplink_words import InstructionKind, InstructionState, OrderClass

_ROWS_AT_ONCE = 200  # SQLite takes 32,766 values in one statement, PostgreSQL 65,535


class Orders:
    def __init__(self, clock: Clock, signing: Signing) -> None:
        self._clock = clock
        self._signing = signing

    def create(self, actor: Viewer, wish: Wish) -> str:
        """The order's id. Routine ones are signed at once and go out; others wait for their signature.

        Raises Invalid, NotFound for a device or school that has no appliance in service.
        """
        check_scope(wish)
        args, now = checked_args(wish), self._clock.now()
        end = end_of(wish, now)
        with writing():
            places = places_of(wish)
            order = _new_order(actor, wish, args, now, end)
            self._sign_up(order, places)
            record(
                now, actor, "order.create", f"order:{order.id}", _one_school(places),
                kind=order.kind, instructions=len(places),
            )  # fmt: skip
        return str(order.id)

    def cancel(self, actor: Viewer, order_id: str) -> None:
        """What was never sent vanishes; what was sent is followed by an instruction to cancel it."""
        now = self._clock.now()
        # Not while one of its boxes is being handed it: whatever is read here as unsent must stay unsent.
        with writing(f"order:{order_id}", *_deliveries(order_id)):
            order = order_row(order_id)
            open_rows = list(Instruction.select().where((Instruction.order == order_id) & Instruction.state.in_(OPEN)))
            if order.canceled_at is not None or not open_rows:
                raise Conflict("order_over")
            if order.kind == InstructionKind.CANCEL:
                raise Conflict("cannot_cancel")
            Order.update(canceled_at=now).where(Order.id == order_id).execute()
            unsent = (Instruction.order == order_id) & (Instruction.state == DELIVERABLE[0])
            Instruction.update(state=InstructionState.CANCELED, finished_at=now).where(unsent).execute()
            sent = [row for row in open_rows if row.state != DELIVERABLE[0]]
            self._send_after(actor, order, sent, now)
            record(now, actor, "order.cancel", f"order:{order_id}", sent=len(sent))

    def _send_after(self, actor: Viewer, order: Order, sent: list[Instruction], now: datetime) -> None:
        """One order to cancel, with an instruction for each that is on its way."""
        if not sent:
            return
        end = max(order.not_after, end_of(Wish(InstructionKind.CANCEL), now))
        wish = Wish(InstructionKind.CANCEL, appliances=tuple(sorted({row.appliance for row in sent})))
        follower = _new_order(actor, wish, {}, now, end)
        for row in sent:
            place = Place(row.appliance, row.school, row.device)
            self._sign_one(follower, place, {"instruction": row.id})

    def _sign_up(self, order: Order, places: list[Place]) -> None:
        """One signature each by the online key; people sign once for as many as fit."""
        if OrderClass(order.order_class) is OrderClass.ROUTINE:
            for place in places:
                self._sign_one(order, place, {**order.args, **({"device": place.device} if place.device else {})})
            return
        for some in chunked(places, MAX_TARGETS):
            self._prepare(order, some)

    def _sign_one(self, order: Order, place: Place, args: dict[str, object]) -> None:
        instruction = new_id(order.created_at)
        if order.kind == InstructionKind.FETCH_LOGS:
            args = {**args, "request": instruction}
            _await_logs(instruction, place.appliance, order)
        body = canonical(_wire(order, instruction, args, place.appliance))
        envelope = write_envelope(WireEnvelope(body, (self._signing.sign_order(body),)))
        signed = SignedOrder.create(
            id=instruction, order=order.id, body=body.decode("utf-8"), signatures=envelope["signatures"],
            signed_by="central", signed_at=order.created_at, force_insert=True,
        )  # fmt: skip
        _insert(_instruction(order, signed.id, place, instruction) for _ in (0,))

    def _prepare(self, order: Order, places: Iterable[Place]) -> None:
        ids = [(new_id(order.created_at), place) for place in places]
        targets = tuple(Target(one, place.appliance, place.device) for one, place in ids)
        bundle = new_id(order.created_at)
        body = canonical(_wire(order, bundle, order.args, "", targets))
        SignedOrder.create(id=bundle, order=order.id, body=body.decode("utf-8"), force_insert=True)
        _insert(_instruction(order, bundle, place, one) for one, place in ids)


def order_row(order_id: str) -> Order:
    row = Order.get_or_none(Order.id == order_id)
    if row is None:
        raise NotFound("unknown_order")
    return row


def _new_order(actor: Viewer, wish: Wish, args: dict[str, object], now: datetime, end: datetime) -> Order:
    scope = {"devices": wish.devices[:100], "schools": wish.schools[:100], "appliances": wish.appliances[:100]}
    return Order.create(
        id=new_id(now), kind=wish.kind.value, order_class=class_of(wish.kind).value, args=args,
        scope={name: list(some) for name, some in scope.items() if some}, account=actor.login, created_at=now,
        not_after=end, force_insert=True,
    )  # fmt: skip


def _wire(
    order: Order, order_id: str, args: dict[str, object], audience: str, targets: tuple[Target, ...] = ()
) -> WireOrder:  # fmt: skip
    return WireOrder(
        id=order_id, kind=order.kind, args=args, audience=audience, issued_at=order.created_at,
        not_after=order.not_after, by=order.account, targets=targets,
    )  # fmt: skip


def _instruction(order: Order, signed: str, place: Place, instruction: str) -> dict[str, object]:
    return {
        "id": instruction, "order": order.id, "signed": signed, "appliance": place.appliance,
        "school": place.school, "device": place.device,
    }  # fmt: skip


def _insert(rows: Iterable[dict[str, object]]) -> None:
    for some in chunked(rows, _ROWS_AT_ONCE):
        Instruction.insert_many(some).execute()


def _await_logs(request: str, appliance: str, order: Order) -> None:
    LogRequest.insert(
        id=request, appliance=appliance, account=order.account, asked_at=order.created_at,
        expires_at=order.not_after + LOGS_KEPT,
    ).execute()  # fmt: skip


def _one_school(places: list[Place]) -> str:
    schools = {place.school for place in places}
    return next(iter(schools)) if len(schools) == 1 else ""


def _deliveries(order_id: str) -> set[str]:
    """What `OrderDelivery` holds for each of its boxes; which they are never changes."""
    rows = Instruction.select(Instruction.appliance).where(Instruction.order == order_id).distinct()
    return {f"orders:{row.appliance}" for row in rows}
