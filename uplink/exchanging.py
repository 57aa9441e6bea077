"""Hellos with what waits, and single batches, on a chain; written down as they are before they are folded.

Owns which of a hello's batches the city's answer acknowledges: anything that is not its word on these very bytes does
not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.services.exchange_log import ExchangeLog, Sent
from protocol.strict_json import Malformed, write_object
from protocol.uplink import MAX_BODY_BYTES, Batch, encode_batch
from protocol.uplink_exchange import (
    Exchange,
    ExchangeAnswer,
    FoldedBatch,
    digest_of_all,
    encode_exchange,
    encode_folded_batch,
    parse_exchange_answer,
)
from protocol.uplink_folding import Known, Value, Whose, fold, known_after, unchanged
from protocol.uplink_hello import Hello, encode_hello
from uplink.chained import Chained, Question
from uplink.trouble import Trouble, TroubleCode


@dataclass(slots=True)
class Rider:
    """A batch on its way: `body` as it would go alone. `up_to`: what the city has acknowledged of it."""

    batch: Batch
    body: bytes
    up_to: int | None = None

    @property
    def whose(self) -> Whose:
        return Whose(self.batch.appliance, self.batch.epoch)


def rider_of(batch: Batch) -> Rider:
    return Rider(batch, encode_batch(batch))


class Exchanging:
    def __init__(self, chained: Chained, log: ExchangeLog, clock: Clock) -> None:
        self._chained = chained
        self._log = log
        self._clock = clock

    def hello(self, hello: Hello, riders: Sequence[Rider]) -> ExchangeAnswer:
        """What came of the riders is written at them. Raises Trouble."""
        told: list[ExchangeAnswer] = []
        noted = _Noted(self._log, self._clock, riders)

        def write(known: Known) -> bytes:
            noted.folded = _all_folded(riders, known)
            return encode_exchange(Exchange(hello, tuple(noted.folded)))

        def read(raw: bytes) -> Sequence[bytes]:
            answer = _parsed(raw)
            told.append(answer)
            return _acknowledged(answer, hello, riders)

        plain, outcome, size = encode_hello(hello), "no answer", 0
        try:
            size = self._chained.ask(Question("exchange", write, read, noted.goes))
            outcome = "200"
        except Trouble as trouble:
            outcome = str(trouble.status or trouble.code)
            raise
        finally:
            self._log.only(Sent("hello", plain, len(plain), noted.rest_of(size)), outcome, self._clock.now())
            noted.comes(outcome)
        return told[-1]

    def batch(self, rider: Rider, headers: Mapping[str, str]) -> bytes:
        """The answer, still to be judged. Raises Trouble."""
        told: list[bytes] = []
        noted = _Noted(self._log, self._clock, [rider])

        def write(known: Known) -> bytes:
            noted.folded = _all_folded([rider], known)
            return encode_folded_batch(FoldedBatch(rider.whose, noted.folded[0]))

        def read(raw: bytes) -> Sequence[bytes]:
            told.append(raw)
            return (rider.body,)

        outcome = "no answer"
        try:
            self._chained.ask(Question("batch", write, read, noted.goes, headers))
            outcome = "200"
        except Trouble as trouble:
            outcome = str(trouble.status or trouble.code)
            raise
        finally:
            rider.up_to = rider.batch.up_to if outcome == "200" else None
            noted.comes(outcome)
        return told[-1]


def _all_folded(riders: Sequence[Rider], known: Known) -> list[Value]:
    """Each after the ones before it."""
    folded: list[Value] = []
    for rider in riders:
        folded.append(fold(rider.body, rider.whose, known) or unchanged(rider.body))
        known = known_after(known, rider.body)
    return folded


def _parsed(raw: bytes) -> ExchangeAnswer:
    try:
        return parse_exchange_answer(raw)
    except Malformed as error:
        raise Trouble(TroubleCode.FOREIGN, str(error)) from error


def _acknowledged(answer: ExchangeAnswer, hello: Hello, riders: Sequence[Rider]) -> Sequence[bytes]:
    """The first ones, each up to its end at least, and all together by the digest of what we have sent."""
    heard = answer.hello
    is_ours = (heard.appliance, heard.epoch, heard.nonce) == (hello.appliance, hello.epoch, hello.nonce)
    pairs = list(zip(answer.taken, riders, strict=False))
    bodies = [rider.body for _, rider in pairs]
    if not (
        is_ours
        and len(pairs) == len(answer.taken)
        and all(taken.lane == rider.batch.lane and taken.up_to >= rider.batch.up_to for taken, rider in pairs)
        and answer.digest == digest_of_all(bodies)
    ):
        raise Trouble(TroubleCode.FOREIGN, "an answer to another exchange")
    for taken, rider in pairs:
        rider.up_to = taken.up_to
    return bodies


_CONFLICT = "409"


class _Noted:
    """The riders' lines for the page: written before they go, each with its part of what goes."""

    def __init__(self, log: ExchangeLog, clock: Clock, riders: Sequence[Rider]) -> None:
        self.folded: list[Value] = []
        self._log = log
        self._clock = clock
        self._riders = riders
        self._numbers: list[int] = []
        self._weighed = 0

    def goes(self, text: bytes, size: int) -> None:
        """Each time: what had to be said anew went twice."""
        self.comes(_CONFLICT)
        self._weighed = 0
        for rider, folded in zip(self._riders, self.folded, strict=False):
            wire = size * len(write_object(folded, MAX_BODY_BYTES)) // len(text)
            sent = Sent("batch", rider.body, len(rider.body), wire, rider.batch.lane)
            self._numbers.append(self._log.sent(sent, self._clock.now()))
            self._weighed += wire

    def comes(self, outcome: str) -> None:
        """What the city left out of an answer it did not take."""
        for number, rider in zip(self._numbers, self._riders, strict=False):
            told = _CONFLICT if outcome == "200" and rider.up_to is None else outcome
            self._log.answered(number, told, self._clock.now())
        self._numbers.clear()

    def rest_of(self, size: int) -> int:
        return max(0, size - self._weighed)
