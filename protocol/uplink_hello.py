"""An appliance's hello and central's answer: who is there, how far each lane has come, what time it is.

Owns their form. Which of two boxes with one identity is the right one is central's to say (docs/decisions/city.md).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from protocol.fields import Fields, array, flag, moment, remark, table, text, whole, word
from protocol.strict_json import read_object, write_object
from protocol.times import format_time
from protocol.uplink import VERSION, check_version
from protocol.uplink_words import Lane, Standing, StorageWord

HELLO_MARK = "X-Preau-Hello"  # a header of a batch that goes alone: the mark of the hello that it comes after

_id = text(64)
_token = text(128)


def _lane_key(value: object, path: str) -> str:
    return text(1)(value, path)


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
    page: str = ""  # where its page is opened in the school; told while it is fenced, so that people find it


@dataclass(frozen=True, slots=True)
class HelloAnswer:
    """`signature`: base64 Ed25519 by the online key over `signed_time`. `turn`: heavy work may be done now.

    `mark`: the word by which people tell two fenced boxes apart. `other_chosen`: a person has chosen, and not this one.
    """

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
    mark: str = ""
    other_chosen: bool = False


def mark_of_hello(token: str) -> str:
    """Short, and only who was given this token has it: of two boxes with one epoch, only one said the last hello."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def signed_time(appliance: str, nonce: str, at: datetime) -> bytes:
    """What central signs so that the box may believe the time: bound to who asked, and to this very question."""
    return write_object({"appliance": appliance, "at": format_time(at), "nonce": nonce}, in_order=True)


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
    return hello_of(read_object(raw))


def hello_of(value: Mapping[str, object]) -> Hello:
    """Of the JSON object."""
    fields = Fields(value)
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
        page=fields.maybe("page", remark(100)) or "",
    )


def encode_hello(hello: Hello) -> bytes:
    return write_object(hello_value(hello))


def hello_value(hello: Hello) -> dict[str, object]:
    return {
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
        **({"page": hello.page} if hello.page else {}),
    }


def _encode_backlog(backlog: Backlog) -> dict[str, object]:
    return {
        "last": backlog.last,
        "acknowledged": backlog.acknowledged,
        "records": backlog.records,
        "bytes": backlog.bytes,
        "oldest_at": None if backlog.oldest_at is None else format_time(backlog.oldest_at),
    }


def parse_hello_answer(raw: bytes) -> HelloAnswer:
    return hello_answer_of(read_object(raw))


def hello_answer_of(value: Mapping[str, object]) -> HelloAnswer:
    """Of the JSON object."""
    fields = Fields(value)
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
        mark=fields.maybe("mark", remark(32)) or "",
        other_chosen=bool(fields.maybe("other_chosen", flag)),
    )


def encode_hello_answer(answer: HelloAnswer) -> bytes:
    return write_object(hello_answer_value(answer))


def hello_answer_value(answer: HelloAnswer) -> dict[str, object]:
    return {
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
        **({"mark": answer.mark} if answer.mark else {}),
        **({"other_chosen": True} if answer.other_chosen else {}),
    }
