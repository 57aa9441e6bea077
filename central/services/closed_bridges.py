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
        now = self._clock.now()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY
        with connected():
            found = _to_close(now - _LIST_READ)
        for appliance in found:
            if not self._end(bridge_name(appliance)):
                continue  # the next look tries again
            with connected(), writing():
                Appliance.update(bridge=False).where(Appliance.id == appliance).execute()
            fact(_log, "bridge_closed", appliance=appliance)
        return bool(found)


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
    return [row.id for row in rows]
