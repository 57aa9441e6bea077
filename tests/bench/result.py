"""What a benchmark has to say: rows of a table, and everything it measured."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """`measured` and `reference` in words, with their units. `met` None: there is no goal, only a measurement."""

    what: str
    measured: str
    reference: str = ""
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        verdict = {True: "met", False: "missed", None: ""}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return self.what, self.measured, self.reference, ratio, self.goal, verdict


HEADINGS = ("what", "Préau", "reference", "ratio", "goal", "this run")


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    title: str
    rows: tuple[Row, ...]
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """How much, and where to say how far it is."""

    quick: bool
    tell: Callable[[str], None]

    def pick(self, whole: int, quick: int) -> int:
        return quick if self.quick else whole


def at_most(value: float, limit: float, unit: str = "×") -> dict[str, Any]:
    """The two fields of a row that say the goal and whether it was met."""
    return {"goal": f"≤ {limit:g}{unit}", "met": value <= limit}
