"""What a check has to say: how bad, about what, and which sentence tells it and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    PROBLEM = "problem"  # something does not work
    NOTICE = "notice"  # works, and somebody should look
    GOOD = "good"


class State(StrEnum):
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"


_ORDER = (Severity.PROBLEM, Severity.NOTICE, Severity.GOOD)


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` chooses the sentence and the advice; `params` fill their blanks. `stops`: no lesson can be held."""

    severity: Severity
    code: str
    params: dict[str, object] = field(default_factory=dict)
    stops: bool = False


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def state_of(findings: Iterable[Finding]) -> State:
    """In one word, for whoever only asks whether it works."""
    seen = list(findings)
    if any(finding.stops for finding in seen):
        return State.DOWN
    return State.DEGRADED if any(finding.severity is Severity.PROBLEM for finding in seen) else State.UP
