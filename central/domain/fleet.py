"""The state of a school's appliance, as the city sees it: from when it said hello, and from the school's own hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from central.domain.school_days import Closure, worked_seconds, zone_of
from protocol.uplink_words import Standing, StorageWord

UP_FOR = timedelta(minutes=6)  # a box asks once a minute, or every five when it was told so
DOWN_AFTER_SECONDS = 3600.0  # of school time
CLOCK_OFF_SECONDS = 300
LOW_STORAGE = frozenset({StorageWord.ESSENTIAL.value, StorageWord.SURVIVAL.value})
_HOUR = 3600.0
_USUAL_SECONDS = 60.0  # between two hellos
_PATIENT_SECONDS = 300.0


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
    """What is known of one appliance's life. `zone`: the school's."""

    standing: str
    hello_at: datetime | None
    zone: str


def state_of(sign: Sign, now: datetime, closures: Sequence[Closure] = ()) -> ApplianceState:
    """`late`: silent, but hardly while the school was at work; `down`: silent for an hour of school time."""
    if sign.standing == Standing.FENCED:
        return ApplianceState.FENCED
    if sign.standing != Standing.ACTIVE:
        return ApplianceState.REVOKED
    if sign.hello_at is None:
        return ApplianceState.NEW
    if now - sign.hello_at <= UP_FOR:
        return ApplianceState.UP
    worked = worked_seconds(sign.hello_at, now, zone_of(sign.zone), closures, DOWN_AFTER_SECONDS)
    return ApplianceState.DOWN if worked >= DOWN_AFTER_SECONDS else ApplianceState.LATE


def link_share(hellos: int, late_seconds: int) -> float:
    """Quality of one hour, 0 to 1: how many of the hellos that were due came, less its longest silence.

    A box that was told to ask less often (up to every five minutes) is not worse for it.
    """
    rhythm = max(_USUAL_SECONDS, min(float(late_seconds), _PATIENT_SECONDS))
    came = min(1.0, hellos * rhythm / _HOUR)
    silence = max(0.0, late_seconds - _PATIENT_SECONDS) / _HOUR
    return round(max(0.0, came * (1.0 - silence)), 3)


def disk_share(free: int, total: int) -> float | None:
    """How full it is, 0 to 1; None when it was never told."""
    return None if total <= 0 else min(1.0, max(0.0, 1 - free / total))
