"""The uplink, both ways: hello, batches of records and their acknowledgements (docs/decisions/city.md).

Owns their values and their form. Version 1; fields that are not known are ignored, types of records that are not
known are kept as they came (`body`), so that central can park them. Orders are in `uplink_orders`, joining is in
`uplink_claim`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from protocol.fields import Fields, array, flag, moment, remark, sha256, table, text, whole, word
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.times import format_time
from protocol.uplink_words import Lane, Standing, StorageWord

VERSION = 1
ACCEPTED_VERSIONS = (1,)  # the last three, once there are three
PREFIX = "/uplink/v1"
MAX_BODY_BYTES = 1024 * 1024  # of any body, once unpacked
MAX_RECORD_BYTES = 48 * 1024
MAX_BATCH_RECORDS = 2000
MEDIA_TYPE = "application/json"
PACKED = "zstd"  # Content-Encoding of batches

_id = text(64)
_token = text(128)


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


def _lane_key(value: object, path: str) -> str:
    return text(1)(value, path)


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


@dataclass(frozen=True, slots=True)
class Record:
    """One fact. `key` and a `body` of None: of the state lane, what is gone. `type` as it came."""

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


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one lane, as the appliance has it. `oldest_at` of what is not acknowledged."""

    last: int
    acknowledged: int
    records: int
    bytes: int
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hello:
    appliance: str
    epoch: str
    token: str  # from the answer before; empty at the first
    nonce: str
    hardware: str  # a fingerprint of the machine: tells a copied card from a restored backup
    at: datetime  # by the hub's clock: a claim
    software: str
    schema: int
    storage: StorageWord
    backlog: Mapping[Lane, Backlog]
    config_version: int = 0
    ring_version: int = 0
    capabilities: tuple[str, ...] = ()
    heavy: tuple[str, ...] = ()  # work that waits for a turn: "snapshot", "backlog"


@dataclass(frozen=True, slots=True)
class HelloAnswer:
    """`signature`: base64 Ed25519 by the online key over `signed_time`. `turn`: heavy work may be done now."""

    appliance: str
    epoch: str
    nonce: str
    token: str
    at: datetime
    signature: str
    standing: Standing
    cursors: Mapping[Lane, int]
    config_version: int
    ring_version: int
    pending: int  # instructions that wait for this appliance
    poll_seconds: int = 60
    turn: bool = True
    capabilities: tuple[str, ...] = field(default=())


def signed_time(appliance: str, nonce: str, at: datetime) -> bytes:
    """What central signs so that the box may believe the time: bound to who asked, and to this very question."""
    return write_object({"appliance": appliance, "at": format_time(at), "nonce": nonce}, in_order=True)


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
        records=fields.need("records", array(parse_record)),
    )
    _check_range(batch)
    return batch


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


def _backlog(value: object, path: str) -> Backlog:
    fields = Fields(value, path)
    return Backlog(
        last=fields.need("last", whole()),
        acknowledged=fields.need("acknowledged", whole()),
        records=fields.need("records", whole()),
        bytes=fields.need("bytes", whole()),
        oldest_at=fields.maybe("oldest_at", moment),
    )


def _by_lane(values: Mapping[str, object]) -> dict[Lane, object]:
    """Lanes that we do not know are left out: a newer version may have one more."""
    return {Lane(int(name)): value for name, value in values.items() if name.isdecimal() and int(name) in set(Lane)}


def parse_hello(raw: bytes) -> Hello:
    fields = Fields(read_object(raw))
    check_version(fields)
    backlog = fields.need("backlog", table(_lane_key, _backlog))
    return Hello(
        appliance=fields.need("appliance", _id),
        epoch=fields.need("epoch", _id),
        token=fields.maybe("token", _token) or "",
        nonce=fields.need("nonce", text(64, 16)),
        hardware=fields.need("hardware", _id),
        at=fields.need("at", moment),
        software=fields.need("software", remark(64)),
        schema=fields.need("schema", whole(0, 9999)),
        storage=fields.need("storage", word(StorageWord)),
        backlog={one: value for one, value in _by_lane(backlog).items() if isinstance(value, Backlog)},
        config_version=fields.need("config_version", whole()),
        ring_version=fields.need("ring_version", whole()),
        capabilities=fields.maybe("capabilities", array(remark(64))) or (),
        heavy=fields.maybe("heavy", array(remark(64))) or (),
    )


def encode_hello(hello: Hello) -> bytes:
    return write_object(
        {
            "v": VERSION,
            "appliance": hello.appliance,
            "epoch": hello.epoch,
            "token": hello.token or None,
            "nonce": hello.nonce,
            "hardware": hello.hardware,
            "at": format_time(hello.at),
            "software": hello.software,
            "schema": hello.schema,
            "storage": hello.storage.value,
            "backlog": {str(int(one)): _encode_backlog(value) for one, value in hello.backlog.items()},
            "config_version": hello.config_version,
            "ring_version": hello.ring_version,
            "capabilities": list(hello.capabilities),
            "heavy": list(hello.heavy),
        }
    )


def _encode_backlog(backlog: Backlog) -> dict[str, object]:
    return {
        "last": backlog.last,
        "acknowledged": backlog.acknowledged,
        "records": backlog.records,
        "bytes": backlog.bytes,
        "oldest_at": None if backlog.oldest_at is None else format_time(backlog.oldest_at),
    }


def parse_hello_answer(raw: bytes) -> HelloAnswer:
    fields = Fields(read_object(raw))
    check_version(fields)
    cursors = fields.need("cursors", table(_lane_key, whole()))
    return HelloAnswer(
        appliance=fields.need("appliance", _id),
        epoch=fields.need("epoch", _id),
        nonce=fields.need("nonce", text(64, 16)),
        token=fields.need("token", _token),
        at=fields.need("at", moment),
        signature=fields.need("signature", text(128)),
        standing=fields.need("standing", word(Standing)),
        cursors={one: value for one, value in _by_lane(cursors).items() if isinstance(value, int)},
        config_version=fields.need("config_version", whole()),
        ring_version=fields.need("ring_version", whole()),
        pending=fields.need("pending", whole()),
        poll_seconds=fields.maybe("poll_seconds", whole(5, 3600)) or 60,
        turn=bool(fields.maybe("turn", flag)),
        capabilities=fields.maybe("capabilities", array(remark(64))) or (),
    )


def encode_hello_answer(answer: HelloAnswer) -> bytes:
    return write_object(
        {
            "v": VERSION,
            "appliance": answer.appliance,
            "epoch": answer.epoch,
            "nonce": answer.nonce,
            "token": answer.token,
            "at": format_time(answer.at),
            "signature": answer.signature,
            "standing": answer.standing.value,
            "cursors": {str(int(one)): value for one, value in answer.cursors.items()},
            "config_version": answer.config_version,
            "ring_version": answer.ring_version,
            "pending": answer.pending,
            "poll_seconds": answer.poll_seconds,
            "turn": answer.turn,
            "capabilities": list(answer.capabilities),
        }
    )
