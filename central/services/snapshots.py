"""The schools' daily backups: sealed, seven a school, given back only to a box that takes another one's place."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.clock import Clock
from central.errors import Denied, Invalid, NotFound, TooLarge
from central.keys.sealing import Sealer
from central.services.certificates import KnownAppliance
from central.services.journal import record
from central.store.database import writing
from central.store.models import Appliance, ClaimTicket, Snapshot
from central.store.rows import tuples_of
from protocol.uplink_words import Standing

MAX_BYTES = 64 * 1024 * 1024
KEPT = 7
LONGEST_UPLOAD = timedelta(minutes=15)  # as long as the door leaves a known box
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """`sha256`: of `plain`, as the box told it when it came."""

    plain: bytes
    sha256: str
    at: datetime


class Snapshots:
    def __init__(self, clock: Clock, sealer: Sealer) -> None:
        self._clock = clock
        self._sealer = sealer

    @contextmanager
    def coming(self, known: KnownAppliance) -> Iterator[None]:
        """While its bytes are on the line, minutes on a poor one, its box says nothing else and is not silent."""
        _set_busy(known.id, self._clock.now() + LONGEST_UPLOAD)
        try:
            yield
        finally:
            _set_busy(known.id, self._clock.now())

    def keep(self, known: KnownAppliance, plain: bytes, sha256: str) -> None:
        """One a day: a later one takes its place, so that no box can push a week of good ones out in a minute."""
        if len(plain) > MAX_BYTES:
            raise TooLarge("snapshot_too_large")
        if not plain.startswith(_ZIP) or hashlib.sha256(plain).hexdigest() != sha256:
            raise Invalid("snapshot_altered", {"sha256": "unknown_value"})
        now = self._clock.now()
        sealed = self._sealer.seal(plain, _purpose(known.uai, sha256))
        with writing(f"snapshots:{known.uai}"):
            row = Appliance.get_by_id(known.id)
            if row.standing != Standing.ACTIVE:
                raise Denied(str(row.standing), standing=str(row.standing))
            _forget_today(known, now)
            Snapshot.create(
                school=known.uai, appliance=known.id, epoch=row.epoch, at=now, sha256=sha256, size=len(plain),
                sealed=sealed,
            )  # fmt: skip
            _forget_old(known.uai)

    def latest_at(self, uai: str) -> datetime | None:
        """Without the file itself, which is large."""
        newest = Snapshot.select(Snapshot.at).where(Snapshot.school == uai).order_by(Snapshot.at.desc()).limit(1)
        return next((at for (at,) in tuples_of(newest)), None)

    def latest_for(self, known: KnownAppliance) -> SnapshotFile:
        """For a box that was claimed in another one's place, until it has sent one of its own."""
        replaces = ClaimTicket.appliance == known.id, ClaimTicket.replaces.is_null(False)
        own = (Snapshot.school == known.uai) & (Snapshot.appliance == known.id)
        if known.standing is not Standing.ACTIVE or not ClaimTicket.select().where(*replaces).exists():
            raise Denied("not_a_replacement", appliance=known.id, school=known.uai)
        if Snapshot.select(Snapshot.id).where(own).exists():
            raise Denied("not_a_replacement", appliance=known.id, school=known.uai)
        row = Snapshot.select().where(Snapshot.school == known.uai).order_by(Snapshot.id.desc()).first()
        if row is None:
            raise NotFound("no_snapshot")
        plain = self._sealer.unseal(row.sealed, _purpose(known.uai, row.sha256))
        who = f"appliance:{known.id}"
        with writing():
            record(self._clock.now(), who, "snapshot.fetch", who, known.uai, of=row.appliance, sha256=row.sha256)
        return SnapshotFile(plain, row.sha256, row.at)


def _set_busy(appliance_id: str, until: datetime) -> None:
    Appliance.update(turn_until=until).where(Appliance.id == appliance_id).execute()


def _purpose(uai: str, sha256: str) -> str:
    return f"snapshot:{uai}:{sha256}"


def _forget_today(known: KnownAppliance, now: datetime) -> None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    mine = (Snapshot.school == known.uai) & (Snapshot.appliance == known.id)
    Snapshot.delete().where(mine & (Snapshot.at >= midnight)).execute()


def _forget_old(uai: str) -> None:
    kept = Snapshot.select(Snapshot.id).where(Snapshot.school == uai).order_by(Snapshot.id.desc()).limit(KEPT)
    ids = [row.id for row in kept]
    Snapshot.delete().where((Snapshot.school == uai) & Snapshot.id.not_in(ids)).execute()
