"""Heavy work in turns: at most so many appliances catch up or send a snapshot at once; a turn ends by itself.

Called within the transaction of a hello.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import fn

from central.store.models import Appliance

POLL_SECONDS = 60
TURN_POLL_SECONDS = 30


@dataclass(frozen=True, slots=True)
class TurnRules:
    """`chance`: 0 to 1, drawn anew each time."""

    chance: Callable[[], float]
    at_once: int = 12
    life: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Turn:
    granted: bool
    until: datetime | None
    poll_seconds: int


def next_turn(rules: TurnRules, appliance: str, wants: bool, now: datetime) -> Turn:
    """Whoever is refused comes back at a moment of his own, the later the more are waiting."""
    if not wants:
        return Turn(True, None, POLL_SECONDS)
    held = Appliance.select(fn.COUNT(Appliance.id)).where((Appliance.turn_until > now) & (Appliance.id != appliance))
    if int(held.scalar() or 0) < rules.at_once:
        return Turn(True, now + rules.life, TURN_POLL_SECONDS)
    return Turn(False, None, POLL_SECONDS + int(rules.chance() * POLL_SECONDS))
