"""Up to where this store was written when the box was started: what the city may know of it, until it has said hello.

A card that lies about having written, or an image that was put back, can lose the newest facts after the city has
taken them. Then the city is further than this mark, or than the store itself: a proof, since nothing is sent between a
start and its first hello. Owns that one setting.
"""

import json
from collections.abc import Mapping

from appliance.services.settings import read_setting, write_setting
from appliance.store.city_models import Incarnation, OutboxLane
from protocol.uplink_words import Lane

_MARK = "outbox_mark"


def set_mark() -> None:
    """At a start, in the caller's transaction. One that no hello has lifted stays: it is the lower one."""
    if _read() is None:
        lanes = {str(row.lane): int(row.last_seq) for row in OutboxLane.select()}
        write_setting(_MARK, json.dumps({"epoch": _epoch(), "lanes": lanes}))


def lift_mark() -> None:
    write_setting(_MARK, "")


def fork_of(cursors: Mapping[Lane, int]) -> dict[int, int] | None:
    """None: the city is nowhere further than we can be. Else up to where a lane means the same at both ends."""
    mark, lanes = _read(), {Lane(row.lane): row for row in OutboxLane.select()}
    last = {lane: int(row.last_seq) for lane, row in lanes.items()}
    known = last if mark is None else {lane: mark.get(lane, 0) for lane in {*last, *mark}}
    if all(cursor <= known.get(lane, 0) for lane, cursor in cursors.items()):
        return None
    if mark is not None:
        return {int(lane): seq for lane, seq in mark.items()}
    return {int(lane): int(row.acknowledged) for lane, row in lanes.items()}


def fork_beside(cursors: Mapping[Lane, int]) -> dict[int, int] | None:
    """The same of a box that had a double: what the city has beyond what it told *us* may be the other one's."""
    lanes = {Lane(row.lane): int(row.acknowledged) for row in OutboxLane.select()}
    if all(cursor <= lanes.get(lane, 0) for lane, cursor in cursors.items()):
        return None
    return {int(lane): seq for lane, seq in lanes.items()}


def _read() -> dict[Lane, int] | None:
    told = json.loads(read_setting(_MARK) or "{}")
    if told.get("epoch") != _epoch():
        return None
    return {Lane(int(lane)): int(seq) for lane, seq in told["lanes"].items()}


def _epoch() -> str:
    row = Incarnation.get_or_none(Incarnation.id == 1)
    return "" if row is None else str(row.epoch)
