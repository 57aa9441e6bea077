"""When to try again: pure rules. Knows neither a clock nor a line; chance is a parameter.

A thousand boxes lose the city in the same second. The first try is anywhere in two minutes, the next ones drift apart
(decorrelated jitter), and only five minutes without trouble make a loss a new one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

FIRST_SECONDS = 120.0
SHORTEST_SECONDS = 10.0
LONGEST_SECONDS = 900.0
STABLE_SECONDS = 300.0
LONGEST_ASKED_SECONDS = 3600.0  # a server that asks for more is asked again all the same
_SPREAD = 0.25  # those who were all told the same moment do not come back in the same

Chance = Callable[[float, float], float]  # random.uniform


@dataclass(frozen=True, slots=True)
class Tries:
    """`pause`: of the last trouble of this story, 0 when there is none. `good_since`: monotonic seconds."""

    pause: float = 0.0
    good_since: float | None = None


def after_success(tries: Tries, now: float) -> Tries:
    since = now if tries.good_since is None else tries.good_since
    if now - since >= STABLE_SECONDS:
        return Tries(0.0, since)
    return replace(tries, good_since=since)


def after_trouble(tries: Tries, chance: Chance, asked: float | None = None) -> tuple[Tries, float]:
    """The new state, and how many seconds to wait. `asked`: Retry-After."""
    if tries.pause <= 0:
        pause = chance(0.0, FIRST_SECONDS)
    else:
        pause = min(LONGEST_SECONDS, chance(SHORTEST_SECONDS, max(SHORTEST_SECONDS, tries.pause * 3)))
    kept = max(pause, SHORTEST_SECONDS)
    if asked is not None:
        least = min(max(asked, 0.0), LONGEST_ASKED_SECONDS)
        pause = max(pause, least * chance(1.0, 1.0 + _SPREAD))
    return Tries(kept), pause


def spread(seconds: float, chance: Chance) -> float:
    """A regular look, a little before or after its time, so that boxes do not march in step."""
    return seconds * chance(0.9, 1.1)
