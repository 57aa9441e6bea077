"""All is well is said only when all is."""

import pytest

from central.domain.fleet import ApplianceState
from central.domain.morning import Counts, Verdict, verdict_of

_S, _V = ApplianceState, Verdict


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts({}), _V.EMPTY),
        (Counts({_S.UP: 4}), _V.WELL),
        (Counts({_S.UP: 3, _S.LATE: 1}), _V.SILENT),
        (Counts({_S.UP: 3, _S.DOWN: 1}), _V.SILENT),  # the alert has not been opened yet
        (Counts({_S.UP: 3, _S.ABSENT: 1}), _V.WAITING),
        (Counts({_S.UP: 3, _S.NEW: 1}), _V.WAITING),
        (Counts({_S.UP: 3, _S.REVOKED: 1}), _V.WAITING),
        (Counts({_S.UP: 3, _S.FENCED: 1}), _V.GRAVE),
        (Counts({_S.UP: 4}, grave=1, others=2), _V.GRAVE),
        (Counts({_S.UP: 4}, others=2), _V.TO_SEE),
        (Counts({_S.UP: 3, _S.LATE: 1}, others=2), _V.SILENT),
        (Counts({_S.UP: 4}, taken=1), _V.TAKEN),
    ],
)
def test_the_gravest_thing_is_said(counts: Counts, expected: Verdict) -> None:
    assert verdict_of(counts) is expected


@pytest.mark.parametrize("state", [state for state in ApplianceState if state is not _S.UP])
def test_one_school_whose_box_does_not_answer_and_all_is_not_well(state: ApplianceState) -> None:
    assert verdict_of(Counts({_S.UP: 999, state: 1})) is not _V.WELL
