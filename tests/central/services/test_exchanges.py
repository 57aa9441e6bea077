"""A hello with batches, below the door: what of it is taken, and what its chain knows then. On both engines."""

from contextlib import AbstractContextManager, nullcontext

import pytest

from central.errors import TooMany
from central.services.exchanges import Heard
from central.services.exchanges import Place as Room
from protocol.uplink import Batch, encode_batch
from protocol.uplink_exchange import Exchange
from protocol.uplink_folding import Known, known_after, unchanged
from protocol.uplink_words import Lane, Standing
from tests.central.receiving import Box, Place, add_school, audit, device


@pytest.fixture
def box(city_db: str) -> Box:
    return Box(Place(), add_school())


def exchange(box: Box, known: Known, batches: list[Batch], room: Room = nullcontext) -> Heard:
    folded = tuple(unchanged(encode_batch(batch)) for batch in batches)
    heard = box.place.receiving.exchanges.take(box.known, Exchange(box.hello(), folded), known, 100, room)
    box.token = heard.answer.hello.token
    return heard


def test_only_what_was_told_of_the_state_makes_the_chain_know_more(box: Box) -> None:
    before = Known()
    audits = box.batch(Lane.RECEIPTS, [audit(1)])
    heard = exchange(box, before, [audits])
    assert [(one.lane, one.up_to) for one in heard.answer.taken] == [(Lane.RECEIPTS, 1)]
    assert heard.known is before

    state = box.batch(Lane.STATE, [device(1)])
    heard = exchange(box, before, [state])
    assert [(one.lane, one.up_to) for one in heard.answer.taken] == [(Lane.STATE, 1)]
    assert heard.known == known_after(before, encode_batch(state)) != before


def test_a_hello_is_heard_when_there_is_no_place_for_its_batches(box: Box) -> None:
    def full() -> AbstractContextManager[None]:
        raise TooMany("busy", 10)

    heard = exchange(box, Known(), [box.batch(Lane.RECEIPTS, [audit(1)])], full)

    assert (heard.answer.hello.standing, heard.answer.taken, heard.answer.digest) == (Standing.ACTIVE, (), "")
    assert heard.answer.hello.cursors.get(Lane.RECEIPTS, 0) == 0


def test_batches_after_one_that_is_not_taken_are_not_looked_at(box: Box) -> None:
    heard = exchange(box, Known(), [box.batch(Lane.RECEIPTS, [audit(6)], after=5), box.batch(Lane.STATE, [device(1)])])

    assert heard.answer.taken == ()
    assert heard.known.bodies == {}
