"""What deserves a person's attention: kinds of alerts, how grave they are, and the rules that open them.

Rules only: facts come in as values. An alert is open as long as its rule says so; it closes by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from central.domain.fleet import CLOCK_OFF_SECONDS, LOW_STORAGE, ApplianceState


class AlertKind(StrEnum):
    """The gravest first: this is the order in which they are told."""

    FENCED = "fenced"
    APPLIANCE_SILENT = "appliance_silent"
    STORAGE_LOW = "storage_low"
    NO_SNAPSHOT = "no_snapshot"
    CLOCK_OFF = "clock_off"
    ENROLLMENT_FAILURES = "enrollment_failures"
    PARKED_RECORDS = "parked_records"
    DEVICE_SILENT = "device_silent"
    BATTERY_FAILING = "battery_failing"


RANK: dict[str, int] = {kind.value: place for place, kind in enumerate(AlertKind)}
GRAVE = frozenset({AlertKind.FENCED, AlertKind.APPLIANCE_SILENT, AlertKind.STORAGE_LOW})
OF_DEVICES = frozenset({AlertKind.DEVICE_SILENT, AlertKind.BATTERY_FAILING})


class BatteryTrouble(StrEnum):
    DRAINS = "drains"  # full in the morning, empty the same day
    DOES_NOT_CHARGE = "does_not_charge"


_LOOKED_AT_DAYS = 5  # the last days of which something is known
NEEDED_DAYS = 3
UNSAVED_DAYS = 3  # a box sends one a day: what dies after that takes more than a bad day's work with it
_FULL = 80
_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a city may set. `silent_days`: school days; `battery_empty`, `battery_weak`: percent."""

    silent_days: int = 10
    enrollment_failures: int = 5  # within two school days
    battery_empty: int = 10  # a day ends so, that began full
    battery_weak: int = 35  # no day goes above


USUAL = Thresholds()


@dataclass(frozen=True, slots=True)
class ApplianceFacts:
    """`parked`: records that could not be applied. `enrollments`, `failures`: of the last two school days.

    `unsaved_days`: school days without a backup of the school here. `is_too_large`: the box says why.
    """

    state: ApplianceState
    storage: str = "normal"
    clock_ahead_seconds: int = 0
    parked: int = 0
    enrollments: int = 0
    failures: int = 0
    unsaved_days: int = 0
    is_too_large: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be open now. `detail`: numbers and words for the sentence."""

    kind: AlertKind
    detail: Mapping[str, object] = field(default_factory=dict)


def appliance_findings(facts: ApplianceFacts, limits: Thresholds = USUAL) -> list[Finding]:
    if facts.state is ApplianceState.REVOKED:
        return []
    found = [
        (facts.state is ApplianceState.FENCED, Finding(AlertKind.FENCED)),
        (facts.state is ApplianceState.DOWN, Finding(AlertKind.APPLIANCE_SILENT)),
        (_is_unsaved(facts), Finding(AlertKind.NO_SNAPSHOT, _unsaved(facts))),
        (facts.storage in LOW_STORAGE, Finding(AlertKind.STORAGE_LOW, {"storage": facts.storage})),
        (
            abs(facts.clock_ahead_seconds) > CLOCK_OFF_SECONDS,
            Finding(AlertKind.CLOCK_OFF, {"seconds": facts.clock_ahead_seconds}),
        ),
        (_fails_often(facts, limits), Finding(AlertKind.ENROLLMENT_FAILURES, {"count": facts.failures})),
        (facts.parked > 0, Finding(AlertKind.PARKED_RECORDS, {"count": facts.parked})),
    ]
    return [finding for is_so, finding in found if is_so]


def _is_unsaved(facts: ApplianceFacts) -> bool:
    """Of a box that is silent, its silence is told."""
    answers = facts.state in (ApplianceState.UP, ApplianceState.LATE)
    return answers and (facts.unsaved_days >= UNSAVED_DAYS or facts.is_too_large)


def _unsaved(facts: ApplianceFacts) -> dict[str, object]:
    return {"days": facts.unsaved_days, **({"reason": "too_large"} if facts.is_too_large else {})}


def _fails_often(facts: ApplianceFacts, limits: Thresholds) -> bool:
    tried = facts.enrollments + facts.failures
    return facts.failures >= limits.enrollment_failures and facts.failures >= _SHARE * tried


def battery_trouble(days: Sequence[tuple[int, int]], limits: Thresholds = USUAL) -> BatteryTrouble | None:
    """`days`: (lowest, highest) percent of each day that is known, the latest last."""
    last = days[-_LOOKED_AT_DAYS:]
    if sum(highest >= _FULL and lowest <= limits.battery_empty for lowest, highest in last) >= NEEDED_DAYS:
        return BatteryTrouble.DRAINS
    if len(last) == _LOOKED_AT_DAYS and all(highest <= limits.battery_weak for _, highest in last):
        return BatteryTrouble.DOES_NOT_CHARGE
    return None
