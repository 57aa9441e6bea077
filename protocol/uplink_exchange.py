"""One exchange: a hello that brings what waits, and its answer, which says what of it was taken.

Owns their form. A hello is `uplink_hello`'s, a folded batch `uplink_folding`'s. Batches are taken in order up to the
first that is not: that one is then sent alone, and hears why.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protocol.fields import Fields, array, text, whole
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.uplink import MAX_BODY_BYTES, VERSION, any_object, check_version, lane
from protocol.uplink_folding import Whose
from protocol.uplink_hello import (
    Hello,
    HelloAnswer,
    hello_answer_of,
    hello_answer_value,
    hello_of,
    hello_value,
)
from protocol.uplink_words import Lane

_DIGEST_CHARS = 32


@dataclass(frozen=True, slots=True)
class Exchange:
    """`batches`: folded, of the hello's appliance and epoch."""

    hello: Hello
    batches: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class FoldedBatch:
    """One alone, on a chain: what `POST batch` takes beside a plain one."""

    whose: Whose
    batch: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """Of one batch."""

    lane: Lane
    up_to: int
    parked: int = 0


@dataclass(frozen=True, slots=True)
class ExchangeAnswer:
    """`digest`: over all batches that were taken (`digest_of_all`); empty when there was none."""

    hello: HelloAnswer
    taken: tuple[Taken, ...] = ()
    digest: str = ""


def digest_of_all(bodies: Sequence[bytes]) -> str:
    """Of the batches as they were applied, unfolded: who did not have these very bytes cannot say it."""
    marks = b"".join(hashlib.sha256(body).digest() for body in bodies)
    return hashlib.sha256(marks).hexdigest()[:_DIGEST_CHARS] if bodies else ""


def parse_exchange(raw: bytes) -> Exchange:
    """One batch of each lane at most: little that is folded may unfold to much."""
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    batches = fields.maybe("batches", array(any_object)) or ()
    if len(batches) > len(Lane):
        raise Malformed(Reason.TOO_LARGE, f"batches: more than {len(Lane)}")
    return Exchange(hello_of(fields.need("hello", any_object)), batches)


def encode_exchange(exchange: Exchange) -> bytes:
    value: dict[str, object] = {"v": VERSION, "hello": hello_value(exchange.hello)}
    if exchange.batches:
        value["batches"] = list(exchange.batches)
    return write_object(value, MAX_BODY_BYTES)


def parse_folded_batch(raw: bytes) -> FoldedBatch:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    whose = Whose(fields.need("appliance", text(64)), fields.need("epoch", text(64)))
    return FoldedBatch(whose, fields.need("batch", any_object))


def encode_folded_batch(folded: FoldedBatch) -> bytes:
    whose = folded.whose
    value = {"v": VERSION, "appliance": whose.appliance, "epoch": whose.epoch, "batch": folded.batch}
    return write_object(value, MAX_BODY_BYTES)


def _taken(value: object, path: str) -> Taken:
    fields = Fields(value, path)
    return Taken(
        lane=fields.need("lane", lane),
        up_to=fields.need("up_to", whole()),
        parked=fields.maybe("parked", whole()) or 0,
    )


def parse_exchange_answer(raw: bytes) -> ExchangeAnswer:
    fields = Fields(read_object(raw))
    check_version(fields)
    return ExchangeAnswer(
        hello=hello_answer_of(fields.need("hello", any_object)),
        taken=fields.maybe("taken", array(_taken)) or (),
        digest=fields.maybe("digest", text(_DIGEST_CHARS)) or "",
    )


def encode_exchange_answer(answer: ExchangeAnswer) -> bytes:
    value: dict[str, object] = {"v": VERSION, "hello": hello_answer_value(answer.hello)}
    if answer.taken:
        value["taken"] = [_encode_taken(one) for one in answer.taken]
        value["digest"] = answer.digest
    return write_object(value)


def _encode_taken(taken: Taken) -> dict[str, object]:
    value: dict[str, object] = {"lane": int(taken.lane), "up_to": taken.up_to}
    return value | ({"parked": taken.parked} if taken.parked else {})
