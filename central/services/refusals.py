"""Boxes that were turned away at the door, in the journal: once an hour each, however often they knock."""

from datetime import timedelta

from central.clock import Clock
from central.errors import Denied, TooMany
from central.services.journal import record
from central.services.throttle import Throttle
from protocol.uplink_door import DoorRefusal

_ONCE_AN_HOUR = Throttle("door", most=1, window=timedelta(hours=1))
_STRANGERS = Throttle("door-strangers", most=30, window=timedelta(hours=1))  # in all: addresses cost nothing
_SECURITY = frozenset(
    {
        DoorRefusal.CERTIFICATE_UNKNOWN,
        DoorRefusal.CERTIFICATE_REVOKED,
        DoorRefusal.APPLIANCE_REVOKED,
        DoorRefusal.APPLIANCE_REPLACED,
        DoorRefusal.BAD_SIGNATURE,
        DoorRefusal.RENEWAL_TOO_LATE,
        "foreign_appliance",  # a payload that names another box than the certificate
        "not_a_replacement",
    }
)


class Refusals:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def note(self, refused: Denied, source: str) -> None:
        """`source`: the caller's address. Only what an officer should know is kept."""
        if refused.code not in _SECURITY:
            return
        now = self._clock.now()
        appliance, school = str(refused.params.get("appliance", "")), str(refused.params.get("school", ""))
        who = f"appliance:{appliance}" if appliance else f"address:{source}"
        key = f"{refused.code}:{who}"
        try:
            _ONCE_AN_HOUR.check(key, now)
            if not appliance:
                _STRANGERS.check("all", now)
        except TooMany:
            return
        if not appliance:
            _STRANGERS.failed("all", now)
        if _ONCE_AN_HOUR.failed(key, now):
            record(now, f"address:{source}", "door.refuse", who, school, reason=str(refused.code))
