"""Orders of the city: the envelope, its canonical bytes, signatures, the ring of keys (docs/decisions/city.md, Orders).

Owns their form. Verifying a signature needs a library: both ends do it for themselves.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from protocol.fields import Fields, array, flag, moment, text, whole, word
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.times import format_time
from protocol.uplink import MAX_BODY_BYTES, VERSION, any_object, check_version
from protocol.uplink_words import InstructionState, OrderClass, Refusal, SignatureAlgorithm

MAX_TARGETS = 300  # of one signature: each box gets them all, and one order holds 64 KiB
_id = text(64)
_base64 = text(8192)


@dataclass(frozen=True, slots=True)
class Target:
    """One of those that an order with one signature is for. `id`: of its own instruction."""

    id: str
    appliance: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What is signed. `kind` is a word of InstructionKind, or one that is newer than we are. `by`: who, for people.

    For one appliance (`audience`: its id) or for several `targets`, so that a person signs once for all of them.
    """

    id: str
    kind: str
    args: Mapping[str, object]
    audience: str
    issued_at: datetime
    not_after: datetime
    by: str
    targets: tuple[Target, ...] = ()

    @property
    def device(self) -> str:
        """Which device it is about; empty: the appliance itself."""
        told = self.args.get("device")
        return told if isinstance(told, str) else ""


@dataclass(frozen=True, slots=True)
class Signature:
    """`parts`, base64: ed25519 has `signature`; webauthn has `signature`, `authenticator_data`, `client_data`."""

    key: str
    algorithm: SignatureAlgorithm
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """`order` as the very bytes that were signed: they are never built again by who verifies them."""

    order: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class RingKey:
    """`public`: base64 of 32 bytes (ed25519), or of the COSE key (webauthn)."""

    id: str
    algorithm: SignatureAlgorithm
    public: str
    classes: tuple[OrderClass, ...]
    holder: str
    not_after: datetime
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Ring:
    """Who may sign what. `relying_party`: the domain of the console, for passkeys. Signed by the offline root."""

    version: int
    city: str
    relying_party: str
    keys: tuple[RingKey, ...]


@dataclass(frozen=True, slots=True)
class ReceiptBody:
    """The body of a record of type `receipt`."""

    instruction: str
    state: InstructionState
    at: datetime
    detail: str = ""
    refusal: Refusal | None = None


def canonical(order: Order) -> bytes:
    return write_object(
        {
            "v": VERSION,
            "id": order.id,
            "kind": order.kind,
            "args": dict(order.args),
            "audience": [_write_target(one) for one in order.targets] or order.audience,
            "issued_at": format_time(order.issued_at),
            "not_after": format_time(order.not_after),
            "by": order.by,
        },
        in_order=True,
    )


def _write_target(target: Target) -> dict[str, object]:
    value: dict[str, object] = {"id": target.id, "appliance": target.appliance}
    return {**value, "device": target.device} if target.device else value


def parts_for(order: Order, appliance: str) -> tuple[Order, ...]:
    """The instructions that one appliance finds in it, each with its own id; none: it is for others."""
    if not order.targets:
        return (order,) if order.audience == appliance else ()
    return tuple(
        replace(order, id=one.id, args=_with_device(order.args, one.device), audience=appliance, targets=())
        for one in order.targets
        if one.appliance == appliance
    )


def _with_device(args: Mapping[str, object], device: str) -> Mapping[str, object]:
    return {**args, "device": device} if device else args


def challenge_of(order: bytes) -> bytes:
    """What a passkey signs: 32 bytes."""
    return hashlib.sha256(order).digest()


def _target(value: object, path: str) -> Target:
    fields = Fields(value, path)
    return Target(fields.need("id", _id), fields.need("appliance", _id), fields.maybe("device", _id) or "")


def _audience(value: object, path: str) -> str | tuple[Target, ...]:
    if isinstance(value, str):
        return _id(value, path)
    targets = array(_target)(value, path)
    if not 0 < len(targets) <= MAX_TARGETS or len({one.id for one in targets}) < len(targets):
        raise Malformed(Reason.OUT_OF_RANGE, f"{path}: nobody, too many, or one twice")
    return targets


def parse_order(raw: bytes) -> Order:
    fields = Fields(read_object(raw))
    check_version(fields)
    audience = fields.need("audience", _audience)
    return Order(
        id=fields.need("id", _id),
        kind=fields.need("kind", text(32)),
        args=fields.maybe("args", any_object) or {},
        audience=audience if isinstance(audience, str) else "",
        issued_at=fields.need("issued_at", moment),
        not_after=fields.need("not_after", moment),
        by=fields.need("by", text(128)),
        targets=() if isinstance(audience, str) else audience,
    )


def _signature(value: object, path: str) -> Signature:
    fields = Fields(value, path)
    parts = fields.need("parts", any_object)
    return Signature(
        key=fields.need("key", _id),
        algorithm=fields.need("algorithm", word(SignatureAlgorithm)),
        parts={name: _base64(part, f"{path}.parts{{}}") for name, part in parts.items()},
    )


def read_envelope(value: object, path: str = "envelope") -> Envelope:
    fields = Fields(value, path)
    return Envelope(
        order=fields.need("order", text(65536)).encode("utf-8"),
        signatures=fields.need("signatures", array(_signature)),
    )


def write_envelope(envelope: Envelope) -> dict[str, object]:
    return {
        "order": envelope.order.decode("utf-8"),
        "signatures": [
            {"key": one.key, "algorithm": one.algorithm.value, "parts": dict(one.parts)} for one in envelope.signatures
        ],
    }


def parse_instructions(raw: bytes) -> tuple[dict[str, object], ...]:
    """Each as it came: one that cannot be read must not hold up the others."""
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    return fields.need("instructions", array(any_object))


def encode_instructions(envelopes: tuple[Envelope, ...]) -> bytes:
    return write_object({"v": VERSION, "instructions": [write_envelope(one) for one in envelopes]}, MAX_BODY_BYTES)


def _ring_key(value: object, path: str) -> RingKey:
    fields = Fields(value, path)
    return RingKey(
        id=fields.need("id", _id),
        algorithm=fields.need("algorithm", word(SignatureAlgorithm)),
        public=fields.need("public", _base64),
        classes=fields.need("classes", array(word(OrderClass))),
        holder=fields.need("holder", text(128)),
        not_after=fields.need("not_after", moment),
        revoked=bool(fields.maybe("revoked", flag)),
    )


def parse_ring(raw: bytes) -> Ring:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    return Ring(
        version=fields.need("version", whole(1)),
        city=fields.need("city", text(128)),
        relying_party=fields.need("relying_party", text(255)),
        keys=fields.need("keys", array(_ring_key)),
    )


def encode_ring(ring: Ring) -> bytes:
    """Canonical: these very bytes are signed by the root."""
    keys: list[object] = [
        {
            "id": one.id,
            "algorithm": one.algorithm.value,
            "public": one.public,
            "classes": [name.value for name in one.classes],
            "holder": one.holder,
            "not_after": format_time(one.not_after),
            "revoked": one.revoked,
        }
        for one in ring.keys
    ]
    value: dict[str, object] = {
        "v": VERSION,
        "version": ring.version,
        "city": ring.city,
        "relying_party": ring.relying_party,
        "keys": keys,
    }
    return write_object(value, MAX_BODY_BYTES, in_order=True)


def encode_receipt(receipt: ReceiptBody) -> dict[str, object]:
    value: dict[str, object] = {
        "instruction": receipt.instruction,
        "state": receipt.state.value,
        "at": format_time(receipt.at),
        "detail": receipt.detail[:500],
    }
    if receipt.refusal is not None:
        value["refusal"] = receipt.refusal.value
    return value


def read_receipt(body: Mapping[str, object]) -> ReceiptBody:
    fields = Fields(dict(body), "body")
    return ReceiptBody(
        instruction=fields.need("instruction", _id),
        state=fields.need("state", word(InstructionState)),
        at=fields.need("at", moment),
        detail=fields.maybe("detail", text(500, 0)) or "",
        refusal=fields.maybe("refusal", word(Refusal)),
    )


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A ring or a configuration as it travels: the very bytes that were signed, and the signature (base64)."""

    document: bytes
    signature: str


def encode_signed(signed: SignedDocument) -> bytes:
    value: dict[str, object] = {
        "v": VERSION,
        "document": signed.document.decode("utf-8"),
        "signature": signed.signature,
    }
    return write_object(value, MAX_BODY_BYTES)


def parse_signed(raw: bytes) -> SignedDocument:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    document = fields.need("document", text(MAX_BODY_BYTES)).encode("utf-8")
    return SignedDocument(document, fields.need("signature", text(128)))
