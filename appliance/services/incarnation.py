"""Which life of this store it is: on which machine, since when, and why it began.

A copied card, a restored backup and a repaired store must not go on with numbers that another one may have used: they
begin an epoch of their own (docs/decisions/city.md, Epoch).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from appliance.clock import Clock
from appliance.domain.hardware import Hardware, fingerprint, is_same_machine
from appliance.services.outbox_mark import set_mark
from appliance.store.city_models import Incarnation
from appliance.store.epochs import Reason, begin_epoch
from appliance.store.models import database


@dataclass(frozen=True, slots=True)
class Life:
    epoch: str
    hardware: str
    began_at: datetime
    reason: Reason


class Incarnations:
    """`look`: at the machine that this process runs on."""

    def __init__(self, clock: Clock, look: Callable[[], Hardware]) -> None:
        self._clock = clock
        self._look = look

    def ensure(self) -> Life:
        """At the start, before anything is told: the present life, or a new one on another machine.

        The fingerprint stays that of the first day: an adapter more or less is no news for the city.
        """
        hardware = fingerprint(self._look())
        with database.atomic("IMMEDIATE"):
            row = Incarnation.get_or_none(Incarnation.id == 1)
            if row is None:
                begin_epoch(self._clock.now(), Reason.CREATED, hardware)
            elif not row.hardware:
                Incarnation.update(hardware=hardware).where(Incarnation.id == 1).execute()
            elif not is_same_machine(row.hardware, hardware):
                begin_epoch(self._clock.now(), Reason.MOVED, hardware)
            set_mark()
            return self._read()

    def now(self) -> Life | None:
        """None: the appliance has not started yet with this store."""
        return self._read() if Incarnation.get_or_none(Incarnation.id == 1) is not None else None

    def _read(self) -> Life:
        row = Incarnation.get(Incarnation.id == 1)
        return Life(row.epoch, row.hardware, row.began_at, Reason(row.reason))
