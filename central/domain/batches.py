"""What a batch means where we are: what of it is new, what was here before, what is missing in between.

Owns the rules of ranges and origins; knows no table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocol.uplink import Batch, Record

Position = tuple[str, int]  # an epoch, and a number in it


@dataclass(frozen=True, slots=True)
class Share:
    """`fresh`: to be applied, in order. `up_to`: where the lane is after that. `origins`: where others then are."""

    fresh: tuple[Record, ...]
    up_to: int
    origins: Mapping[str, int]


def is_gap(batch: Batch, cursor: int) -> bool:
    """It begins beyond what we have: applied, something would be lost without a word."""
    return batch.after > cursor


def origin_epochs(batch: Batch) -> set[str]:
    return {one.origin.epoch for one in batch.records if one.origin is not None and one.origin.epoch != batch.epoch}


def share_of(batch: Batch, cursor: int, origins: Mapping[str, int]) -> Share:
    """`origins`: the cursors of other epochs, in the same lane. What they had is not applied again."""
    reached = dict(origins)
    fresh = []
    for record in batch.records:
        if record.seq <= cursor:
            continue
        if record.origin is not None and record.origin.epoch != batch.epoch:
            if record.origin.seq <= reached.get(record.origin.epoch, 0):
                continue
            reached[record.origin.epoch] = record.origin.seq
        fresh.append(record)
    moved = {epoch: seq for epoch, seq in reached.items() if seq > origins.get(epoch, 0)}
    return Share(tuple(fresh), max(cursor, batch.up_to), moved)


def identity_of(batch_epoch: str, record: Record) -> Position:
    """Under which number a fact is kept: the first that it ever had."""
    return (batch_epoch, record.seq) if record.origin is None else (record.origin.epoch, record.origin.seq)
