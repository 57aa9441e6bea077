"""Sends what waits: receipts at once, the rest gathered for some minutes and with a hello. Owns how much goes at once.

What a hello could not bring goes after it, lane by lane: after a trouble, and where there is much.

Only an answer that repeats the very batch is an acknowledgement. What the city refuses is halved until one record is
alone; that one is parked after three refusals, and the lane goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from appliance.clock import Clock
from appliance.services.city_wishes import is_quiet_now
from appliance.services.outbox import Limits, Outbox
from appliance.services.outbox_waiting import what_waits
from protocol.strict_json import Malformed
from protocol.uplink import Batch, BatchAnswer, digest_of, is_answer_to, parse_batch_answer
from protocol.uplink_words import Lane
from uplink.exchanging import Rider, rider_of
from uplink.gathering import Gathering
from uplink.line import Line
from uplink.trouble import Trouble, TroubleCode

REFUSALS = 3
SMALL = Limits(25, 16 * 1024)
LARGE = Limits(1000, 512 * 1024)  # well below what a body may have, whatever the envelopes add
RIDING = Limits(64, 64 * 1024)  # of each lane with a hello, at first
MOST_RIDING = Limits(250, 192 * 1024)  # all lanes together fit into one body
_OTHERS = (Lane.STATE, Lane.STATISTICS, Lane.LOGS)
_NOT_IN_QUIET_HOURS = frozenset((Lane.STATISTICS, Lane.LOGS))
_ITS_OWN_FAULT = (400, 413, 422, 500)  # sent again as it is, it would be answered the same again


@dataclass(slots=True)
class _Course:
    """Of one lane. `limits`: of its next batch; `refused`: how often its first record was, alone."""

    limits: Limits = SMALL
    seq: int = 0
    refused: int = 0


@dataclass(slots=True)
class Sending:
    outbox: Outbox
    clock: Clock
    _courses: dict[Lane, _Course] = field(default_factory=lambda: {lane: _Course() for lane in Lane})
    gathering: Gathering = field(default_factory=Gathering)
    _turn: int = 0
    _open: set[Lane] = field(default_factory=set)
    _riding: Limits = RIDING
    late: frozenset[Lane] = frozenset()  # as of the last look: the lanes of which all that waits is due
    _is_urgent: bool = False
    _is_alone: bool = False  # the next hello brings nothing: what is in the way shows better lane by lane

    def look(self, now: float) -> None:
        """Monotonic seconds. Before anything else is asked."""
        lanes = self._lanes()
        waiting = what_waits(lanes)
        self._is_urgent = waiting.is_urgent
        self.gathering.look(now, is_any=waiting.is_any)
        self.late = lanes if self.gathering.is_due(now) else frozenset()

    def _lanes(self) -> frozenset[Lane]:
        """Those that may go now."""
        return frozenset(Lane) - (_NOT_IN_QUIET_HOURS if is_quiet_now(self.clock.now()) else frozenset())

    def riders(self, now: float, *, turn: bool) -> list[Rider]:
        """What the next hello brings. Without a turn of the city little of each lane."""
        if self._is_alone or not self.gathering.is_due(now):
            return []
        lanes = self._lanes()
        limits = self._riding if turn and len(lanes) == len(Lane) else SMALL
        batches = [self.outbox.next_batch(lane, limits) for lane in sorted(lanes)]
        return [rider_of(batch) for batch in batches if batch is not None]

    def arrived(self, riders: Sequence[Rider]) -> bool:
        """What the city has acknowledged of them; whether it has any."""
        taken = [(rider, rider.up_to) for rider in riders if rider.up_to is not None]
        for rider, up_to in taken:
            batch = rider.batch
            told = BatchAnswer(batch.appliance, batch.epoch, batch.lane, up_to, digest_of(rider.body))
            self.outbox.acknowledge(told, self.clock.now())
        if taken:
            self._riding = _doubled(self._riding, MOST_RIDING)
        return bool(taken)

    def after_hello(self, now: float) -> None:
        """What is due and still there goes now."""
        self._is_alone = False
        self.look(now)
        self._open = set(Lane) if self.gathering.is_due(now) else set()

    def after_trouble(self) -> None:
        """A line that breaks often still gets something through: small batches first."""
        self._open.clear()
        self._is_alone, self._riding = True, RIDING
        self.gathering.hurry()
        for course in self._courses.values():
            course.limits = SMALL

    def receipts(self, line: Line) -> bool:
        if not (self._is_urgent or Lane.RECEIPTS in self._open):
            return False
        if self._send(line, Lane.RECEIPTS):
            return True
        self._open.discard(Lane.RECEIPTS)
        return False

    def others(self, line: Line, *, turn: bool) -> bool:
        """One batch of one lane, the lanes in turns. Without a turn of the city only one small batch each.

        In the city's quiet hours the line is the class's: only the state goes on, in small batches.
        """
        if is_quiet_now(self.clock.now()):
            turn = False
            self._open.difference_update(_NOT_IN_QUIET_HOURS)
        for _ in _OTHERS:
            lane = _OTHERS[self._turn % len(_OTHERS)]
            self._turn += 1
            if lane not in self._open:
                continue
            if not turn:
                self._courses[lane].limits = SMALL
                self._open.discard(lane)
            if self._send(line, lane):
                return True
            self._open.discard(lane)
        return False

    def _send(self, line: Line, lane: Lane) -> bool:
        course = self._courses[lane]
        batch = self.outbox.next_batch(lane, course.limits)
        if batch is None:
            return False
        rider = rider_of(batch)
        try:
            answer = _answer(line.batch(rider))
        except Trouble as trouble:
            if trouble.status not in _ITS_OWN_FAULT or not batch.records:
                raise
            self._refused(course, batch, trouble)
            if trouble.status == 500:
                raise  # a defect of the city's: not at once again
            return True
        if not is_answer_to(answer, batch, rider.body):
            raise Trouble(TroubleCode.FOREIGN, "an acknowledgement of another batch")
        self.outbox.acknowledge(answer, self.clock.now())
        course.limits = _doubled(course.limits, LARGE)
        return True

    def _refused(self, course: _Course, batch: Batch, trouble: Trouble) -> None:
        if len(batch.records) != 1:
            course.limits = Limits(max(1, len(batch.records) // 2), course.limits.bytes)
            return
        seq = batch.records[0].seq
        course.seq, course.refused = seq, course.refused + 1 if course.seq == seq else 1
        if course.refused >= REFUSALS:
            self.outbox.park(batch.lane, seq, trouble.detail or trouble.code.value, self.clock.now())
            course.limits = SMALL


def _answer(body: bytes) -> BatchAnswer:
    try:
        return parse_batch_answer(body)
    except Malformed as error:
        raise Trouble(TroubleCode.FOREIGN, str(error)) from error


def _doubled(limits: Limits, most: Limits) -> Limits:
    return Limits(min(most.records, limits.records * 2), min(most.bytes, limits.bytes * 2))
