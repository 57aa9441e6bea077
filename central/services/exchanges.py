"""A hello that brings batches: heard first, then each is taken in its own transaction, as if it had come alone.

The first one that cannot be taken ends it: the box has no word of it, sends it alone and hears why.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
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
from protocol.uplink_words import Lane, Standing

_log = logging.getLogger("exchange")
_NOT_NOW: tuple[type[Exception], ...] = (CityError, Malformed, *STORE_ERRORS)

Place = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Heard:
    """`known`: on its chain, once the answer acknowledges what was taken."""

    answer: ExchangeAnswer
    known: Known


class Exchanges:
    def __init__(self, hellos: Hellos, ingest: Ingest) -> None:
        self._hellos = hellos
        self._ingest = ingest

    def take(self, caller: KnownAppliance, asked: Exchange, known: Known, size: int, place: Place) -> Heard:
        """`known`: of the chain on which it was said; `size`: of what came over the line.

        `place`: where batches are taken in, a few at once. Without one (TooMany) the hello alone is answered.
        """
        hello = self._hellos.hear(caller, asked.hello)
        if hello.standing is not Standing.ACTIVE or not asked.batches:
            return Heard(ExchangeAnswer(hello), known)
        whose = Whose(asked.hello.appliance, asked.hello.epoch)
        bodies: list[bytes] = []
        taken: list[Taken] = []
        try:
            with place():
                for folded in asked.batches:
                    body = unfold(folded, whose, known)
                    taken.append(self._taken(caller, body, size // len(asked.batches)))
                    bodies.append(body)
                    known = known_after(known, body) if taken[-1].lane is Lane.STATE else known
        except _NOT_NOW as error:
            fact(_log, "batch_not_taken", appliance=caller.id, why=error)
        return Heard(ExchangeAnswer(hello, tuple(taken), digest_of_all(bodies)), known)

    def _taken(self, caller: KnownAppliance, body: bytes, size: int) -> Taken:
        answer = self._ingest.take(caller, Received(parse_batch(body), digest_of(body), size))
        return Taken(answer.lane, answer.up_to, answer.parked)
