"""The daily comparison of the state lane: does central hold what the appliance says? (docs/decisions/city.md, Records)

Owns its form and its digests. The appliance asks first with `whole` alone; only when that differs it asks again with
all 256 `buckets`, and is answered what central holds in those that differ. It then writes again every key whose hash
is not its own, and says of every key that it does not know that it is gone. `up_to`: the number of the state lane up
to which all was acknowledged when the digests were made; at any other number central answers 409 with its cursor.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from protocol.fields import Fields, array, flag, sha256, table, text, whole
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.uplink import MAX_BODY_BYTES, VERSION, any_object, check_version

BUCKETS = 256
MAX_ANSWER_KEYS = 4000  # that always fit into a body; what is left over is found the next time
_HASH_CHARS = 32
_id = text(64)
_bucket = text(16, 16)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`buckets`: all of them in order, or none at first."""

    appliance: str
    epoch: str
    up_to: int
    whole: str
    buckets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparisonAnswer:
    """`held`: bucket -> key -> hash, of the buckets that differ, as central has them (perhaps empty)."""

    appliance: str
    epoch: str
    same: bool
    held: Mapping[int, Mapping[str, str]]


def hash_of(body: Mapping[str, object]) -> str:
    """Of one state, by its canonical form: both ends come to the same."""
    return hashlib.sha256(write_object(dict(body), in_order=True)).hexdigest()[:_HASH_CHARS]


def bucket_of(key: str) -> int:
    return hashlib.sha256(key.encode("utf-8")).digest()[0]


def bucket_digests(rows: Mapping[str, str]) -> tuple[str, ...]:
    """`rows`: key -> hash, all of one appliance."""
    lines: list[list[str]] = [[] for _ in range(BUCKETS)]
    for key in sorted(rows):
        lines[bucket_of(key)].append(f"{key}\n{rows[key]}\n")
    return tuple(hashlib.sha256("".join(bucket).encode("utf-8")).hexdigest()[:16] for bucket in lines)


def whole_digest(buckets: Iterable[str]) -> str:
    return hashlib.sha256("".join(buckets).encode("ascii")).hexdigest()


def different_keys(own: Mapping[str, str], answer: ComparisonAnswer) -> tuple[set[str], set[str]]:
    """At the appliance: the keys to be sent again, and those that central must be told are gone."""
    held = {key: told for bucket in answer.held.values() for key, told in bucket.items()}
    asked = {key: told for key, told in own.items() if bucket_of(key) in answer.held}
    return {key for key, told in asked.items() if held.get(key) != told}, set(held) - set(own)


def parse_comparison(raw: bytes) -> Comparison:
    fields = Fields(read_object(raw))
    check_version(fields)
    comparison = Comparison(
        appliance=fields.need("appliance", _id),
        epoch=fields.need("epoch", _id),
        up_to=fields.need("up_to", whole()),
        whole=fields.need("whole", sha256),
        buckets=fields.maybe("buckets", array(_bucket)) or (),
    )
    if len(comparison.buckets) not in (0, BUCKETS):
        raise Malformed(Reason.OUT_OF_RANGE, f"buckets: not {BUCKETS}")
    return comparison


def encode_comparison(comparison: Comparison) -> bytes:
    value: dict[str, object] = {
        "v": VERSION,
        "appliance": comparison.appliance,
        "epoch": comparison.epoch,
        "up_to": comparison.up_to,
        "whole": comparison.whole,
    }
    if comparison.buckets:
        value["buckets"] = list(comparison.buckets)
    return write_object(value)


def parse_comparison_answer(raw: bytes) -> ComparisonAnswer:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    held = fields.maybe("held", any_object) or {}
    return ComparisonAnswer(
        appliance=fields.need("appliance", _id),
        epoch=fields.need("epoch", _id),
        same=fields.need("same", flag),
        held={_bucket_number(name): _hashes(rows, "held{}") for name, rows in held.items()},
    )


def _bucket_number(name: str) -> int:
    if not (name.isascii() and name.isdecimal() and len(name) <= 3 and int(name) < BUCKETS):
        raise Malformed(Reason.OUT_OF_RANGE, f"held: not 0..{BUCKETS - 1}")
    return int(name)


_hashes = table(text(128), text(_HASH_CHARS))


def encode_comparison_answer(answer: ComparisonAnswer) -> bytes:
    return write_object(
        {
            "v": VERSION,
            "appliance": answer.appliance,
            "epoch": answer.epoch,
            "same": answer.same,
            "held": {str(bucket): dict(rows) for bucket, rows in answer.held.items()},
        },
        MAX_BODY_BYTES,
    )
