"""Sends what waits: receipts first, at once; the other lanes share, after each hello. Owns how much goes in one batch.

Only an answer that repeats the very batch is an acknowledgement. What the city refuses is halved until one record is
alone; that one is parked after three refusals, and the lane goes on.
"""

from dataclasses import dataclass, field

from appliance.clock import Clock
from appliance.services.city_wishes import is_quiet_now
from appliance.services.outbox import Limits, Outbox
from protocol.strict_json import Malformed
from protocol.uplink import Batch, BatchAnswer, encode_batch, is_answer_to, parse_batch_answer
from protocol.uplink_words import Lane
from uplink.line import Line
from uplink.trouble import Trouble, TroubleCode

REFUSALS = 3
SMALL = Limits(25, 16 * 1024)
LARGE = Limits(1000, 512 * 1024)  # well below what a body may have, whatever the envelopes add
_OTHERS = (Lane.STATE, Lane.STATISTICS, Lane.LOGS)
_NOT_IN_QUIET_HOURS = (Lane.STATISTICS, Lane.LOGS)
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
    _turn: int = 0
    _open: set[Lane] = field(default_factory=set)

    def after_hello(self) -> None:
        """The other lanes are looked at again."""
        self._open = set(_OTHERS)

    def after_trouble(self) -> None:
        """A line that breaks often still gets something through: small batches first."""
        self._open.clear()
        for course in self._courses.values():
            course.limits = SMALL

    def receipts(self, line: Line) -> bool:
        return self._send(line, Lane.RECEIPTS)

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
        body = encode_batch(batch)
        try:
            answer = _answer(line.post_packed("batch", body, "batch", lane).body)
        except Trouble as trouble:
            if trouble.status not in _ITS_OWN_FAULT or not batch.records:
                raise
            self._refused(course, batch, trouble)
            if trouble.status == 500:
                raise  # a defect of the city's: not at once again
            return True
        if not is_answer_to(answer, batch, body):
            raise Trouble(TroubleCode.FOREIGN, "an acknowledgement of another batch")
        self.outbox.acknowledge(answer, self.clock.now())
        course.limits = _doubled(course.limits)
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


def _doubled(limits: Limits) -> Limits:
    return Limits(min(LARGE.records, limits.records * 2), min(LARGE.bytes, limits.bytes * 2))
