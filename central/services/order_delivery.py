"""From the orders to the appliances, and what they answer. An instruction stays here until its own box's last word.

Which appliance asks is known from its certificate, never from what it says.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import fn

from central.domain.orders import DELIVERABLE, Waiting, may_follow, needs_second
from central.services.journal import record
from central.store.database import writing
from central.store.desk_models import Instruction, Order, SignedOrder
from central.store.models import Appliance
from protocol.uplink import MAX_BODY_BYTES
from protocol.uplink_orders import Envelope, ReceiptBody, read_envelope
from protocol.uplink_words import InstructionState, OrderClass, Refusal, Standing

_ANSWER_BYTES = MAX_BODY_BYTES // 2  # text within JSON grows: quotes take a backslash each
_SIGNED_AT_ONCE = 500
_TWO = [one.value for one in OrderClass if needs_second(one)]


class OrderDelivery:
    """The caller's transaction for `record_receipt`; the other methods have their own."""

    def pending_count(self, appliance: str) -> int:
        """How many instructions this appliance has to fetch."""
        return int(_due(appliance).select(fn.COUNT(Instruction.id)).scalar() or 0)

    def pending(self, appliance: str, now: datetime) -> tuple[Envelope, ...]:
        """What waits for it, the oldest first, and is now on its way: as much as one answer holds.

        Also what was sent before: that answer may have been lost. Also what is too late: the box has to say so.
        """
        with writing(f"orders:{appliance}"):
            ids = [row.signed_id for row in _due(appliance).order_by(Instruction.id).limit(_SIGNED_AT_ONCE)]
            rows = SignedOrder.select().where(SignedOrder.id.in_(list(dict.fromkeys(ids)))).order_by(SignedOrder.id)
            taken = list(_within(rows))
            if taken:
                there = (Instruction.appliance == appliance) & Instruction.signed.in_([row.id for row in taken])
                Instruction.update(state=Waiting.SENT, sent_at=now).where(
                    there & (Instruction.state == Waiting.PENDING)
                ).execute()
        return tuple(_envelope(row) for row in taken)

    def record_receipt(self, appliance: str, receipt: ReceiptBody, now: datetime) -> bool:
        """What a box says of one of its instructions; in the caller's transaction.

        False: nobody here gave it that order. A word that cannot follow (sent again, or after the last one) changes
        nothing.
        """
        row = Instruction.get_or_none((Instruction.id == receipt.instruction) & (Instruction.appliance == appliance))
        if row is None:
            return False
        if receipt.refusal is Refusal.SEEN_BEFORE:
            _note(row, receipt, now)
        elif may_follow(row.state, receipt.state):
            _write(row, receipt)
            _note(row, receipt, now)
        elif receipt.state == row.state and not receipt.state.is_final:
            _write(row, receipt)  # why it waits has changed
        return True

    def expire(self, now: datetime) -> int:
        """What has never left and is over; and what a box that will not come back cannot answer. How many."""
        gone = Appliance.select(Appliance.id).where(
            Appliance.standing.in_([Standing.REVOKED.value, Standing.REPLACED.value])
        )
        over = Order.select(Order.id).where(Order.not_after <= now)
        lost = (Instruction.state == Waiting.PENDING) | Instruction.appliance.in_(gone)
        open_ones = Instruction.finished_at.is_null() & Instruction.order.in_(over)
        if not Instruction.select().where(open_ones & lost).exists():
            return 0  # asked again and again: no lock for nothing
        with writing():
            return int(
                Instruction.update(state=InstructionState.EXPIRED, finished_at=now).where(open_ones & lost).execute()
            )


def released() -> Any:  # peewee's expressions have no useful type
    """Signed, and confirmed by a second person where that is asked. Of a query with both tables."""
    return SignedOrder.signatures.is_null(False) & (Order.order_class.not_in(_TWO) | Order.second_at.is_null(False))


def _due(appliance: str):  # type: ignore[no-untyped-def]  # peewee's queries have no useful type
    return (
        Instruction.select(Instruction.id, Instruction.signed)
        .join(SignedOrder)
        .switch(Instruction)
        .join(Order)
        .join(Appliance, on=(Appliance.id == Instruction.appliance))
        .where((Instruction.appliance == appliance) & Instruction.state.in_(DELIVERABLE) & released())
        .where(Appliance.standing == Standing.ACTIVE)  # of two that claim one identity, neither is given orders
    )


def _within(rows: Iterable[SignedOrder]) -> Iterable[SignedOrder]:
    """One at least."""
    left = _ANSWER_BYTES
    for row in rows:
        size = len(row.body.encode()) + len(json.dumps(row.signatures))
        if size > left < _ANSWER_BYTES:
            return
        left -= size
        yield row


def _envelope(row: SignedOrder) -> Envelope:
    return read_envelope({"order": row.body, "signatures": row.signatures})


def _write(row: Instruction, receipt: ReceiptBody) -> None:
    values: dict[str, object] = {
        "state": receipt.state.value,
        "detail": receipt.detail,
        "refusal": receipt.refusal.value if receipt.refusal else "",
        "received_at": row.received_at or receipt.at,
    }
    if receipt.state.is_final:
        values["finished_at"] = receipt.at
    Instruction.update(**values).where(Instruction.id == row.id).execute()


def _note(row: Instruction, receipt: ReceiptBody, now: datetime) -> None:
    is_again = receipt.refusal is Refusal.SEEN_BEFORE
    record(
        now, f"appliance:{row.appliance}",
        "instruction.replayed" if is_again else f"instruction.{receipt.state.value}",
        f"order:{row.order_id}", row.school, instruction=row.id, device=row.device, detail=receipt.detail,
        told_at=receipt.at.isoformat(),
    )  # fmt: skip
