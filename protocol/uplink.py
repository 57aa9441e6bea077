"""The uplink: batches of records and their acknowledgements (docs/decisions/city.md, Records).

Owns their values and their form. Version 1; fields that are not known are ignored, types of records that are not
known are kept as they came (`body`), so that central can park them. The hello is in `uplink_hello`,
orders are in `uplink_orders`, joining is in `uplink_claim`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from protocol.columns import are_objects, are_texts, are_whole, told
from protocol.fields import Fields, array, moment, sha256, text, whole
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.times import format_time, parse_time
from protocol.uplink_words import Lane

VERSION = 1
ACCEPTED_VERSIONS = (1,)  # the last three, once there are three
PREFIX = "/uplink/v1"
MAX_BODY_BYTES = 1024 * 1024  # of any body, once unpacked
MAX_RECORD_BYTES = 48 * 1024
MAX_BATCH_RECORDS = 2000
MEDIA_TYPE = "application/json"
PACKED = "zstd"  # Content-Encoding of batches

_id = text(64)
_ALWAYS = itemgetter("seq", "type", "at", "body")


def any_object(value: object, path: str) -> dict[str, object]:
    """A JSON object that is not looked into."""
    if not isinstance(value, dict):
        raise Malformed(Reason.WRONG_TYPE, f"{path}: not an object")
    return value


def lane(value: object, path: str) -> Lane:
    number = whole(0, 9)(value, path)
    try:
        return Lane(number)
    except ValueError:
        raise Malformed(Reason.UNKNOWN_VALUE, f"{path}: no such lane") from None


def check_version(fields: Fields) -> None:
    if fields.need("v", whole(0, 999)) not in ACCEPTED_VERSIONS:
        raise Malformed(Reason.UNKNOWN_VALUE, "v: a version that is not spoken here")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record was written first, when its store has begun another epoch since.

    Central skips it if its cursor of that epoch and lane is there already; else it applies it and moves that one, too.
    """

    epoch: str
    seq: int


class Record(NamedTuple):
    """One fact; a tuple, because they come by the thousand. `type` as it came.

    `key`, and a `body` of None: of the state lane, what is gone.
    """

    seq: int
    type: str
    at: datetime
    body: Mapping[str, object] | None
    key: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Covers (`after`, `up_to`] of one lane: every record of that range that still exists is here, in order."""

    appliance: str
    epoch: str
    lane: Lane
    after: int
    up_to: int
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """`digest`: SHA-256 of the body that was applied, as it was unpacked. `parked`: of this batch."""

    appliance: str
    epoch: str
    lane: Lane
    up_to: int
    digest: str
    parked: int = 0


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def parse_batch(raw: bytes) -> Batch:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    batch = Batch(
        appliance=fields.need("appliance", _id),
        epoch=fields.need("epoch", _id),
        lane=fields.need("lane", lane),
        after=fields.need("after", whole()),
        up_to=fields.need("up_to", whole()),
        records=fields.need("records", _records),
    )
    _check_range(batch)
    return batch


def _records(value: object, path: str) -> tuple[Record, ...]:
    """All at once when they are as nearly all of them are; else one by one, to say which one is not."""
    return _usual(value) or array(parse_record)(value, path)


def _usual(items: object) -> tuple[Record, ...]:
    """Empty: something is unusual, or nothing is there."""
    if not isinstance(items, list) or not items:
        return ()
    try:
        seqs, types, ats, bodies = zip(*map(_ALWAYS, items), strict=True)
        keys = [item.get("key") for item in items]
        if any("origin" in item for item in items) or set(map(type, ats)) != {str}:
            return ()
        moments = list(map(parse_time, ats))
    except (KeyError, TypeError, AttributeError, Malformed):
        return ()
    is_right = are_whole(seqs, 1) and are_texts(types, 32, 1) and are_objects(bodies, or_none=True)
    named = told(keys)
    if not is_right or (named and not are_texts(named, 128, 1)):
        return ()
    return tuple(map(Record, seqs, types, moments, bodies, keys))


def parse_record(value: object, path: str) -> Record:
    fields = Fields(value, path)
    return Record(
        seq=fields.need("seq", whole(1)),
        type=fields.need("type", text(32)),
        at=fields.need("at", moment),
        body=fields.maybe("body", any_object),
        key=fields.maybe("key", text(128)),
        origin=fields.maybe("origin", _origin),
    )


def _origin(value: object, path: str) -> Origin:
    fields = Fields(value, path)
    return Origin(epoch=fields.need("epoch", _id), seq=fields.need("seq", whole(1)))


def _check_range(batch: Batch) -> None:
    if len(batch.records) > MAX_BATCH_RECORDS:
        raise Malformed(Reason.TOO_LARGE, f"records: more than {MAX_BATCH_RECORDS}")
    before = batch.after
    for record in batch.records:
        if record.seq <= before:
            raise Malformed(Reason.OUT_OF_RANGE, "records: not in order, or before the range")
        before = record.seq
    if before > batch.up_to:
        raise Malformed(Reason.OUT_OF_RANGE, "records: beyond the range")


def encode_batch(batch: Batch) -> bytes:
    _check_range(batch)
    return write_object(
        {
            "v": VERSION,
            "appliance": batch.appliance,
            "epoch": batch.epoch,
            "lane": int(batch.lane),
            "after": batch.after,
            "up_to": batch.up_to,
            "records": [encode_record(one) for one in batch.records],
        },
        MAX_BODY_BYTES,
    )


def encode_record(record: Record) -> dict[str, object]:
    value: dict[str, object] = {"seq": record.seq, "type": record.type, "at": format_time(record.at)}
    if record.key is not None:
        value["key"] = record.key
    if record.origin is not None:
        value["origin"] = {"epoch": record.origin.epoch, "seq": record.origin.seq}
    value["body"] = None if record.body is None else dict(record.body)
    return value


def parse_batch_answer(raw: bytes) -> BatchAnswer:
    fields = Fields(read_object(raw))
    check_version(fields)
    return BatchAnswer(
        appliance=fields.need("appliance", _id),
        epoch=fields.need("epoch", _id),
        lane=fields.need("lane", lane),
        up_to=fields.need("up_to", whole()),
        digest=fields.need("digest", sha256),
        parked=fields.maybe("parked", whole()) or 0,
    )


def encode_batch_answer(answer: BatchAnswer) -> bytes:
    return write_object(
        {
            "v": VERSION,
            "appliance": answer.appliance,
            "epoch": answer.epoch,
            "lane": int(answer.lane),
            "up_to": answer.up_to,
            "digest": answer.digest,
            "parked": answer.parked,
        }
    )


def is_answer_to(answer: BatchAnswer, batch: Batch, body: bytes) -> bool:
    """Whether it acknowledges this very batch: anything else is no acknowledgement at all."""
    return (
        (answer.appliance, answer.epoch, answer.lane) == (batch.appliance, batch.epoch, batch.lane)
        and answer.digest == digest_of(body)
        and answer.up_to >= batch.up_to
    )
