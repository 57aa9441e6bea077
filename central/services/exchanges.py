"""A hello that brings batches: heard first, then each is taken in its own transaction, as if it had come alone.

The first one that cannot be taken ends it: the box has no word of it, sends it alone and hears why.
"""

import logging
from dataclasses import dataclass

from central.errors import CityError
from central.logs import fact
from central.services.certificates import KnownAppliance
from central.services.hello import Hellos
from central.services.ingest import Ingest, Received
from central.store.trouble import STORE_ERRORS
from protocol.strict_json import Malformed
from protocol.uplink import digest_of, parse_batch
from protocol.uplink_exchange import Exchange, ExchangeAnswer, Taken, digest_of_all
from protocol.uplink_folding import Known, Whose, known_after, unfold
from protocol.uplink_words import Standing

_log = logging.getLogger("exchange")
_NOT_NOW: tuple[type[Exception], ...] = (CityError, Malformed, *STORE_ERRORS)


@dataclass(frozen=True, slots=True)
class Heard:
    """`taken`: the batches that the answer acknowledges, unfolded."""

    answer: ExchangeAnswer
    taken: tuple[bytes, ...]


class Exchanges:
    def __init__(self, hellos: Hellos, ingest: Ingest) -> None:
        self._hellos = hellos
        self._ingest = ingest

    def take(self, caller: KnownAppliance, asked: Exchange, known: Known, size: int) -> Heard:
        """`known`: of the chain on which it was said; `size`: of what came over the line."""
        hello = self._hellos.hear(caller, asked.hello)
        bodies: list[bytes] = []
        taken: list[Taken] = []
        if hello.standing is not Standing.ACTIVE:
            return Heard(ExchangeAnswer(hello), ())
        whose = Whose(asked.hello.appliance, asked.hello.epoch)
        try:
            for folded in asked.batches:
                body = unfold(folded, whose, known)
                taken.append(self._taken(caller, body, size // len(asked.batches)))
                bodies.append(body)
                known = known_after(known, body)
        except _NOT_NOW as error:
            fact(_log, "batch_not_taken", appliance=caller.id, why=error)
        return Heard(ExchangeAnswer(hello, tuple(taken), digest_of_all(bodies)), tuple(bodies))

    def _taken(self, caller: KnownAppliance, body: bytes, size: int) -> Taken:
        answer = self._ingest.take(caller, Received(parse_batch(body), digest_of(body), size))
        return Taken(answer.lane, answer.up_to, answer.parked)
