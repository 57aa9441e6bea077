"""What an order needs on paper: its instructions and the bytes that are signed, written many at a time.

Making them (signatures by the online key) needs no database, and is done before its transaction is begun.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from peewee import chunked

from central.domain.orders import LOGS_KEPT, Waiting
from central.ids import new_id
from central.services.order_places import Place
from central.services.signing import Signing
from central.store import bulk
from central.store.desk_models import Instruction, LogRequest, Order, SignedOrder
from protocol.uplink_orders import MAX_TARGETS, Target, canonical, write_envelope
from protocol.uplink_orders import Envelope as WireEnvelope
from protocol.uplink_orders import Order as WireOrder
from protocol.uplink_words import InstructionKind, OrderClass

_SIGNED = bulk.Target(SignedOrder, ("id", "order", "body", "signatures", "signed_by", "signed_at"), 1, is_new=True)
_INSTRUCTIONS = bulk.Target(
    Instruction,
    ("id", "order", "signed", "appliance", "school", "device", "state", "detail", "refusal"),
    1,
    is_new=True,
)
_LOGS = bulk.Target(LogRequest, ("id", "appliance", "account", "asked_at", "expires_at"), 1, is_new=True)
_Row = tuple[object, ...]


@dataclass(slots=True)
class Papers:
    """Rows that are not written yet. `by`: who ordered, as schools read it."""

    by: str
    signed: list[_Row] = field(default_factory=list)
    instructions: list[_Row] = field(default_factory=list)
    logs: list[_Row] = field(default_factory=list)

    def write(self) -> None:
        """In the caller's transaction, the order's row being there."""
        for target, rows in ((_SIGNED, self.signed), (_INSTRUCTIONS, self.instructions), (_LOGS, self.logs)):
            bulk.put_rows(target, rows)


def draw_up(signing: Signing, order: Order, places: Iterable[Place], by: str) -> Papers:
    """Routine orders get one signature each, by the online key; people sign once for as many as fit."""
    papers = Papers(by)
    if OrderClass(order.order_class) is OrderClass.ROUTINE:
        for place in places:
            device = {"device": place.device} if place.device else {}
            sign_one(papers, signing, order, place, {**order.args, **device})
        return papers
    for some in chunked(places, MAX_TARGETS):
        _leave_to_sign(papers, order, some)
    return papers


def sign_one(papers: Papers, signing: Signing, order: Order, place: Place, args: dict[str, object]) -> None:
    instruction = new_id(order.created_at)
    if order.kind == InstructionKind.FETCH_LOGS:
        args = {**args, "request": instruction}
        papers.logs.append(_log_request(order, instruction, place))
    body = canonical(_wire(papers, order, instruction, args, place.appliance))
    envelope = write_envelope(WireEnvelope(body, (signing.sign_order(body),)))
    text, signatures = body.decode("utf-8"), envelope["signatures"]
    papers.signed.append((instruction, order.id, text, signatures, "central", order.created_at))
    papers.instructions.append(_instruction(order, instruction, place, instruction))


def _leave_to_sign(papers: Papers, order: Order, places: Iterable[Place]) -> None:
    ids = [(new_id(order.created_at), place) for place in places]
    targets = tuple(Target(one, place.appliance, place.device) for one, place in ids)
    bundle = new_id(order.created_at)
    body = canonical(_wire(papers, order, bundle, order.args, targets))
    papers.signed.append((bundle, order.id, body.decode("utf-8"), None, "", None))
    papers.instructions.extend(_instruction(order, bundle, place, one) for one, place in ids)


def _wire(
    papers: Papers, order: Order, order_id: str, args: dict[str, object], whom: str | tuple[Target, ...]
) -> WireOrder:
    """`whom`: one appliance, or many."""
    audience, targets = (whom, ()) if isinstance(whom, str) else ("", whom)
    return WireOrder(
        id=order_id, kind=order.kind, args=args, audience=audience, issued_at=order.created_at,
        not_after=order.not_after, by=papers.by, targets=targets,
    )  # fmt: skip


def _instruction(order: Order, signed: str, place: Place, instruction: str) -> _Row:
    return instruction, order.id, signed, place.appliance, place.school, place.device, Waiting.PENDING.value, "", ""


def _log_request(order: Order, instruction: str, place: Place) -> _Row:
    return instruction, place.appliance, order.account, order.created_at, order.not_after + LOGS_KEPT
