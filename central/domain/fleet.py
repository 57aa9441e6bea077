"""The state of a school's appliance, as the city sees it: from when it said hello, and from the school's own hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from central.domain.school_days import Closure, worked_seconds, zone_of
from protocol.uplink_words import Standing, StorageWord

# A box says hello once a minute, or when it was told to: one that misses two and a bit is silent.
_MISSED, _BESIDES = 2, timedelta(minutes=1)
_LEAST = timedelta(minutes=3)  # one that has much to send is asked more often, and each answer takes it longer
# Its bridge's will came, and the hello after that did not: it is no longer the bridge alone.
_MISSED_WITHOUT_BRIDGE = 1.5
DOWN_AFTER_SECONDS = 3600.0  # of school time
CLOCK_OFF_SECONDS = 300
LOW_STORAGE = frozenset({StorageWord.ESSENTIAL.value, StorageWord.SURVIVAL.value})
_HOUR = 3600.0
_USUAL_SECONDS = 60.0  # between two hellos
_PATIENT_SECONDS = 300.0
_JUDGED_FROM_SECONDS = 180.0  # of an hour that has hardly begun, nothing is said


class ApplianceState(StrEnum):
    """In the order in which people want them. `absent`: the school has none yet."""

    FENCED = "fenced"
    DOWN = "down"
    LATE = "late"
    NEW = "new"
    ABSENT = "absent"
    UP = "up"
    REVOKED = "revoked"


RANK: dict[ApplianceState, int] = {state: place for place, state in enumerate(ApplianceState)}


@dataclass(frozen=True, slots=True)
class Sign:
    """What is known of one appliance's life. `zone`: the school's. `poll_seconds`: when it was to say hello again.

    `busy_until`: heavy work was granted until then, during which it says nothing. `bridge_gone_at`: its bridge's will;
    None while the bridge is there, and where there never was one (the academy's network may forbid it).
    """

    standing: str
    hello_at: datetime | None
    zone: str
    poll_seconds: int = 60
    busy_until: datetime | None = None
    bridge_gone_at: datetime | None = None

    def answers_until(self) -> datetime | None:
        """From when on it is silent, if nothing more comes of it."""
        if self.hello_at is None:
            return None
        until = self.hello_at + max(timedelta(seconds=self.poll_seconds * _MISSED) + _BESIDES, _LEAST)
        if self.busy_until is not None:
            until = max(until, self.busy_until + _BESIDES)
        if self.bridge_gone_at is not None and self.bridge_gone_at > self.hello_at:
            until = min(until, self.hello_at + timedelta(seconds=self.poll_seconds * _MISSED_WITHOUT_BRIDGE))
        return until


def state_of(sign: Sign, now: datetime, closures: Sequence[Closure] = ()) -> ApplianceState:
    """`late`: it does not answer now; `down`: it has not for an hour of school time."""
    if sign.standing == Standing.FENCED:
        return ApplianceState.FENCED
    if sign.standing != Standing.ACTIVE:
        return ApplianceState.REVOKED
    until = sign.answers_until()
    if sign.hello_at is None or until is None:
        return ApplianceState.NEW
    if now <= until:
        return ApplianceState.UP
    worked = worked_seconds(sign.hello_at, now, zone_of(sign.zone), closures, DOWN_AFTER_SECONDS)
    return ApplianceState.DOWN if worked >= DOWN_AFTER_SECONDS else ApplianceState.LATE


def link_share(hellos: int, late_seconds: int, judged_seconds: float = _HOUR) -> float | None:
    """Quality of one hour, 0 to 1: how many of the hellos that were due came, less its longest silence.

    `judged_seconds`: how much of the hour counts, since the box was claimed and until now. None: too little of it to
    say anything, and nothing came. A box that was told to ask less often (up to every five minutes) is no worse.
    """
    if judged_seconds < _JUDGED_FROM_SECONDS:
        return 1.0 if hellos else None
    rhythm = max(_USUAL_SECONDS, min(float(late_seconds), _PATIENT_SECONDS))
    came = min(1.0, hellos * rhythm / (judged_seconds - _USUAL_SECONDS))  # the next one may be due at any moment
    silence = max(0.0, late_seconds - _PATIENT_SECONDS) / judged_seconds
    return round(max(0.0, came * (1.0 - min(1.0, silence))), 3)


def judged_seconds(hour: datetime, claimed_at: datetime | None, now: datetime) -> float:
    """How much of the hour that begins at `hour` lies between the claim and now."""
    begins = hour if claimed_at is None else max(hour, claimed_at)
    return (min(hour + timedelta(hours=1), now) - begins).total_seconds()


def disk_share(free: int, total: int) -> float | None:
    """How full it is, 0 to 1; None when it was never told."""
    return None if total <= 0 else min(1.0, max(0.0, 1 - free / total))
