"""Folded batches: the same batch in fewer bytes. What both ends know already is not said again.

Records of one shape stand together, field by field, and of a state only what has changed since it was last told on
this very chain (`Known`, `uplink_chain`). Unfolded it is the batch to the byte: what is parsed, applied and
acknowledged by its digest is that batch, and nothing else knows that it was folded.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any

from protocol.strict_json import Malformed, Reason, write_object
from protocol.times import format_time, parse_time
from protocol.uplink import MAX_BATCH_RECORDS, MAX_BODY_BYTES, VERSION
from protocol.uplink_words import Lane

MOST_KNOWN_BYTES = 2 * 1024 * 1024
_ENTRY_BYTES = 100  # what the smallest of them costs whoever keeps it
_HEAD = ("lane", "after", "up_to")
_ODD = (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError)

Value = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """The last word on each key that was told and taken, in the order in which they were first told."""

    bodies: Mapping[str, Value] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)


def known_after(known: Known, body: bytes) -> Known:
    """Once a batch was taken. Both ends come to the same: what has no room is not known."""
    value = json.loads(body)
    if value["lane"] != Lane.STATE:
        return known
    bodies, sizes = dict(known.bodies), dict(known.sizes)
    total = sum(sizes.values())
    for record in value["records"]:
        if record.get("key") is not None:
            total = _remember(record["key"], record["body"], (bodies, sizes, total))
    return Known(bodies, sizes)


def _remember(key: str, body: Value | None, kept: tuple[dict[str, Value], dict[str, int], int]) -> int:
    """The bytes that are known then."""
    bodies, sizes, total = kept
    total -= sizes.pop(key, 0)
    size = _ENTRY_BYTES + len(key) + len(json.dumps(body))
    if body is None or total + size > MOST_KNOWN_BYTES:
        bodies.pop(key, None)
        return total
    bodies[key], sizes[key] = body, size
    return total + size


@dataclass(frozen=True, slots=True)
class Whose:
    """What is not said in each batch, since it is the same in all."""

    appliance: str
    epoch: str


def fold(body: bytes, whose: Whose, known: Known) -> Value | None:
    """Of an encoded batch. None: it would not unfold to the same bytes, and must go as it is."""
    value = json.loads(body)
    runs: dict[tuple[object, ...], list[_Piece]] = {}
    rest = []
    for record in value["records"]:
        piece = _piece(record, known)
        if piece is None:
            rest.append(record)
        else:
            runs.setdefault(piece.shape, []).append(piece)
    folded = {name: value[name] for name in _HEAD}
    if runs:
        folded["runs"] = [_run(pieces, known) for pieces in runs.values()]
    if rest:
        folded["rest"] = rest
    try:
        return folded if unfold(folded, whose, known) == body else None
    except Malformed:
        return None


def unchanged(body: bytes) -> Value:
    """A batch that some chain makes too much of: in the folded form, with nothing folded."""
    value = json.loads(body)
    return {name: value[name] for name in _HEAD} | {"rest": value["records"]}


def unfold(folded: Value, whose: Whose, known: Known) -> bytes:
    """The batch's own bytes; it is still to be parsed. Raises Malformed, whatever a stranger folded."""
    try:
        room = _Room()
        records = list(folded.get("rest", ()))
        for run in folded.get("runs", ()):
            records.extend(_records(run, known, room))
        records.sort(key=lambda record: int(record["seq"]))
        head = {"v": VERSION, "appliance": whose.appliance, "epoch": whose.epoch}
        return write_object(head | {name: folded[name] for name in _HEAD} | {"records": records}, MAX_BODY_BYTES)
    except Malformed:
        raise
    except _ODD:
        raise Malformed(Reason.WRONG_TYPE, "not a folded batch") from None


@dataclass(frozen=True, slots=True)
class _Piece:
    """One record: what it says that is new. `gone`: fields that it had before."""

    record: Value
    is_known: bool
    changed: Value
    gone: tuple[str, ...]

    @property
    def shape(self) -> tuple[object, ...]:
        return self.record["type"], self.is_known, "key" in self.record, (*self.changed,), self.gone


def _piece(record: Value, known: Known) -> _Piece | None:
    """None: too rare a form to be worth it."""
    body = record["body"]
    if body is None or "origin" in record:
        return None
    base = known.bodies.get(record.get("key", ""))
    if base is None:
        return _Piece(record, is_known=False, changed=body, gone=())
    changed = {name: value for name, value in body.items() if name not in base or not _is_same(base[name], value)}
    return _Piece(record, is_known=True, changed=changed, gone=tuple(name for name in base if name not in body))


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _run(pieces: Sequence[_Piece], known: Known) -> Value:
    first = pieces[0]
    run: Value = {
        "type": first.record["type"],
        "seq": _gaps([one.record["seq"] for one in pieces]),
        "at": _gaps([_seconds(one.record["at"]) for one in pieces]),
    }
    if first.is_known:
        places = {key: place for place, key in enumerate(known.bodies)}
        run["known"] = _gaps([places[one.record["key"]] for one in pieces])
    elif "key" in first.record:
        run["key"] = [one.record["key"] for one in pieces]
    if first.gone:
        run["gone"] = list(first.gone)
    for name in first.changed:
        kind, column = _column(name, pieces, known)
        run.setdefault(kind, {})[name] = column
    return run


def _column(name: str, pieces: Sequence[_Piece], known: Known) -> tuple[str, object]:
    values = [one.changed[name] for one in pieces]
    if all(_is_same(values[0], value) for value in values):
        return "is", values[0]
    if all(isinstance(value, str) and _is_time(value) for value in values):
        return "since", _shortest([_seconds(one.changed[name]) - _seconds(one.record["at"]) for one in pieces])
    if pieces[0].is_known:
        before = [known.bodies[one.record["key"]].get(name) for one in pieces]
        if all(type(value) is int for value in (*values, *before)):
            return "more", _shortest([value - old for value, old in zip(values, before, strict=True)])
    if all(isinstance(value, str) and value.endswith(_tail(one)) for value, one in zip(values, pieces, strict=True)):
        return "as_key", _shortest([value.removesuffix(_tail(one)) for value, one in zip(values, pieces, strict=True)])
    return "of", values


def _tail(piece: _Piece) -> str:
    return str(piece.record.get("key", "?")).partition(":")[2] or "?"


def _shortest(values: list[Any]) -> Any:
    """One for all, where all are the same: never a list itself."""
    return values[0] if all(value == values[0] for value in values) else values


def _records(run: Value, known: Known, room: "_Room") -> Iterator[Value]:
    seqs, ats = _sums(run["seq"]), _sums(run["at"])
    keys = _keys(run, known, len(seqs))
    if not len(seqs) == len(ats) == len(keys):
        raise Malformed(Reason.OUT_OF_RANGE, "folded: columns of several lengths")
    same = run.get("is", {})
    room.take(len(json.dumps(_repeated(run))) * len(seqs), len(seqs))
    for place, (seq, second, key) in enumerate(zip(seqs, ats, keys, strict=True)):
        base = known.bodies[key] if "known" in run and key is not None else {}
        room.take(known.sizes.get(key or "", 0) + len(str(key)) * (1 + len(run.get("as_key", {}))), 0)
        body = {name: value for name, value in base.items() if name not in run.get("gone", ())} | same
        body |= {name: _time(second + _at(column, place)) for name, column in run.get("since", {}).items()}
        body |= {name: base[name] + _at(column, place) for name, column in run.get("more", {}).items()}
        tail = str(key).partition(":")[2]
        body |= {name: _at(column, place) + tail for name, column in run.get("as_key", {}).items()}
        body |= {name: column[place] for name, column in run.get("of", {}).items()}
        record = {"seq": seq, "type": run["type"], "at": _time(second)}
        yield record | ({} if key is None else {"key": key}) | {"body": dict(sorted(body.items()))}


def _repeated(run: Value) -> Value:
    """What each record of a run says again: all but what the columns hold for one record alone."""
    columns = {kind: run.get(kind, {}) for kind in ("since", "more", "as_key", "of")}
    return {"type": run["type"], "is": run.get("is", {})} | {
        kind: {name: None if isinstance(column, list) else column for name, column in named.items()}
        for kind, named in columns.items()
    }


def _keys(run: Value, known: Known, count: int) -> Sequence[str | None]:
    if "known" in run:
        order = list(known.bodies)
        return [order[place] for place in _sums(run["known"]) if place >= 0]
    return run["key"] if "key" in run else [None] * count


def _at(column: Any, place: int) -> Any:
    return column[place] if isinstance(column, list) else column


@dataclass(slots=True)
class _Room:
    """Little that unfolds to much is refused before it is there."""

    bytes: int = 0
    records: int = 0

    def take(self, size: int, records: int) -> None:
        self.bytes += size
        self.records += records
        if self.bytes > 2 * MAX_BODY_BYTES or self.records > MAX_BATCH_RECORDS:
            raise Malformed(Reason.TOO_LARGE, "folded: more than a batch may hold")


def _gaps(numbers: Sequence[int]) -> list[int]:
    return [*numbers[:1], *(after - before for before, after in pairwise(numbers))]


def _sums(gaps: Sequence[int]) -> list[int]:
    if len(gaps) > MAX_BATCH_RECORDS:
        raise Malformed(Reason.TOO_LARGE, f"records: more than {MAX_BATCH_RECORDS}")
    return list(accumulate(gaps))


def _is_time(text: str) -> bool:
    try:
        return format_time(parse_time(text)) == text
    except Malformed:
        return False


_BORN = parse_time("2026-01-01T00:00:00Z")


def _seconds(text: str) -> int:
    return round((parse_time(text) - _BORN).total_seconds())


def _time(seconds: int) -> str:
    return format_time(_BORN + timedelta(seconds=seconds))
