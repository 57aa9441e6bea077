"""Ends the open bridge of a box that was revoked: the broker looks at a certificate only when somebody connects."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from peewee import fn

from central.clock import Clock
from central.logs import fact
from central.store.database import connected, writing
from central.store.models import Appliance, Certificate
from protocol.uplink_live import bridge_name
from protocol.uplink_words import Standing

_LOOK_EVERY = timedelta(seconds=10)
_TRY_AGAIN = timedelta(minutes=3)  # a broker that is away is waited for, some seconds, by all that is live
_LIST_READ = timedelta(seconds=30)  # by then the broker has the new list: who is sent away does not come in again
_OUT = (Standing.REVOKED, Standing.REPLACED)
_log = logging.getLogger("live")


class ClosedBridges:
    """`end`: ends the session of that client id at the city's broker; whether it surely has. It may be done twice."""

    def __init__(self, clock: Clock, end: Callable[[str], bool]) -> None:
        self._clock = clock
        self._end = end
        self._look_at = clock.now()

    def step(self) -> bool:
        """One box at a time: what else is live has its turn in between."""
        now = self._clock.now()
        if now < self._look_at:
            return False
        with connected():
            found = _to_close(now - _LIST_READ)
        if not found:
            self._look_at = now + _LOOK_EVERY
            return False
        if not self._end(bridge_name(found[0])):
            self._look_at = now + _TRY_AGAIN
            return False
        with connected(), writing():
            Appliance.update(bridge=False).where(Appliance.id == found[0]).execute()
        fact(_log, "bridge_closed", appliance=found[0])
        return True


def _to_close(before: datetime) -> list[str]:
    """Not where another box of the school has its bridge: the end of the old one would be told as the school's."""
    other = Appliance.alias()
    is_there = (other.school == Appliance.school) & (other.standing == Standing.ACTIVE) & other.bridge
    is_new = Certificate.revoked_at.is_null() | (Certificate.revoked_at >= before)
    rows = Appliance.select(Appliance.id).where(
        Appliance.standing.in_(_OUT)
        & Appliance.bridge
        & ~fn.EXISTS(other.select().where(is_there))
        & ~fn.EXISTS(Certificate.select().where((Certificate.appliance == Appliance.id) & is_new))
    )
    return [row.id for row in rows.order_by(Appliance.id)]
