"""What waits for the city: facts go in within their transaction, batches come out in order, answers take them away.

Owns numbers, order and cursors of the four lanes (docs/decisions/city.md, Records). Knows no line and no body's
meaning; what is kept how long, and what goes when the disk is full, is `outbox_relief`'s.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from appliance.domain.uplink_lanes import oldest_missing
from appliance.services.outbox_mark import fork_beside, fork_of, lift_mark
from appliance.store.city_models import CityLink, Incarnation, OutboxLane, OutboxRecord
from appliance.store.epochs import begin_after_fork
from appliance.store.models import database
from protocol.strict_json import write_object
from protocol.uplink import (
    MAX_BATCH_RECORDS,
    MAX_RECORD_BYTES,
    Batch,
    BatchAnswer,
    Origin,
    Record,
)
from protocol.uplink_hello import Backlog
from protocol.uplink_reconcile import hash_of
from protocol.uplink_records import GapBody, encode_body
from protocol.uplink_words import LANE_OF, Lane, RecordType

_ENVELOPE_BYTES = 200  # of a record beside its body and key, at most

_NEXT_SEQ = (
    "INSERT INTO outbox_lane (lane, last_seq, acknowledged, offered, purged) VALUES (?, 1, 0, 0, 0) "
    "ON CONFLICT (lane) DO UPDATE SET last_seq = last_seq + 1 RETURNING last_seq"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one batch. Small ones after trouble: a line that breaks often still gets something through."""

    records: int = 500
    bytes: int = 256 * 1024


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose batches these are."""

    appliance: str
    epoch: str


def is_joined() -> bool:
    return bool(database.execute_sql("SELECT 1 FROM city_link").fetchone())


def put(at: datetime, record_type: RecordType, body: Mapping[str, object] | None, key: str | None = None) -> None:
    """In the caller's transaction. Nothing is written while no city was joined. `key`: of the state lane only.

    Raises Malformed for a body that no batch could carry.
    """
    if not is_joined():
        return
    lane = LANE_OF[record_type]
    if (lane is Lane.STATE) is (key is None):
        raise ValueError("the state lane, and it alone, has keys")
    told = None if body is None else as_text(body)
    if lane is Lane.STATE:
        OutboxRecord.delete().where((OutboxRecord.lane == lane) & (OutboxRecord.key == key)).execute()
    OutboxRecord.create(lane=lane, seq=_next_seq(lane), type=record_type, key=key, body=told, at=at)


def as_text(body: Mapping[str, object]) -> str:
    """Canonical: what says the same is the same to the letter."""
    return write_object(dict(body), MAX_RECORD_BYTES, in_order=True).decode("utf-8")


def put_state(at: datetime, record_type: RecordType, key: str, body: Mapping[str, object] | None) -> bool:
    """`put`, unless the last word on this key was the same. True when there was something new to say."""
    row = OutboxRecord.get_or_none((OutboxRecord.lane == Lane.STATE) & (OutboxRecord.key == key))
    told = None if body is None else as_text(body)
    if row is not None and row.body == told and row.type == record_type:
        return False
    put(at, record_type, body, key)
    return True


def put_gap(at: datetime, gap: GapBody) -> None:
    put(at, RecordType.GAP, encode_body(gap))


def forget_records() -> None:
    """In the caller's transaction: whoever they were for is no longer asked, or does not know their numbers."""
    OutboxRecord.delete().execute()
    OutboxLane.delete().execute()


class Outbox:
    """Every method is one transaction of its own; none of them sends anything."""

    def sender(self) -> Sender | None:
        """None: no city was joined."""
        link, incarnation = CityLink.get_or_none(CityLink.id == 1), Incarnation.get_or_none(Incarnation.id == 1)
        return None if link is None or incarnation is None else Sender(link.appliance, incarnation.epoch)

    def next_batch(self, lane: Lane, limits: Limits | None = None) -> Batch | None:
        """What comes after the last acknowledgement. None: nothing to say. Without records: only a hole to cover."""
        limits = limits or Limits()
        with database.atomic("IMMEDIATE"):
            sender, state = self.sender(), OutboxLane.get_or_none(OutboxLane.lane == lane)
            if sender is None or state is None or state.acknowledged >= state.last_seq:
                return None
            rows = _rows_after(lane, state.acknowledged, min(limits.records, MAX_BATCH_RECORDS))
            taken = _within(rows, limits.bytes)
            is_all = len(taken) == len(rows) < min(limits.records, MAX_BATCH_RECORDS)
            up_to = state.last_seq if is_all else taken[-1].seq
            if up_to > state.offered:  # from now on, what is in it may be known there
                OutboxLane.update(offered=up_to).where(OutboxLane.lane == lane).execute()
            return Batch(
                appliance=sender.appliance,
                epoch=sender.epoch,
                lane=lane,
                after=state.acknowledged,
                up_to=up_to,
                records=tuple(_record(row) for row in taken if not row.parked),
            )

    def acknowledge(self, answer: BatchAnswer, now: datetime) -> bool:
        """An answer that was checked against its batch (`is_answer_to`). False: of another epoch, or known."""
        with database.atomic("IMMEDIATE"):
            state = self._lane_of(answer)
            if state is None or answer.up_to <= state.acknowledged:
                return False
            up_to = min(answer.up_to, state.last_seq)
            _mark(state.lane, state.acknowledged, up_to, now)
            OutboxLane.update(acknowledged=up_to).where(OutboxLane.lane == state.lane).execute()
            return True

    def rewind(self, cursors: Mapping[Lane, int], now: datetime, *, had_double: bool = False) -> bool:
        """Central is where `cursors` say. Behind us, as after its restore: what is still kept is sent again.

        Ahead of us: an answer was lost on its way. Ahead of what we can have sent: this store has lost what central
        has. Then an epoch begins, and True is answered: another hello is due. `had_double`: two boxes went by our
        numbers until now.
        """
        with database.atomic("IMMEDIATE"):
            fork = fork_of(cursors)
            if fork is None and had_double:
                fork = fork_beside(cursors)
            lift_mark()
            if fork is not None:
                begin_after_fork(now, fork)
                return True
            for state in list(OutboxLane.select()):
                cursor = min(cursors.get(Lane(state.lane), state.acknowledged), state.last_seq)
                if cursor > state.acknowledged:
                    _mark(state.lane, state.acknowledged, cursor, now)
                elif cursor < state.acknowledged:
                    _take_back(state, cursor, now)
                OutboxLane.update(acknowledged=cursor).where(OutboxLane.lane == state.lane).execute()
            return False

    def park(self, lane: Lane, seq: int, reason: str, now: datetime) -> None:
        """Central refuses it again and again: it is passed over, kept, and told as missing."""
        with database.atomic("IMMEDIATE"):
            here = (OutboxRecord.lane == lane) & (OutboxRecord.seq == seq) & (OutboxRecord.parked == "")
            row = OutboxRecord.get_or_none(here)
            if row is None:
                return
            OutboxRecord.update(parked=reason[:64]).where(here).execute()
            if row.type != RecordType.GAP:
                put_gap(now, GapBody(lane, seq - 1, seq, 1, "parked"))

    def unpark(self) -> int:
        """After an upgrade: all of them once more, at the end of their lanes; how many."""
        with database.atomic("IMMEDIATE"):
            parked = list(OutboxRecord.select().where(OutboxRecord.parked != "").order_by(OutboxRecord.seq))
            for row in parked:
                _send_anew(row)
            return len(parked)

    def parked(self) -> int:
        return int(OutboxRecord.select().where(OutboxRecord.parked != "").count())

    def left_since(self, moment: datetime) -> int:
        """How many records the city has taken since then."""
        return int(OutboxRecord.select().where(OutboxRecord.acknowledged_at >= moment).count())

    def backlog(self) -> dict[Lane, Backlog]:
        """Of each lane, what is not acknowledged."""
        waiting = {row[0]: row[1:] for row in database.execute_sql(_WAITING).fetchall()}
        return {
            Lane(state.lane): _backlog(state, *waiting.get(state.lane, (0, 0, None))) for state in OutboxLane.select()
        }

    def state_hashes(self) -> dict[str, str]:
        """key -> hash, of all that central should hold: for the daily comparison."""
        rows = OutboxRecord.select(OutboxRecord.key, OutboxRecord.body).where(
            (OutboxRecord.lane == Lane.STATE) & OutboxRecord.body.is_null(False)
        )
        return {str(row.key): hash_of(json.loads(str(row.body))) for row in rows}

    def state_cursor(self) -> int | None:
        """Up to where the state lane is acknowledged, if all of it is: only then can it be compared."""
        state = OutboxLane.get_or_none(OutboxLane.lane == Lane.STATE)
        return int(state.acknowledged) if state is not None and state.acknowledged == state.last_seq else None

    def put_again(self, different: Collection[str], gone: Collection[str], now: datetime) -> None:
        """What the comparison found: keys that central holds otherwise, and those that nobody knows here."""
        with database.atomic("IMMEDIATE"):
            for key in sorted(different):
                row = OutboxRecord.get_or_none((OutboxRecord.lane == Lane.STATE) & (OutboxRecord.key == key))
                if row is not None:
                    _send_anew(row)
            for key in sorted(gone):
                put(now, _type_of(key), None, key)

    def _lane_of(self, answer: BatchAnswer) -> OutboxLane | None:
        sender = self.sender()
        if sender is None or (answer.appliance, answer.epoch) != (sender.appliance, sender.epoch):
            return None
        return OutboxLane.get_or_none(OutboxLane.lane == answer.lane)


_WAITING = (
    "SELECT l.lane, count(r.seq), coalesce(sum(length(CAST(coalesce(r.body, '') AS BLOB))), 0), min(r.at) "
    "FROM outbox_lane l JOIN outbox_record r ON r.lane = l.lane AND r.seq > l.acknowledged AND r.parked = '' "
    "GROUP BY l.lane"
)


def _type_of(key: str) -> RecordType:
    try:
        return RecordType(key.partition(":")[0])
    except ValueError:
        return RecordType.DEVICE  # of what we do not know, only the key counts: it is gone


def _backlog(state: OutboxLane, records: int, size: int, oldest: int | None) -> Backlog:
    oldest_at = None if oldest is None else OutboxRecord.at.python_value(oldest)
    return Backlog(state.last_seq, state.acknowledged, records, size, oldest_at)


def _next_seq(lane: Lane) -> int:
    return int(database.execute_sql(_NEXT_SEQ, (int(lane),)).fetchone()[0])


def _rows_after(lane: Lane, seq: int, most: int) -> list[OutboxRecord]:
    here = (OutboxRecord.lane == lane) & (OutboxRecord.seq > seq)
    return list(OutboxRecord.select().where(here).order_by(OutboxRecord.seq).limit(max(1, most)))


def _within(rows: list[OutboxRecord], most: int) -> list[OutboxRecord]:
    """One at least: a record that fits into no batch never got in."""
    taken: list[OutboxRecord] = []
    size = 0
    for row in rows:
        size += len((row.body or "").encode()) + _ENVELOPE_BYTES
        if taken and size > most:
            break
        taken.append(row)
    return taken


def _record(row: OutboxRecord) -> Record:
    epoch, _, seq = (row.origin or "").partition("/")
    return Record(
        seq=row.seq,
        type=row.type,
        at=row.at,
        body=None if row.body is None else json.loads(row.body),
        key=row.key,
        origin=Origin(epoch, int(seq)) if seq else None,
    )


def _mark(lane: int, after: int, up_to: int, now: datetime) -> None:
    there = (OutboxRecord.lane == lane) & (OutboxRecord.seq > after) & (OutboxRecord.seq <= up_to)
    OutboxRecord.update(acknowledged_at=now).where(there & OutboxRecord.acknowledged_at.is_null()).execute()


def _take_back(state: OutboxLane, cursor: int, now: datetime) -> None:
    again = (OutboxRecord.lane == state.lane) & (OutboxRecord.seq > cursor)
    OutboxRecord.update(acknowledged_at=None).where(again).execute()
    missing = oldest_missing(Lane(state.lane), cursor, state.purged)
    if missing:
        put_gap(now, GapBody(state.lane, cursor, state.purged, missing, "no_longer_kept"))


def _send_anew(row: OutboxRecord) -> None:
    """At the end of its lane, as if it were new: central has applied it nowhere, or it is state."""
    was = (OutboxRecord.lane == row.lane) & (OutboxRecord.seq == row.seq)
    OutboxRecord.update(seq=_next_seq(Lane(row.lane)), parked="", origin=None, acknowledged_at=None).where(
        was
    ).execute()
