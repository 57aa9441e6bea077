"""Orders: what a person asks of appliances and devices becomes instructions, signed bytes, a phase; and its withdrawal.

Signatures of people are `order_signatures`', the way to the appliances and their receipts `order_delivery`'s, pages
`order_reader`'s.
"""

import contextlib
from datetime import datetime

from peewee import chunked

from central.clock import Clock
from central.domain.orders import (
    DELIVERABLE,
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
from central.services.order_papers import Papers, draw_up, sign_one
from central.services.order_places import Place, check_cart, places_of
from central.services.signing import Signing
from central.store.database import writing
from central.store.desk_models import Instruction, Order
from protocol.uplink_orders import MAX_TARGETS
from protocol.uplink_words import InstructionKind, InstructionState

_PLACES_AT_ONCE = 7 * MAX_TARGETS  # of one transaction: some tenths of a second


class Orders:
    def __init__(self, clock: Clock, signing: Signing, places_at_once: int = _PLACES_AT_ONCE) -> None:
        self._clock = clock
        self._signing = signing
        self._places_at_once = places_at_once

    def create(self, actor: Viewer, wish: Wish) -> str:
        """The order's id. Routine ones are signed at once and go out; others wait for their signature.

        A very large one is written in several transactions, so that schools need not wait for it; who cancels it
        meanwhile ends that, and what fails on the way calls back what is written already: nobody orders half of it.
        Raises Invalid, NotFound, Conflict for a device or school that has no appliance in service.
        """
        check_scope(wish)
        args, now = checked_args(wish), self._clock.now()
        places = places_of(wish)
        check_cart(args.get("cart"), places)
        order = _new_order(actor, wish, args, now, end_of(wish, now))
        first, *others = chunked(places, self._places_at_once)
        papers = draw_up(self._signing, order, first, _told_as(actor))
        with writing(f"order:{order.id}"):
            self._begin(actor, order, places)
            papers.write()
        try:
            self._go_on(actor, order, others)
        except Exception:  # also the store's own words, which are still as it said them here
            with contextlib.suppress(Exception):  # the first is what went wrong
                self.cancel(actor, order.id)
            raise
        return str(order.id)

    def _go_on(self, actor: Viewer, order: Order, slices: list[list[Place]]) -> None:
        for some in slices:
            papers = draw_up(self._signing, order, some, _told_as(actor))
            with writing(f"order:{order.id}"):
                if order_row(order.id).canceled_at is not None:
                    return
                papers.write()

    def _begin(self, actor: Viewer, order: Order, places: list[Place]) -> None:
        order.save(force_insert=True)
        record(
            order.created_at, actor, "order.create", f"order:{order.id}", _one_school(places),
            kind=order.kind, instructions=len(places),
        )  # fmt: skip

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
        follower.save(force_insert=True)
        papers = Papers(_told_as(actor))
        for row in sent:
            place = Place(row.appliance, row.school, row.device)
            sign_one(papers, self._signing, follower, place, {"instruction": row.id})
        papers.write()


def order_row(order_id: str) -> Order:
    row = Order.get_or_none(Order.id == order_id)
    if row is None:
        raise NotFound("unknown_order")
    return row


def _told_as(actor: Viewer) -> str:
    """By name and login: whoever reads it in the school and whoever does in the city speak of the same person."""
    return actor.login if actor.name in ("", actor.login) else f"{actor.name[:60]} ({actor.login[:60]})"


def _new_order(actor: Viewer, wish: Wish, args: dict[str, object], now: datetime, end: datetime) -> Order:
    scope = {"devices": wish.devices[:100], "schools": wish.schools[:100], "appliances": wish.appliances[:100]}
    return Order(
        id=new_id(now), kind=wish.kind.value, order_class=class_of(wish.kind).value, args=args,
        scope={name: list(some) for name, some in scope.items() if some}, account=actor.login, created_at=now,
        not_after=end,
    )  # fmt: skip


def _one_school(places: list[Place]) -> str:
    schools = {place.school for place in places}
    return next(iter(schools)) if len(schools) == 1 else ""


def _deliveries(order_id: str) -> set[str]:
    """What `OrderDelivery` holds for each of its boxes; which they are never changes."""
    rows = Instruction.select(Instruction.appliance).where(Instruction.order == order_id).distinct()
    return {f"orders:{row.appliance}" for row in rows}
