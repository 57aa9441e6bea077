"""Facts gathered and brought by the hello, on a chain that may break anywhere: nothing is lost, doubled or late."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from appliance.services.outbox import put, put_state
from appliance.store.models import database
from protocol.uplink import Batch, Record
from protocol.uplink_exchange import ExchangeAnswer, Taken, digest_of_all, encode_exchange_answer, parse_exchange
from protocol.uplink_folding import Known, unfold
from protocol.uplink_hello import Hello, HelloAnswer
from protocol.uplink_records import BatteryBody, encode_body
from protocol.uplink_words import Lane, RecordType, Standing, StorageWord
from tests.support.bad_proxy import bad_proxy
from tests.support.central import HOST, Central
from tests.support.store import HandClock
from tests.uplink.hand_box import HandBox, asked, quiet_hours, told
from uplink.chained import Chained, Question
from uplink.exchanging import Exchanging, Rider, rider_of
from uplink.trouble import Trouble, TroubleCode

NewBox = Callable[..., HandBox]
GATHER = 300.0


def batches(box: HandBox) -> list[tuple[str, int | None, str]]:
    """The latest first."""
    listed = box.services.exchanges.listed()
    return [(line.kind, line.lane, line.outcome) for line in listed if line.kind == "batch"]


def rename_cart(box: HandBox, name: str) -> None:
    with database.atomic("IMMEDIATE"):
        put_state(box.services.clock.now(), RecordType.CART, "cart:7", {"id": "7", "name": name})


def carts(city: Central, box: HandBox) -> list[tuple[object, ...]]:
    return asked(city, "SELECT name FROM cart WHERE appliance_id = ?", box.appliance)


def gathering_box(new_box: NewBox, port: int | None = None) -> HandBox:
    box = new_box(port=port)
    box.gather = GATHER
    return box


def test_facts_wait_for_each_other_and_go_together_with_a_hello(city: Central, uai: str, new_box: NewBox) -> None:
    with gathering_box(new_box).opened() as box:
        box.join(city, uai)
        box.until(lambda: not box.waiting())
        before = len(batches(box))
        numbers = box.note(3)
        rename_cart(box, "Chariot bleu")
        for _ in range(3):
            box.turn(1.2)
        assert not told(city, box.appliance), "they went one by one"
        row = "SELECT backlog_records FROM appliance WHERE id = ?"
        assert asked(city, row, box.appliance) == [(0,)], "what is gathered is not late"
        numbers += box.note(2)
        box.until(lambda: not box.waiting(), 8)
        assert told(city, box.appliance) == numbers and carts(city, box) == [("Chariot bleu",)]
        assert sorted(batches(box)[:-before], key=str) == [("batch", 0, "200"), ("batch", 1, "200")], "one of each lane"


def test_what_somebody_waits_for_waits_for_nothing(city: Central, uai: str, new_box: NewBox) -> None:
    with gathering_box(new_box).opened() as box:
        box.join(city, uai)
        box.until(lambda: not box.waiting())
        numbers = box.note(1)
        box.turn(0.1)
        assert not told(city, box.appliance)
        with database.atomic("IMMEDIATE"):
            body = {"actor": "hub", "action": "order.refused", "target": "order:1", "detail": {}}
            put(box.services.clock.now(), RecordType.SECURITY, body)
        box.turn(0.1)
        assert told(city, box.appliance) == numbers, "what stood before it in its lane goes along"
        numbers += box.note(1)
        box.uplink.look()  # the city has something for us, or somebody looks at this school
        box.turn(0.2)
        assert told(city, box.appliance) == numbers


def test_in_quiet_hours_what_may_go_is_gathered_though_other_things_wait_all_day(
    city: Central, uai: str, new_box: NewBox
) -> None:
    with gathering_box(new_box).opened() as box:
        box.join(city, uai)
        box.until(lambda: not box.waiting())
        box.turn(2)
        quiet_hours(is_quiet=True)
        with database.atomic("IMMEDIATE"):
            put(box.services.clock.now(), RecordType.BATTERY, encode_body(BatteryBody("2026-11-20", "d-1", 20, 90)))
        before = len(batches(box))
        for minute in range(20):
            rename_cart(box, f"Chariot {minute}")
            box.turn(1)
            row = "SELECT backlog_records FROM appliance WHERE id = ?"
            assert asked(city, row, box.appliance) == [(0,)], "nothing waits longer than it should"
        assert 2 <= len(batches(box)) - before <= 4
        assert box.waiting()


def test_a_city_that_starts_again_knows_no_chain_and_misses_nothing(city: Central, uai: str, new_box: NewBox) -> None:
    with new_box().opened() as box:
        box.join(city, uai)
        for name in ("Chariot bleu", "Chariot rouge"):
            rename_cart(box, name)
            box.turn(2)
        assert carts(city, box) == [("Chariot rouge",)]
        city.stop()
        city.start()
        rename_cart(box, "Chariot vert")
        numbers = box.note(2)
        box.turn(2)
        assert carts(city, box) == [("Chariot vert",)] and told(city, box.appliance) == numbers
        assert ("batch", 1, "409") in batches(box), "it was asked on a chain that it did not know"
        assert not box.trouble()


def test_answers_that_are_lost_break_the_chain_and_double_nothing(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        numbers: list[int] = []
        for place in range(6):
            numbers += box.note(30)
            rename_cart(box, f"Chariot {place}")
            line.lost_answers = 1
            box.turn(2)
        box.until(lambda: not box.waiting())
        assert line.lost >= 6
        assert told(city, box.appliance) == numbers and carts(city, box) == [("Chariot 5",)]


def test_a_batch_that_the_city_will_not_take_holds_up_no_hello(city: Central, uai: str, new_box: NewBox) -> None:
    """It ends what the hello brought; then it is sent alone, as ever, until it is put aside."""
    with new_box().opened() as box:
        box.join(city, uai)
        numbers = box.note(4)
        with database.atomic("IMMEDIATE"):
            put(box.services.clock.now(), RecordType.AUDIT, {"actor": "x" * 20, "action": "y"})
        row = "UPDATE outbox_record SET type = ? WHERE body LIKE '%xxxx%'"
        database.execute_sql(row, ("z" * 40,))
        rename_cart(box, "Chariot bleu")
        box.until(lambda: not box.waiting())
        assert told(city, box.appliance) == numbers and carts(city, box) == [("Chariot bleu",)]
        assert box.services.outbox.parked() == 1 and not box.trouble()


HELLO = Hello("a-1", "e-1", "", "n" * 16, "hw", HandClock().now(), "0.1", 3, StorageWord.NORMAL, {})
TRUE = HelloAnswer("a-1", "e-1", HELLO.nonce, "t", HandClock().now(), "s", Standing.ACTIVE, {Lane.RECEIPTS: 0}, 0, 0, 0)
RIDERS = tuple(rider_of(Batch("a-1", "e-1", lane, 3, 9, ())) for lane in (Lane.RECEIPTS, Lane.STATE))
TAKEN = (Taken(Lane.RECEIPTS, 9), Taken(Lane.STATE, 9))
ALL = digest_of_all([one.body for one in RIDERS])
LIES = {
    "of another box": ExchangeAnswer(replace(TRUE, appliance="a-2"), TAKEN, ALL),
    "of another epoch": ExchangeAnswer(replace(TRUE, epoch="e-2"), TAKEN, ALL),
    "to another hello": ExchangeAnswer(replace(TRUE, nonce="m" * 16), TAKEN, ALL),
    "of other batches": ExchangeAnswer(TRUE, TAKEN, "0" * 32),
    "of a part of them": ExchangeAnswer(TRUE, (replace(TAKEN[0], up_to=8), TAKEN[1]), ALL),
    "of other lanes": ExchangeAnswer(TRUE, (TAKEN[1], TAKEN[0]), ALL),
    "of more than was sent": ExchangeAnswer(TRUE, (*TAKEN, Taken(Lane.LOGS, 9)), ALL),
    "of all, with the digest of the first": ExchangeAnswer(TRUE, TAKEN, digest_of_all([RIDERS[0].body])),
}


@dataclass
class NoLog:
    """For the page; no store is needed here."""

    outcomes: list[str] = field(default_factory=list)

    def sent(self, *_: object) -> int:
        return 1

    def answered(self, _number: int, outcome: str, _now: object) -> None:
        self.outcomes.append(outcome)

    def only(self, _sent: object, outcome: str, _now: object) -> None:
        self.outcomes.append(outcome)


@dataclass
class ShortChain:
    """Brings one answer, whatever is asked."""

    answer: ExchangeAnswer
    text: bytes = b""

    def ask(self, question: Question) -> int:
        self.text = question.write(Known())
        question.goes(self.text, len(self.text))
        question.read(encode_exchange_answer(self.answer))
        return len(self.text)


def exchanged(answer: ExchangeAnswer, riders: tuple[Rider, ...]) -> bytes:
    """As if a chain had brought this answer; what went there."""
    chain = ShortChain(answer)
    Exchanging(cast(Chained, chain), NoLog(), HandClock()).hello(HELLO, riders)  # type: ignore[arg-type]  # of a log, what is asked here
    return chain.text


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_is_not_to_these_very_batches_acknowledges_none(lie: str) -> None:
    riders = tuple(rider_of(one.batch) for one in RIDERS)
    with pytest.raises(Trouble) as trouble:
        exchanged(LIES[lie], riders)
    assert trouble.value.code is TroubleCode.FOREIGN
    assert [one.up_to for one in riders] == [None, None]


def test_the_first_of_them_may_be_taken_alone() -> None:
    riders = tuple(rider_of(one.batch) for one in RIDERS)
    exchanged(ExchangeAnswer(TRUE, TAKEN[:1], digest_of_all([RIDERS[0].body])), riders)
    assert [one.up_to for one in riders] == [9, None]
    exchanged(ExchangeAnswer(TRUE, TAKEN, ALL), riders)
    assert [one.up_to for one in riders] == [9, 9]


def test_a_batch_that_cannot_be_folded_goes_along_as_it_is() -> None:
    record = Record(9, RecordType.AUDIT, HELLO.at, {"z": 1, "a": 2})  # not in the order in which it would unfold
    odd = rider_of(Batch("a-1", "e-1", Lane.RECEIPTS, 3, 9, (record,)))
    text = exchanged(ExchangeAnswer(TRUE, TAKEN, digest_of_all([odd.body, RIDERS[1].body])), (odd, RIDERS[1]))
    batches = parse_exchange(text).batches
    assert [unfold(one, odd.whose, Known()) for one in batches] == [odd.body, RIDERS[1].body]
