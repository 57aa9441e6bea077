"""The rules that open alerts, as tables."""

import pytest

from central.domain.alerts import (
    RANK,
    AlertKind,
    ApplianceFacts,
    BatteryTrouble,
    appliance_findings,
    battery_trouble,
)
from central.domain.fleet import ApplianceState

_UP = ApplianceState.UP


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ApplianceFacts(_UP), []),
        (ApplianceFacts(ApplianceState.LATE), []),
        (ApplianceFacts(ApplianceState.DOWN), [AlertKind.APPLIANCE_SILENT]),
        (ApplianceFacts(ApplianceState.FENCED), [AlertKind.FENCED]),
        (ApplianceFacts(_UP, storage="coarse"), []),
        (ApplianceFacts(_UP, storage="survival"), [AlertKind.STORAGE_LOW]),
        (ApplianceFacts(_UP, clock_ahead_seconds=-300), []),
        (ApplianceFacts(_UP, clock_ahead_seconds=-301), [AlertKind.CLOCK_OFF]),
        (ApplianceFacts(_UP, parked=1), [AlertKind.PARKED_RECORDS]),
        (ApplianceFacts(_UP, enrollments=0, failures=4), []),
        (ApplianceFacts(_UP, enrollments=0, failures=5), [AlertKind.ENROLLMENT_FAILURES]),
        (ApplianceFacts(_UP, enrollments=30, failures=5), []),  # a large day, a few mishaps
        (ApplianceFacts(_UP, unsaved_days=2), []),
        (ApplianceFacts(_UP, unsaved_days=3), [AlertKind.NO_SNAPSHOT]),
        (ApplianceFacts(_UP, is_too_large=True), [AlertKind.NO_SNAPSHOT]),
        (ApplianceFacts(ApplianceState.DOWN, unsaved_days=30), [AlertKind.APPLIANCE_SILENT]),
        (ApplianceFacts(ApplianceState.NEW, unsaved_days=30), []),
        (ApplianceFacts(ApplianceState.REVOKED, storage="survival", parked=3), []),
    ],
)
def test_what_an_appliance_opens(facts: ApplianceFacts, expected: list[AlertKind]) -> None:
    assert [one.kind for one in appliance_findings(facts)] == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], None),
        ([(5, 100)] * 2, None),
        ([(5, 100)] * 3, BatteryTrouble.DRAINS),
        ([(5, 100)] * 3 + [(60, 100)] * 3, None),  # it was changed: only the last five days count
        ([(5, 50)] * 5, None),  # began half full
        ([(20, 30)] * 5, BatteryTrouble.DOES_NOT_CHARGE),
        ([(20, 30)] * 4, None),
        ([(20, 30)] * 4 + [(20, 90)], None),
    ],
)
def test_what_a_batterys_days_say(days: list[tuple[int, int]], expected: BatteryTrouble | None) -> None:
    assert battery_trouble(days) is expected


def test_every_kind_has_its_rank() -> None:
    assert set(RANK) == {kind.value for kind in AlertKind}
