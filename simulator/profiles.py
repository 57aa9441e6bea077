"""The kinds of device that a class has, the awkward ones included: each a name that can be asked for.

A profile changes some fields of a behaviour; `old+slow` has both. Data and how it is combined, nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from protocol.device import Capability


class Profile(StrEnum):
    STEADY = "steady"
    FLAKY = "flaky"
    OLD = "old"
    SLOW = "slow"
    DUPLICATES = "duplicates"
    RESTARTS = "restarts"
    WRONG_CLOCK = "wrong-clock"
    LOW_BATTERY = "low-battery"
    OFFLINE = "offline"
    HAND_RAISER = "hand-raiser"
    FULL_STORAGE = "full-storage"
    SLEEPY = "sleepy"
    IDLE = "idle"


class Act(StrEnum):
    """What happens to a device by itself, without the hub."""

    CHANGE_APP = "change_app"
    RAISE_HAND = "raise_hand"
    LOWER_HAND = "lower_hand"
    GO_AWAY = "go_away"
    COME_BACK = "come_back"
    FALL_ASLEEP = "fall_asleep"
    WAKE_UP = "wake_up"
    RESTART = "restart"


Span = tuple[float, float]  # seconds, from and to


@dataclass(frozen=True)
class Habit:
    """An act that recurs, and the act that ends it where it lasts. `first`: when, where that is sooner than usual."""

    every: Span
    undo: Act | None = None
    lasts: Span = (0.0, 0.0)
    first: Span | None = None


_CHILD: dict[Act, Habit] = {
    Act.CHANGE_APP: Habit((120.0, 480.0), first=(1.0, 15.0)),
    Act.RAISE_HAND: Habit((900.0, 3600.0), Act.LOWER_HAND, (10.0, 60.0)),
}


@dataclass(frozen=True)
class Behaviour:
    missing: frozenset[Capability] = frozenset()
    is_old_model: bool = False
    answers_after: Span = (0.0, 0.0)
    copies: int = 1
    clock_wrong_by: timedelta = timedelta(0)
    battery: Span = (45.0, 96.0)
    drain_per_hour: float = 11.0
    storage_is_full: bool = False
    stays_away: bool = False
    habits: dict[Act, Habit] = field(default_factory=dict)


_CHANGES: dict[Profile, dict[str, Any]] = {
    Profile.STEADY: {"habits": _CHILD},
    Profile.FLAKY: {"habits": _CHILD | {Act.GO_AWAY: Habit((45.0, 180.0), Act.COME_BACK, (5.0, 30.0))}},
    Profile.OLD: {"missing": frozenset({Capability.CAMERA}), "is_old_model": True, "habits": _CHILD},
    Profile.SLOW: {"answers_after": (3.0, 8.0), "habits": _CHILD},
    Profile.DUPLICATES: {"copies": 2, "habits": _CHILD},
    Profile.RESTARTS: {"habits": _CHILD | {Act.RESTART: Habit((90.0, 300.0))}},
    Profile.WRONG_CLOCK: {"clock_wrong_by": timedelta(days=-366), "habits": _CHILD},
    Profile.LOW_BATTERY: {"battery": (7.0, 12.0), "drain_per_hour": 25.0, "habits": _CHILD},
    Profile.OFFLINE: {"stays_away": True},
    Profile.HAND_RAISER: {"habits": _CHILD | {Act.RAISE_HAND: Habit((30.0, 120.0), Act.LOWER_HAND, (15.0, 45.0))}},
    Profile.FULL_STORAGE: {"storage_is_full": True, "habits": _CHILD},
    Profile.SLEEPY: {"habits": _CHILD | {Act.FALL_ASLEEP: Habit((120.0, 300.0), Act.WAKE_UP, (100.0, 240.0))}},
    # Does nothing by itself: for benchmarks and for tests that wait for one fact.
    Profile.IDLE: {},
}

# Sixteen would be one cart too many: mostly healthy, with one of each trouble that a teacher meets in a week.
CLASS = (
    "steady", "steady", "hand-raiser", "offline", "steady",
    "steady", "slow", "steady", "low-battery", "steady",
    "old", "steady", "flaky", "steady", "steady",
)  # fmt: skip


class UnknownProfile(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"profil inconnu : « {name} » (connus : {', '.join(Profile)})")


def parse_profile(name: str) -> Behaviour:
    """One profile, or several joined by `+`: what a later one changes wins, habits add up."""
    behaviour = Behaviour()
    for part in name.split("+"):
        try:
            changes = _CHANGES[Profile(part.strip())]
        except ValueError:
            raise UnknownProfile(part) from None
        habits = behaviour.habits | changes.get("habits", {})
        behaviour = replace(behaviour, **{**changes, "habits": habits})
    return behaviour


def assign(names: Sequence[str], count: int) -> list[str]:
    """A profile for each device, in rotation; without names, a realistic class."""
    rotation = tuple(names) or CLASS
    return [rotation[index % len(rotation)] for index in range(count)]
