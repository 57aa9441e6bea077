"""Instructions of the city: taken once each, carried out at most once, told back in the transaction of each change.

Owns their rows and receipts. `started` is committed before the act; who comes after a kill looks at the world first.
Signatures are the caller's to check (`Verifier`); what the acts do is `instruction_acts`'.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.domain.instructions import (
    NOT_IN_A_LESSON,
    ON_A_DEVICE,
    OPEN,
    Decision,
    Situation,
    Verifier,
    decide,
    may_follow,
)
from appliance.errors import PreauError
from appliance.services.device_orders import is_in_lesson
from appliance.services.instruction_acts import Acts, Settled
from appliance.services.instruction_intake import Intake, Judge, order_of
from appliance.services.journal import record
from appliance.services.outbox import put
from appliance.store.city_models import RESTORED, Instruction
from appliance.store.models import database
from protocol.uplink_orders import Order, ReceiptBody, encode_receipt
from protocol.uplink_words import InstructionKind, InstructionState, RecordType

_MOST_TRIES = 3
_TOLD = frozenset({InstructionState.DONE, InstructionState.FAILED, InstructionState.CANCELED})


class _Overtaken(Exception):
    """The row is no longer as it was read."""


class Instructions:
    """`believed`: the city's own time, by which its orders are judged; None: not told since the box was started."""

    def __init__(self, clock: Clock, acts: Acts, believed: Callable[[], datetime | None]) -> None:
        self._clock = clock
        self._acts = acts
        self._believed = believed
        self._intake = Intake()

    def take(self, raw: Mapping[str, object], verify: Verifier) -> int:
        """One envelope as it came; how many instructions of it were taken. What is refused is told, and why."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            return self._intake.take(raw, Judge(verify, self._believed() or now), now)

    def refused(self) -> dict[str, int]:
        """How many were ever refused, by reason."""
        return self._intake.refused()

    def listed(self, limit: int = 50) -> list[Instruction]:
        """Newest first, for the page."""
        return list(Instruction.select().order_by(Instruction.received_at.desc(), Instruction.id.desc()).limit(limit))

    def step(self) -> bool:
        """One look at all that are open; True when any of them moved."""
        rows = list(Instruction.select().where(Instruction.state.in_(OPEN)).order_by(Instruction.received_at))
        moved = [self._look_at(row) for row in rows]
        return any(moved)

    def _look_at(self, row: Instruction) -> bool:
        try:
            return self._advance(row)
        except _Overtaken:
            return False

    def _advance(self, row: Instruction) -> bool:
        now, believed = self._clock.now(), self._believed()
        if row.detail == RESTORED:
            return _finish(row, Settled(InstructionState.UNKNOWN, RESTORED), now)
        if row.state == InstructionState.STARTED:
            return self._go_on(row, now)
        order, kind = order_of(row), InstructionKind(row.kind)
        if kind is InstructionKind.CANCEL:
            return self._cancel(row, order, now)
        decision = decide(self._situation(row, order, is_time_known=believed is not None), believed or now)
        if decision is Decision.START:
            return self._start(row, _in_our_time(order, now - (believed or now)), now)
        if decision is Decision.EXPIRE:
            return _finish(row, Settled(InstructionState.EXPIRED, row.detail), now)
        return _wait(row, decision, now)

    def _situation(self, row: Instruction, order: Order, *, is_time_known: bool) -> Situation:
        kind = InstructionKind(row.kind)
        return Situation(
            kind=kind,
            received_at=row.received_at,
            not_after=row.not_after,
            is_time_known=is_time_known,
            is_device_here=kind not in ON_A_DEVICE or self._acts.is_here(order.device),
            in_lesson=kind in NOT_IN_A_LESSON and is_in_lesson(order.device),
            even_in_lesson=order.args.get("during_lesson") is True,
        )

    def _start(self, row: Instruction, order: Order, now: datetime) -> bool:
        kind = InstructionKind(row.kind)
        detail = "during_lesson" if kind in NOT_IN_A_LESSON and is_in_lesson(order.device) else ""
        try:
            with database.atomic("IMMEDIATE"):
                progress = {**self._acts.prepare(order, kind, now), "tries": 1}
                _move(row, Settled(InstructionState.STARTED, detail), now, progress)
        except PreauError as error:
            return _finish(row, Settled(InstructionState.FAILED, error.code), now)
        if kind in self._acts.by_kind:
            return self._act(row, order, now)
        self._acts.hurry()
        return True

    def _act(self, row: Instruction, order: Order, now: datetime) -> bool:
        try:
            settled = self._acts.by_kind[InstructionKind(row.kind)](order, now)
        except PreauError as error:
            settled = Settled(InstructionState.FAILED, error.code)
        return _finish(row, settled, now)

    def _go_on(self, row: Instruction, now: datetime) -> bool:
        """Started before: by this process, which waits for a device, or by one that was killed."""
        order, kind, progress = order_of(row), InstructionKind(row.kind), dict(row.progress or {})
        if kind not in self._acts.by_kind:
            settled = self._acts.follow(kind, order.device, progress)
            return settled is not None and _finish(row, settled, now)
        tries = int(progress.get("tries", 1))
        if tries >= _MOST_TRIES:  # it has brought the process down each time
            return _finish(row, Settled(InstructionState.UNKNOWN, "interrupted"), now)
        Instruction.update(progress={**progress, "tries": tries + 1}).where(Instruction.id == row.id).execute()
        return self._act(row, order, now)

    def _cancel(self, row: Instruction, order: Order, now: datetime) -> bool:
        """All in one transaction: what is canceled and that it was."""
        with database.atomic("IMMEDIATE"):
            target = Instruction.get_or_none(Instruction.id == str(order.args.get("instruction")))
            _move(row, Settled(InstructionState.STARTED), now, {})
            return _finish(row, self._canceled(target, now), now)

    def _canceled(self, target: Instruction | None, now: datetime) -> Settled:
        if target is None:
            return Settled(InstructionState.FAILED, "unknown_instruction")
        is_waiting = target.state == InstructionState.RECEIVED and target.kind != InstructionKind.CANCEL
        is_unsent = target.state == InstructionState.STARTED and self._acts.withdraw(target.progress or {}, now)
        if not (is_waiting or is_unsent):
            return Settled(InstructionState.FAILED, f"too_late:{target.state}")
        _finish(target, Settled(InstructionState.CANCELED), now)
        return Settled(InstructionState.DONE)


def _in_our_time(order: Order, ahead: timedelta) -> Order:
    """`ahead`: of the hub's clock, which devices go by, before the city's."""
    return replace(order, not_after=order.not_after + ahead)


def _wait(row: Instruction, decision: Decision, now: datetime) -> bool:
    if row.detail == decision:
        return False
    with database.atomic("IMMEDIATE"):
        Instruction.update(detail=decision).where(Instruction.id == row.id).execute()
        _tell(ReceiptBody(row.id, InstructionState.RECEIVED, now, decision.value))
    return True


def _finish(row: Instruction, settled: Settled, now: datetime) -> bool:
    with database.atomic("IMMEDIATE"):
        _move(row, settled, now, None)
        if settled.state in _TOLD:
            target = f"device:{order_of(row).device}" if order_of(row).device else ""
            record(
                now, "city", f"instruction.{settled.state}", target,
                kind=row.kind, by=row.by, instruction=row.id, detail=settled.detail,
            )  # fmt: skip
    return True


def _move(row: Instruction, settled: Settled, now: datetime, progress: Mapping[str, object] | None) -> None:
    """In the caller's transaction, which is rolled back when somebody else was faster."""
    before = InstructionState(row.state)
    if not may_follow(before, settled.state):
        raise ValueError(f"{before} -> {settled.state}")
    values: dict[str, object] = {"state": settled.state.value, "detail": settled.detail}
    if progress is not None:
        values["progress"] = dict(progress)
    values["finished_at" if settled.state.is_final else "started_at"] = now
    here = (Instruction.id == row.id) & (Instruction.state == before)
    if not Instruction.update(values).where(here).execute():
        raise _Overtaken
    _tell(ReceiptBody(row.id, settled.state, now, settled.detail))
    for name, value in values.items():
        setattr(row, name, value)


def _tell(receipt: ReceiptBody) -> None:
    put(receipt.at, RecordType.RECEIPT, encode_receipt(receipt))
