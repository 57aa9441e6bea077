"""Central as the design has it, in memory: what its tables must come to, whatever happens to the line and the ends."""

import copy
from collections import Counter
from dataclasses import dataclass, field

from protocol.uplink import Batch, BatchAnswer, Record, digest_of, encode_batch, parse_batch
from protocol.uplink_words import Lane


class Refused(Exception):
    """A batch that begins beyond the cursor."""


@dataclass
class CityModel:
    """`facts`: how often each record that is no state was applied, by lane."""

    cursors: dict[tuple[str, Lane], int] = field(default_factory=dict)
    facts: dict[Lane, Counter[str]] = field(default_factory=dict)
    state: dict[str, object] = field(default_factory=dict)
    gaps: list[Record] = field(default_factory=list)
    sums: Counter[str] = field(default_factory=Counter)

    def take(self, raw: bytes) -> BatchAnswer:
        batch = parse_batch(raw)
        cursor = self.cursors.get((batch.epoch, batch.lane), 0)
        if batch.after > cursor:
            raise Refused
        for record in batch.records:
            if record.seq > cursor:
                self._apply(batch, record)
        up_to = max(cursor, batch.up_to)
        self.cursors[batch.epoch, batch.lane] = up_to
        return BatchAnswer(batch.appliance, batch.epoch, batch.lane, up_to, digest_of(raw))

    def cursors_of(self, epoch: str) -> dict[Lane, int]:
        return {lane: self.cursors.get((epoch, lane), 0) for lane in Lane}

    def backup(self) -> "CityModel":
        return copy.deepcopy(self)

    def _apply(self, batch: Batch, record: Record) -> None:
        if record.origin is not None:
            place = record.origin.epoch, batch.lane
            if self.cursors.get(place, 0) >= record.origin.seq:
                return
            self.cursors[place] = record.origin.seq
        if batch.lane is Lane.STATE:
            self._keep(record)
        elif record.type == "gap":
            self.gaps.append(record)
        else:
            body = record.body or {}
            self.facts.setdefault(batch.lane, Counter())[str(body.get("target", body.get("app", "")))] += 1
            days = body.get("device_days", 0)
            self.sums[str(body.get("app", ""))] += days if isinstance(days, int) else 0

    def _keep(self, record: Record) -> None:
        if record.body is None:
            self.state.pop(str(record.key), None)
        else:
            self.state[str(record.key)] = dict(record.body)


def on_the_line(batch: Batch) -> bytes:
    return encode_batch(batch)
