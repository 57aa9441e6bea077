"""Z3: an answer that is not the city's word on this very batch acknowledges nothing, whatever it looks like."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from appliance.services.outbox import Outbox, put
from protocol.uplink import BatchAnswer, digest_of, encode_batch_answer
from protocol.uplink_words import Lane, RecordType
from tests.services.link import join_city
from tests.support.store import HandClock, opened_store
from uplink.exchanging import Rider
from uplink.line import Line
from uplink.sending import Sending
from uplink.trouble import Trouble, TroubleCode

Say = Callable[[BatchAnswer], bytes]
ACT = {"actor": "user:1", "action": "user.add", "target": "user:2"}
LIES: dict[str, Say] = {
    "a page": lambda _: b"<html><h1>Bienvenue</h1>",
    "nothing": lambda _: b"",
    "cut in the middle": lambda true: encode_batch_answer(true)[:-9],
    "of another batch": lambda true: encode_batch_answer(replace(true, digest="0" * 64)),
    "of another epoch": lambda true: encode_batch_answer(replace(true, epoch="another")),
    "of another lane": lambda true: encode_batch_answer(replace(true, lane=Lane.STATE)),
    "of another box": lambda true: encode_batch_answer(replace(true, appliance="a-other")),
    "of a part of it": lambda true: encode_batch_answer(replace(true, up_to=true.up_to - 1)),
}


@dataclass
class SomebodyElse:
    """At the other end of the line."""

    say: Say

    def batch(self, rider: Rider) -> bytes:
        batch = rider.batch
        return self.say(BatchAnswer(batch.appliance, batch.epoch, batch.lane, batch.up_to, digest_of(rider.body)))


@pytest.mark.parametrize("lie", LIES)
def test_only_the_true_answer_acknowledges(tmp_path: Path, lie: str) -> None:
    clock, outbox = HandClock(), Outbox()
    with opened_store(tmp_path):
        join_city(clock.now())
        for _ in range(3):
            put(clock.now(), RecordType.AUDIT, ACT)
        sending = Sending(outbox, clock)
        sending.after_hello(0.0)
        with pytest.raises(Trouble) as trouble:
            sending.receipts(cast(Line, SomebodyElse(LIES[lie])))
        assert trouble.value.code is TroubleCode.FOREIGN
        assert outbox.backlog()[Lane.RECEIPTS].records == 3
        assert sending.receipts(cast(Line, SomebodyElse(encode_batch_answer)))
        assert outbox.backlog()[Lane.RECEIPTS].records == 0
