"""What people sign: a passkey or an operator's key for what is sensitive, an offline key and a second person for more.

Checked here as the boxes check it, so that a mistake is seen at the desk and not in a school.
"""

from dataclasses import dataclass
from datetime import datetime

from central.clock import Clock
from central.domain.orders import OPEN, needs_second
from central.domain.roles import Viewer
from central.errors import Conflict, Denied, Invalid, NotFound
from central.keys.signatures import SigningSecret, passkey_id, passkey_signature, public_id
from central.keys.signatures import signature_of as sign_with
from central.services.journal import record
from central.services.orders import order_row
from central.services.rings import Rings, ring_key
from central.store.database import writing
from central.store.desk_models import Instruction, Order, SignedOrder, SigningKey
from protocol.fields import Fields, array, text
from protocol.strict_json import Malformed, read_object, write_object
from protocol.uplink_orders import (
    Envelope,
    RingKey,
    Signature,
    challenge_of,
    parse_order,
    read_envelope,
    write_envelope,
)
from protocol.uplink_orders import Order as WireOrder
from protocol.uplink_words import OrderClass, SignatureAlgorithm
from signatures.ed25519 import is_signed
from signatures.passkeys import is_asserted

# Of the file that is carried to the offline key and back: the largest order (a hundred thousand devices) fits twice.
MAX_FILE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ToSign:
    """One signature that is wanted. `challenge`: what a passkey is given. `instructions`: how many it releases."""

    id: str
    challenge: bytes
    instructions: int


class OrderSignatures:
    def __init__(self, clock: Clock, rings: Rings) -> None:
        self._clock = clock
        self._rings = rings

    def wanted(self, order_id: str) -> list[ToSign]:
        """Empty: all is signed."""
        return [
            ToSign(row.id, challenge_of(row.body.encode()), _count(row.id)) for row in _unsigned(order_row(order_id))
        ]

    def passkeys(self, viewer: Viewer) -> list[str]:
        """Ids in the ring of this officer's passkeys that may sign what is sensitive now."""
        rows = SigningKey.select().where(SigningKey.account == viewer.account_id)
        return [row.id for row in rows if self._allows(ring_key(row), OrderClass.SENSITIVE)]

    def may_sign(self, credential_id: str) -> bool:
        """Whether this passkey may sign what is sensitive now."""
        row = SigningKey.get_or_none(SigningKey.id == passkey_id(credential_id))
        return row is not None and self._allows(ring_key(row), OrderClass.SENSITIVE)

    def sign_by_passkey(self, viewer: Viewer, signed_id: str, credential_id: str, assertion: str) -> None:
        """`assertion`: what the browser's `navigator.credentials.get()` gave, as JSON. It must be the officer's own.

        Raises Invalid, Denied, NotFound, Conflict.
        """
        key_id = passkey_id(credential_id)
        row = SigningKey.get_or_none((SigningKey.id == key_id) & (SigningKey.account == viewer.account_id))
        if row is None:
            raise Denied("not_your_passkey")
        self._add(viewer, signed_id, passkey_signature(key_id, assertion))

    def export(self, order_id: str) -> bytes:
        """A file to carry to where the offline key is: what is to be signed, to the letter."""
        orders: list[object] = [{"order": row.body, "signatures": []} for row in _unsigned(order_row(order_id))]
        if not orders:
            raise Conflict("already_signed")
        return write_object({"preau": "orders", "orders": orders}, MAX_FILE_BYTES)

    def upload(self, viewer: Viewer, order_id: str, file: bytes) -> int:
        """The same file, signed; how many signatures were taken. Raises Invalid, Denied, Conflict."""
        rows = {row.body: row for row in _unsigned(order_row(order_id))}
        taken = 0
        for envelope in _read_file(file):
            row = rows.get(envelope.order.decode("utf-8", "replace"))
            if row is not None and envelope.signatures:
                self._add(viewer, row.id, envelope.signatures[0])
                taken += 1
        if not taken:
            raise Invalid("bad_signature_file", {"file": "not_this_order"})
        return taken

    def confirm(self, viewer: Viewer, order_id: str) -> None:
        """The second person: somebody else than who ordered and than who signed. Then it is released."""
        now = self._clock.now()
        with writing(f"order:{order_id}"):
            order = _open(order_row(order_id), now)
            if not needs_second(OrderClass(order.order_class)):
                raise Conflict("needs_no_second")
            signers = {row.signed_by for row in SignedOrder.select().where(SignedOrder.order == order_id)}
            if viewer.login == order.account or viewer.login in signers:
                raise Denied("second_person_is_first")
            if order.second_at is not None:
                raise Conflict("already_confirmed")
            Order.update(second=viewer.login, second_at=now).where(Order.id == order_id).execute()
            record(now, viewer, "order.confirm", f"order:{order_id}")

    def _add(self, viewer: Viewer, signed_id: str, signature: Signature) -> None:
        now = self._clock.now()
        found = SignedOrder.get_or_none(SignedOrder.id == signed_id)
        if found is None:
            raise NotFound("unknown_order")
        with writing(f"order:{found.order_id}"):  # as `confirm`: the two look at each other's name
            row = SignedOrder.get_by_id(signed_id)
            order = _open(order_row(row.order_id), now)
            if row.signatures is not None:
                raise Conflict("already_signed")
            if viewer.login == order.second:
                raise Denied("second_person_is_first")  # who confirmed first is no second person of an own signature
            body = row.body.encode()
            self._check(body, OrderClass(order.order_class), signature)
            told = write_envelope(Envelope(body, (signature,)))["signatures"]
            SignedOrder.update(signatures=told, signed_by=viewer.login, signed_at=now).where(
                SignedOrder.id == signed_id
            ).execute()
            record(now, viewer, "order.sign", f"order:{order.id}", key=signature.key)

    def _check(self, body: bytes, order_class: OrderClass, signature: Signature) -> None:
        ring = self._rings.ring()
        key = next((one for one in ring.keys if one.id == signature.key), None) if ring is not None else None
        if ring is None or key is None or not self._allows(key, order_class):
            raise Denied("key_not_allowed")
        if key.algorithm is SignatureAlgorithm.WEBAUTHN:
            is_right = is_asserted(key.public, ring.relying_party, body, dict(signature.parts))
        else:
            is_right = is_signed(key.public, body, signature.parts.get("signature", ""))
        if not is_right or signature.algorithm is not key.algorithm:
            raise Invalid("bad_signature", {"signature": "wrong_key"})

    def _allows(self, key: RingKey, order_class: OrderClass) -> bool:
        """By the ring that the root signed, and not withdrawn here meanwhile."""
        ring, now = self._rings.ring(), self._clock.now()
        in_ring = ring is not None and any(one.id == key.id and order_class in one.classes for one in ring.keys)
        row = SigningKey.get_or_none(SigningKey.id == key.id)
        is_withdrawn = key.revoked or (row is not None and row.revoked_at is not None)
        return in_ring and not is_withdrawn and order_class in key.classes and key.not_after > now


def sign_file(secret: SigningSecret, file: bytes) -> bytes:
    """Offline: every order of the file, by this key. Raises Invalid for a file that is none."""
    envelopes = _read_file(file)
    for envelope in envelopes:
        _readable(envelope)
    key_ids = public_id("key", secret.public)
    signed: list[object] = [
        write_envelope(Envelope(one.order, (sign_with(key_ids, secret, one.order),))) for one in envelopes
    ]
    return write_object({"preau": "orders", "orders": signed}, MAX_FILE_BYTES)


def describe_file(file: bytes) -> list[str]:
    """One line an order, for who is asked to sign it: offline, there is no page to look at."""
    lines = []
    for envelope in _read_file(file):
        order = _readable(envelope)
        where = [f"{one.device or one.appliance}" for one in order.targets] or [order.audience]
        lines.append(
            f"{order.kind} · {len(where)} : {', '.join(where[:10])}{' …' if len(where) > 10 else ''} · "
            f"demandé par {order.by} le {order.issued_at:%d/%m/%Y %H:%M} · valable jusqu’au "
            f"{order.not_after:%d/%m/%Y %H:%M} (UTC)"
        )
    return lines


def _readable(envelope: Envelope) -> WireOrder:
    try:
        return parse_order(envelope.order)
    except Malformed:
        raise Invalid("bad_signature_file", {"file": "wrong_type"}) from None


def _read_file(file: bytes) -> tuple[Envelope, ...]:
    try:
        fields = Fields(read_object(file, MAX_FILE_BYTES))
        if fields.need("preau", text(16)) != "orders":
            raise Invalid("bad_signature_file", {"file": "wrong_type"})
        return fields.need("orders", array(read_envelope))
    except Malformed:
        raise Invalid("bad_signature_file", {"file": "wrong_type"}) from None


def _count(signed_id: str) -> int:
    return int(Instruction.select().where(Instruction.signed == signed_id).count())


def _unsigned(order: Order) -> list[SignedOrder]:
    there = (SignedOrder.order == order.id) & SignedOrder.signatures.is_null()
    return list(SignedOrder.select().where(there).order_by(SignedOrder.id))


def _open(order: Order, now: datetime) -> Order:
    is_open = Instruction.select().where((Instruction.order == order.id) & Instruction.state.in_(OPEN)).exists()
    if order.canceled_at is not None or order.not_after <= now or not is_open:
        raise Conflict("order_over")
    return order
