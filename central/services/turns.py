"""Heavy work in turns: at most so many appliances catch up or send a snapshot at once; a turn ends by itself.

It counts for as long as its work should take: whoever needs longer asks again, and is let go on or told to wait.

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
    at_once: int = 32
    records_a_second: int = 250  # over a poor line
    shortest: timedelta = timedelta(seconds=4)
    longest: timedelta = timedelta(minutes=10)
    snapshot: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Work:
    """What an appliance says is heavy, and how many records wait there."""

    heavy: tuple[str, ...]
    records: int


@dataclass(frozen=True, slots=True)
class Turn:
    granted: bool
    until: datetime | None
    poll_seconds: int


def next_turn(rules: TurnRules, appliance: str, work: Work, now: datetime) -> Turn:
    """Whoever is refused comes back at a moment of his own."""
    if not work.heavy:
        return Turn(True, None, POLL_SECONDS)
    held = Appliance.select(fn.COUNT(Appliance.id)).where((Appliance.turn_until > now) & (Appliance.id != appliance))
    if int(held.scalar() or 0) < rules.at_once:
        return Turn(True, now + _life(rules, work), TURN_POLL_SECONDS)
    return Turn(False, None, POLL_SECONDS + int(rules.chance() * POLL_SECONDS))


def _life(rules: TurnRules, work: Work) -> timedelta:
    seconds = min(work.records / rules.records_a_second, rules.longest.total_seconds())
    life = max(rules.shortest, timedelta(seconds=seconds))
    return min(rules.longest, life + (rules.snapshot if "snapshot" in work.heavy else timedelta()))
