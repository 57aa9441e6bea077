"""Does central hold what a school's box says? The daily comparison of the state lane (protocol/uplink_reconcile.py)."""

from collections.abc import Mapping

from central.errors import Conflict, Denied
from central.services.certificates import KnownAppliance
from central.store.database import transaction
from central.store.models import Appliance, Cursor, StateRow
from protocol.uplink_reconcile import (
    MAX_ANSWER_KEYS,
    Comparison,
    ComparisonAnswer,
    bucket_digests,
    bucket_of,
    whole_digest,
)
from protocol.uplink_words import Lane, Standing


class Reconcile:
    def compare(self, known: KnownAppliance, asked: Comparison) -> ComparisonAnswer:
        """Only at the same number of the lane: anywhere else, a difference says nothing."""
        if asked.appliance != known.id:
            raise Denied("foreign_appliance", appliance=known.id, school=known.uai)
        with transaction():
            _check_place(known, asked)
            rows = {row.key: row.hash for row in StateRow.select().where(StateRow.appliance == known.id)}
        own = bucket_digests(rows)
        same = whole_digest(own) == asked.whole
        different = [place for place, told in enumerate(asked.buckets) if told != own[place]]
        return ComparisonAnswer(known.id, asked.epoch, same, {} if same else _held(rows, different))


def _check_place(known: KnownAppliance, asked: Comparison) -> None:
    row = Appliance.get_by_id(known.id)
    if row.standing != Standing.ACTIVE:
        raise Denied(str(row.standing), standing=str(row.standing))
    if row.epoch != asked.epoch:
        raise Conflict("hello_first", epoch=row.epoch)
    here = Cursor.get_or_none(
        (Cursor.appliance == known.id) & (Cursor.epoch == asked.epoch) & (Cursor.lane == int(Lane.STATE))
    )
    cursor = 0 if here is None else int(here.up_to)
    if cursor != asked.up_to:
        raise Conflict("not_level", cursor=cursor)


def _held(rows: Mapping[str, str], different: list[int]) -> dict[int, dict[str, str]]:
    """Whole buckets, as many as one answer holds."""
    held: dict[int, dict[str, str]] = {place: {} for place in different}
    for key, told in rows.items():
        if bucket_of(key) in held:
            held[bucket_of(key)][key] = told
    left = MAX_ANSWER_KEYS
    answer: dict[int, dict[str, str]] = {}
    for place, keys in held.items():
        left -= len(keys)
        if left < 0 and answer:
            break
        answer[place] = keys
    return answer
