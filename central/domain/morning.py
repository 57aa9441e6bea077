"""What the first line of the morning may say: the gravest thing that is so, and « all is well » only when all is.

Rules only: counts come in, the page finds the words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from central.domain.fleet import ApplianceState

SILENT = (ApplianceState.LATE,)
"""Boxes of which no alert tells: `ApplianceState.DOWN` has one of its own."""
WITHOUT = (ApplianceState.NEW, ApplianceState.ABSENT, ApplianceState.REVOKED)
"""Schools that no box serves."""


class Verdict(StrEnum):
    """The gravest first."""

    EMPTY = "empty"  # no school at all
    GRAVE = "grave"  # somebody must go, or decide, today
    SILENT = "silent"  # a box does not answer now; not for long enough yet to send anybody
    TO_SEE = "to_see"  # alerts that can wait
    WAITING = "waiting"  # schools whose box has never come, or was revoked
    TAKEN = "taken"  # nothing that nobody looks after
    WELL = "well"  # every school has a box that answers, and no alert is open


@dataclass(frozen=True, slots=True)
class Counts:
    """`grave`, `others`: alerts that nobody has taken; `taken`: those that somebody has."""

    states: Mapping[ApplianceState, int]
    grave: int = 0
    others: int = 0
    taken: int = 0

    def of(self, *states: ApplianceState) -> int:
        return sum(self.states.get(state, 0) for state in states)

    @property
    def silent(self) -> int:
        return self.of(ApplianceState.LATE, ApplianceState.DOWN)

    @property
    def without(self) -> int:
        return self.of(*WITHOUT)


def verdict_of(counts: Counts) -> Verdict:
    found = [
        (not any(counts.states.values()), Verdict.EMPTY),
        (counts.grave > 0 or counts.of(ApplianceState.FENCED) > 0, Verdict.GRAVE),
        (counts.silent > 0, Verdict.SILENT),
        (counts.others > 0, Verdict.TO_SEE),
        (counts.without > 0, Verdict.WAITING),
        (counts.taken > 0, Verdict.TAKEN),
    ]
    return next((verdict for is_so, verdict in found if is_so), Verdict.WELL)
