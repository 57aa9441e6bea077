"""Once a day: does the city hold what the box says? What differs is written again (protocol/uplink_reconcile.py)."""

from appliance.clock import Clock
from appliance.services.outbox import Outbox
from protocol.strict_json import Malformed
from protocol.uplink_reconcile import (
    Comparison,
    ComparisonAnswer,
    bucket_digests,
    different_keys,
    encode_comparison,
    parse_comparison_answer,
    whole_digest,
)
from uplink.line import Line, note_reconciled
from uplink.trouble import Trouble, TroubleCode

_CURSOR_MOVED = 409


class Reconciling:
    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    def step(self, line: Line, done_on: str) -> bool:
        """`done_on`: the day of the last comparison. Waits until the state lane is acknowledged to its end."""
        today = self._clock.now().date().isoformat()
        sender, up_to = self._outbox.sender(), self._outbox.state_cursor()
        if done_on == today or sender is None or up_to is None:
            return False
        own = self._outbox.state_hashes()
        buckets = bucket_digests(own)
        asked = Comparison(sender.appliance, sender.epoch, up_to, whole_digest(buckets))
        try:
            answer = _ask(line, asked)
            if not answer.same:
                with_buckets = Comparison(asked.appliance, asked.epoch, up_to, asked.whole, buckets)
                self._mend(own, _ask(line, with_buckets))
        except Trouble as trouble:
            if trouble.status == _CURSOR_MOVED:
                return False  # something was written meanwhile: after the next batch
            raise
        note_reconciled(today)
        return True

    def _mend(self, own: dict[str, str], answer: ComparisonAnswer) -> None:
        different, gone = different_keys(own, answer)
        if different or gone:
            self._outbox.put_again(different, gone, self._clock.now())


def _ask(line: Line, asked: Comparison) -> ComparisonAnswer:
    try:
        answer = parse_comparison_answer(line.post_packed("reconcile", encode_comparison(asked), "reconcile").body)
    except Malformed as error:
        raise Trouble(TroubleCode.FOREIGN, str(error)) from error
    if (answer.appliance, answer.epoch) != (asked.appliance, asked.epoch):
        raise Trouble(TroubleCode.FOREIGN, "an answer to another comparison")
    return answer
