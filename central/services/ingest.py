"""A batch is applied once, whole, in one transaction with the cursor that says so; or refused, with what to do."""

from dataclasses import dataclass

from central.clock import Clock
from central.domain.batches import is_gap, origin_epochs, share_of
from central.errors import Conflict, Denied
from central.services.apply import Applying, Lot
from central.services.apply_facts import Place
from central.services.certificates import KnownAppliance
from central.services.link_quality import batch_came
from central.store.bulk import Target, put_rows
from central.store.database import writing
from central.store.models import Appliance, Cursor
from protocol.uplink import Batch, BatchAnswer
from protocol.uplink_words import Standing

_CURSOR = Target(Cursor, ("appliance", "epoch", "lane", "up_to", "updated_at"), keys=3)


@dataclass(frozen=True, slots=True)
class Received:
    """A batch as it came. `digest`: of its body; `size`: of what went over the line.

    `hello`: the mark of the hello that its sender said last; empty: it came with the hello, or its box tells none.
    """

    batch: Batch
    digest: str
    size: int
    hello: str = ""


class Ingest:
    def __init__(self, clock: Clock, applying: Applying) -> None:
        self._clock = clock
        self._applying = applying

    def take(self, known: KnownAppliance, received: Received) -> BatchAnswer:
        """Two workers with the same batch: one waits, then finds that nothing of it is new."""
        batch = received.batch
        if batch.appliance != known.id:
            raise Denied("foreign_appliance", appliance=known.id, school=known.uai)
        with writing(f"appliance:{known.id}"):
            _check_standing(known, received)
            cursors = _cursors(batch)
            cursor = cursors.pop(batch.epoch, 0)
            if is_gap(batch, cursor):
                raise Conflict("gap", cursor=cursor)
            share = share_of(batch, cursor, cursors)
            place = Place(known.id, known.uai, self._clock.now())
            parked = self._applying.apply(Lot(place, batch.epoch, batch.lane, share.fresh)) if share.fresh else 0
            if share.up_to > cursor:
                _move(batch, place, {**share.origins, batch.epoch: share.up_to})
            batch_came(known.id, place.now, received.size)
        return BatchAnswer(known.id, batch.epoch, batch.lane, share.up_to, received.digest, parked)


def _check_standing(known: KnownAppliance, received: Received) -> None:
    """As it is now, under the lock: the connection may be older than the fence.

    Somebody else has said the last hello: who sends this says one, too, and by that two boxes are told apart.
    """
    row = Appliance.get_by_id(known.id)
    if row.standing != Standing.ACTIVE:
        raise Denied(str(row.standing), standing=str(row.standing))
    is_another = bool(received.hello and row.hello_mark) and received.hello != row.hello_mark
    if row.epoch != received.batch.epoch or is_another:
        raise Conflict("hello_first", epoch=row.epoch)


def _cursors(batch: Batch) -> dict[str, int]:
    epochs = [batch.epoch, *origin_epochs(batch)]
    rows = Cursor.select(Cursor.epoch, Cursor.up_to).where(
        (Cursor.appliance == batch.appliance) & (Cursor.lane == int(batch.lane)) & Cursor.epoch.in_(epochs)
    )
    return {str(row.epoch): int(row.up_to) for row in rows}


def _move(batch: Batch, place: Place, to: dict[str, int]) -> None:
    rows = [(place.appliance, epoch, int(batch.lane), up_to, place.now) for epoch, up_to in to.items()]
    put_rows(_CURSOR, rows)
