"""Records that could not be applied: shown, and tried again by hand or after an upgrade. None is ever thrown away."""

from dataclasses import dataclass
from datetime import datetime

from central.clock import Clock
from central.domain.roles import Viewer
from central.errors import NotFound
from central.services.apply import Applying, Lot
from central.services.apply_facts import Place
from central.services.journal import record
from central.store.database import writing
from central.store.models import Appliance, ParkedRecord, StateRow
from protocol.strict_json import Malformed, write_object
from protocol.uplink import Record, parse_record
from protocol.uplink_reconcile import hash_of
from protocol.uplink_words import Lane

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """`record` as it came, as text."""

    id: int
    appliance: str
    lane: int
    seq: int
    type: str
    reason: str
    detail: str
    parked_at: datetime
    tries: int
    record: str


class Parked:
    def __init__(self, clock: Clock, applying: Applying) -> None:
        self._clock = clock
        self._applying = applying
        self._has_tried = False

    def listed(self, appliance: str = "", limit: int = 200) -> list[ParkedLine]:
        """Newest first; of one appliance, or of all."""
        query = ParkedRecord.select().order_by(ParkedRecord.id.desc()).limit(limit)
        return [_line(row) for row in (query.where(ParkedRecord.appliance == appliance) if appliance else query)]

    def retry(self, actor: Viewer | str, parked_id: int) -> bool:
        """Whether it could be applied now."""
        row = ParkedRecord.get_or_none(ParkedRecord.id == parked_id)
        if row is None:
            raise NotFound("no_parked_record")
        done = self._try(row)
        with writing():
            record(self._clock.now(), actor, "parked.retry", f"appliance:{row.appliance_id}", applied=done)
        return done

    def retry_all(self, actor: Viewer | str) -> tuple[int, int]:
        """How many were tried, and how many of them applied. In the order in which they came."""
        tried = applied = last = 0
        while rows := list(_after(last)):
            for row in rows:
                applied += self._try(row)
            tried, last = tried + len(rows), rows[-1].id
        with writing():
            record(self._clock.now(), actor, "parked.retry_all", tried=tried, applied=applied)
        return tried, applied

    def step(self) -> bool:
        """The desk's: once in the life of a process, since an upgrade starts a new one."""
        if self._has_tried:
            return False
        self._has_tried = True
        return ParkedRecord.select().exists() and self.retry_all("start")[1] > 0

    def _try(self, row: ParkedRecord) -> bool:
        now = self._clock.now()
        with writing(f"appliance:{row.appliance_id}"):
            here = ParkedRecord.id == row.id
            if not ParkedRecord.select().where(here).exists():
                return False  # somebody else was faster
            reason = self._apply(row, now)
            if not reason:
                ParkedRecord.delete().where(here).execute()
                return True
            ParkedRecord.update(tries=ParkedRecord.tries + 1, reason=reason[0], detail=reason[1][:255]).where(
                here
            ).execute()
            return False

    def _apply(self, row: ParkedRecord, now: datetime) -> tuple[str, str] | None:
        """None: applied, or no longer true. Else why not."""
        try:
            one = parse_record(row.record, "record")
        except Malformed as error:
            return error.reason.value, error.detail
        if row.lane == Lane.STATE and _is_overtaken(row, one):
            return None
        place = Place(row.appliance_id, _school_of(row.appliance_id), now)
        lot = Lot(place, row.epoch, Lane(row.lane), (one,))
        unfit = self._applying.unfit(lot)
        return (unfit[0].reason, unfit[0].detail) if unfit else None


def _is_overtaken(row: ParkedRecord, one: Record) -> bool:
    """A state that was told again since, or whose box began another epoch: the old value must not come back."""
    current = Appliance.get_by_id(row.appliance_id).epoch
    if current != row.epoch:
        return True
    known = StateRow.get_or_none((StateRow.appliance == row.appliance_id) & (StateRow.key == (one.key or "")))
    if known is None:
        return one.body is not None
    return one.body is None or known.hash != hash_of(one.body)


def _after(last: int) -> list[ParkedRecord]:
    return list(ParkedRecord.select().where(ParkedRecord.id > last).order_by(ParkedRecord.id).limit(_AT_ONCE))


def _school_of(appliance: str) -> str:
    return str(Appliance.get_by_id(appliance).school_id)


def _line(row: ParkedRecord) -> ParkedLine:
    return ParkedLine(
        id=row.id,
        appliance=row.appliance_id,
        lane=row.lane,
        seq=row.seq,
        type=str(row.record.get("type", "")),
        reason=row.reason,
        detail=row.detail,
        parked_at=row.parked_at,
        tries=row.tries,
        record=write_object(row.record).decode(),
    )
