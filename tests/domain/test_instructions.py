"""When an instruction is carried out, waited with or too late; and which state may follow which."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.instructions import FIRST, NEXT, OPEN, UNSURE_AGE, Decision, Situation, decide, may_follow
from protocol.uplink_words import CLASS_OF, InstructionKind, InstructionState, OrderClass

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
S = InstructionState
ALLOWED = {
    (S.RECEIVED, S.STARTED), (S.RECEIVED, S.FAILED), (S.RECEIVED, S.EXPIRED), (S.RECEIVED, S.CANCELED),
    (S.RECEIVED, S.UNKNOWN),
    (S.STARTED, S.DONE), (S.STARTED, S.FAILED), (S.STARTED, S.EXPIRED), (S.STARTED, S.CANCELED), (S.STARTED, S.UNKNOWN),
}  # fmt: skip


def situation(kind: InstructionKind, **changes: object) -> Situation:
    told: dict[str, object] = {"received_at": NOW - HOUR, "not_after": NOW + HOUR, "is_time_known": True, **changes}
    return Situation(kind=kind, **told)  # type: ignore[arg-type]  # any of its fields, by name


@pytest.mark.parametrize(("before", "then"), list(product(S, S)))
def test_each_pair_of_states(before: InstructionState, then: InstructionState) -> None:
    assert may_follow(before, then) is ((before, then) in ALLOWED)


def test_every_state_is_in_the_table_and_what_is_final_ends_there() -> None:
    assert set(NEXT) == set(S) and {S.RECEIVED, S.REFUSED} == FIRST
    assert {state for state in S if not NEXT[state]} == {state for state in S if state.is_final} == set(S) - set(OPEN)


@pytest.mark.parametrize("kind", InstructionKind)
def test_what_is_past_is_not_carried_out_whatever_it_is(kind: InstructionKind) -> None:
    for known in (True, False):
        late = situation(kind, not_after=NOW, is_time_known=known)
        assert decide(late, NOW) is Decision.EXPIRE


@pytest.mark.parametrize("kind", InstructionKind)
def test_while_the_time_is_unknown_only_what_is_routine_goes_on_and_not_for_long(kind: InstructionKind) -> None:
    is_routine = CLASS_OF[kind] is OrderClass.ROUTINE
    unsure = situation(kind, is_time_known=False)
    assert decide(unsure, NOW) is (Decision.START if is_routine else Decision.WAIT_CLOCK)
    old = situation(
        kind, is_time_known=False, received_at=NOW - UNSURE_AGE - timedelta(seconds=1), not_after=NOW + 30 * UNSURE_AGE
    )
    assert decide(old, NOW) is Decision.EXPIRE


def test_a_reboot_or_a_wipe_waits_for_the_end_of_the_lesson_unless_it_was_asked_even_then() -> None:
    for kind in (InstructionKind.REBOOT, InstructionKind.WIPE):
        assert decide(situation(kind, in_lesson=True), NOW) is Decision.WAIT_LESSON
        assert decide(situation(kind, in_lesson=True, even_in_lesson=True), NOW) is Decision.START
    assert decide(situation(InstructionKind.IDENTIFY, in_lesson=True), NOW) is Decision.START


def test_what_is_done_on_a_device_waits_for_it() -> None:
    assert decide(situation(InstructionKind.IDENTIFY, is_device_here=False), NOW) is Decision.WAIT_DEVICE
    assert decide(situation(InstructionKind.RENAME, is_device_here=False), NOW) is Decision.START


@given(
    st.sampled_from(InstructionKind), st.integers(-90, 90), st.integers(0, 90), st.booleans(), st.booleans(),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_nothing_is_ever_started_after_its_end_nor_a_heavy_one_at_an_unknown_time(  # noqa: PLR0913 - one a fact
    kind: InstructionKind, left: int, age: int, known: bool, here: bool, lesson: bool, even: bool
) -> None:
    given_now = situation(
        kind, not_after=NOW + timedelta(hours=left), received_at=NOW - timedelta(hours=age), is_time_known=known,
        is_device_here=here, in_lesson=lesson, even_in_lesson=even,
    )  # fmt: skip
    if decide(given_now, NOW) is Decision.START:
        assert left > 0
        assert known or (CLASS_OF[kind] is OrderClass.ROUTINE and age <= 24)
        assert not lesson or even or kind not in (InstructionKind.REBOOT, InstructionKind.WIPE)
