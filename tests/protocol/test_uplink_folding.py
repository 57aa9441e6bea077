"""A folded batch is the batch to the byte, whatever is in it; and what strangers fold is refused, never believed."""

import hashlib
import json
import random
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.strict_json import Malformed, Reason, write_object
from protocol.uplink import MAX_BODY_BYTES, parse_batch
from protocol.uplink_chain import Chain, framed, unframed
from protocol.uplink_dictionary import DICTIONARY
from protocol.uplink_exchange import digest_of_all
from protocol.uplink_folding import MOST_KNOWN_BYTES, Known, Whose, fold, known_after, unchanged, unfold
from protocol.uplink_words import Lane
from tests.bench.school_day import one_day

WHOSE = Whose("a-one", "e-1")

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=5), st.just("2026-11-24T08:00:00Z"),
    st.sampled_from(["x1", "2026-11-24T08:00:01Z", "2026-02-30T08:00:00Z", "1999-01-01T00:00:00Z"]),
    st.lists(st.integers(0, 3), max_size=2), st.dictionaries(st.sampled_from("pq"), st.integers(0, 2), max_size=2),
)  # fmt: skip
BODIES = st.one_of(st.none(), st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4))
TIMES = st.sampled_from(["2026-11-24T08:00:00Z", "2026-11-24T07:59:00Z", "1970-01-01T00:00:00Z"])
STATE = st.lists(
    st.dictionaries(st.sampled_from(["device:x1", "device:x2", "cart:1", "appliance", "x"]), st.tuples(TIMES, BODIES)),
    min_size=1,
    max_size=5,
)
FACTS = st.lists(st.tuples(st.sampled_from(["audit", "usage", "x"]), TIMES, BODIES, st.integers(1, 9)), max_size=12)


def encoded(lane: Lane, after: int, records: list[dict[str, Any]]) -> bytes:
    """As the outbox has it: bodies in order of their fields."""
    up_to = records[-1]["seq"] if records else after
    head = {"v": 1, "appliance": WHOSE.appliance, "epoch": WHOSE.epoch, "lane": int(lane)}
    in_order = [{**one, "body": one["body"] and dict(sorted(one["body"].items()))} for one in records]
    return write_object({**head, "after": after, "up_to": up_to, "records": in_order}, MAX_BODY_BYTES)


@settings(max_examples=200, deadline=None)
@given(STATE)
def test_states_told_again_and_again_unfold_to_the_byte(batches: list[dict[str, tuple[str, Any]]]) -> None:
    known, seq = Known(), 0
    for batch in batches:
        records = []
        for key, (at, body) in batch.items():
            seq += 1
            records.append({"seq": seq, "type": key.partition(":")[0], "at": at, "key": key, "body": body})
        body = encoded(Lane.STATE, seq - len(records), records)
        folded = fold(body, WHOSE, known)
        assert folded is not None
        assert unfold(json.loads(json.dumps(folded)), WHOSE, known) == body
        known = known_after(known, body)


@settings(max_examples=200, deadline=None)
@given(FACTS)
def test_facts_with_holes_between_them_unfold_to_the_byte(facts: list[tuple[str, str, Any, int]]) -> None:
    seq, records = 0, []
    for kind, at, body, gap in facts:
        seq += gap
        origin = {"origin": {"epoch": "e-0", "seq": seq}} if gap == 9 else {}
        records.append({"seq": seq, "type": kind, "at": at, **origin, "body": body})
    raw = encoded(Lane.RECEIPTS, 0, records)
    folded = fold(raw, WHOSE, Known())
    assert folded is not None
    assert unfold(folded, WHOSE, Known()) == raw


def test_of_a_state_told_again_only_what_changed_is_said() -> None:
    body = {"battery": 80, "id": "x1", "packages": {"org.gcompris": "25.1"}, "serial": "R52x1"}
    record = {"seq": 1, "type": "device", "at": "2026-11-24T08:00:00Z", "key": "device:x1", "body": body}
    first = encoded(Lane.STATE, 0, [record])
    known = known_after(Known(), first)
    again = encoded(Lane.STATE, 1, [{**record, "seq": 2, "body": {**body, "battery": 75}}])

    assert fold(again, WHOSE, known) == {
        "lane": 1,
        "after": 1,
        "up_to": 2,
        "runs": [{"type": "device", "seq": [2], "at": [28281600], "known": [0], "is": {"battery": 75}}],
    }


def test_a_batch_that_would_not_unfold_to_its_bytes_is_not_folded() -> None:
    odd = b'{"v":1,"appliance":"a-one","epoch":"e-1","lane":0,"after":0,"up_to":1,"records":[{"seq":1,"type":"audit",'
    odd += b'"at":"2026-11-24T08:00:00Z","body":{"z":1,"a":2}}]}'
    assert parse_batch(odd).up_to == 1
    assert fold(odd, WHOSE, Known()) is None


def test_what_is_known_is_bounded_and_the_same_on_both_ends() -> None:
    known = Known()
    for number in range(60):
        body = {"packages": "x" * 40_000}
        record = {"seq": number + 1, "type": "device", "at": "2026-11-24T08:00:00Z", "key": f"d:{number}", "body": body}
        known = known_after(known, encoded(Lane.STATE, number, [record]))
    assert sum(known.sizes.values()) <= MOST_KNOWN_BYTES
    assert 50 < len(known.bodies) < 60 and list(known.bodies) == list(known.sizes)


HEAD: dict[str, Any] = {"lane": 1, "after": 0, "up_to": 3}
RUN: dict[str, Any] = {"type": "device", "seq": [1, 1], "at": [0, 0], "key": ["a", "b"]}
HOSTILE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "runs that are none": {**HEAD, "runs": [1, 2]},
    "columns of several lengths": {**HEAD, "runs": [{**RUN, "at": [0]}]},
    "keys that nobody told": {**HEAD, "runs": [{"type": "device", "seq": [1], "at": [0], "known": [7]}]},
    "a key before the first": {**HEAD, "runs": [{"type": "device", "seq": [1], "at": [0], "known": [-1]}]},
    "more than nothing": {**HEAD, "runs": [{**RUN, "more": {"battery": [1, 1]}}]},
    "a column that ends": {**HEAD, "runs": [{**RUN, "of": {"battery": [1]}}]},
    "no number": {**HEAD, "runs": [{**RUN, "seq": ["1", "2"]}]},
    "a time beyond all times": {**HEAD, "runs": [{**RUN, "at": [10**15, 0]}]},
    "no time at all": {**HEAD, "runs": [{**RUN, "at": [1e400, 0]}]},
    "a number for a list": {**HEAD, "runs": [{"type": "device", "seq": [1], "at": [0], "known": [0], "gone": 5}]},
    "a rest that is none": {**HEAD, "rest": 7},
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_strangers_fold_is_malformed(what: str) -> None:
    known = Known({"device:x1": {"battery": 80}}, {"device:x1": 15})
    with pytest.raises(Malformed):
        parse_batch(unfold(HOSTILE[what], WHOSE, known))


def test_little_that_unfolds_to_much_is_refused_before_it_is_there() -> None:
    wide = {"type": "device", "seq": [1] * 2000, "at": [0] * 2000, "is": {"text": "x" * 40_000}}
    long = {"type": "device", "seq": [1] * 90_000, "at": [0] * 90_000}
    two = {"seq": [1] * 2000, "at": [0] * 2000}
    typed = {**two, "type": "x" * 40_000}
    tailed = {**two, "type": "device", "as_key": {"id": "x" * 40_000}}
    named = {**two, "type": "device", "of": {"x" * 40_000: [0] * 2000}}
    keyed = {**two, "type": "device", "key": ["k:" + "x" * 500] * 2000, "as_key": {f"f{n}": "" for n in range(100)}}
    for run in (wide, long, typed, tailed, named, keyed):
        tracemalloc.start()
        with pytest.raises(Malformed) as caught:
            unfold({**HEAD, "runs": [run]}, WHOSE, Known())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert caught.value.reason is Reason.TOO_LARGE
        assert peak < 32e6


def test_what_is_known_counts_by_its_keys_too() -> None:
    records = [
        {"seq": n + 1, "type": "device", "at": "2026-11-24T08:00:00Z", "key": f"device:{n:0120d}", "body": {}}
        for n in range(2000)
    ]
    known = Known()
    for _ in range(2):
        known = known_after(known, encoded(Lane.STATE, 0, records))
    assert 200 * 2000 < sum(known.sizes.values()) < 300 * 2000


def test_a_batch_with_nothing_folded_unfolds_to_its_bytes() -> None:
    record = {"seq": 1, "type": "device", "at": "2026-11-24T08:00:00Z", "key": "device:x1", "body": {"battery": 80}}
    body = encoded(Lane.STATE, 0, [record])
    assert unfold(unchanged(body), WHOSE, Known({"device:x1": {"battery": 80}}, {"device:x1": 15})) == body


def test_random_bytes_in_a_folded_batch_raise_nothing_else() -> None:
    chance = random.Random(5)
    told = next(one for one in one_day(6) if one.key)
    record = {"seq": 1, "type": "device", "at": "2026-11-24T08:00:00Z", "key": told.key, "body": told.body}
    folded = fold(encoded(Lane.STATE, 0, [record]), WHOSE, Known())
    text = json.dumps(folded)
    for _ in range(500):
        place = chance.randrange(len(text))
        changed = text[:place] + chance.choice('0{}[]",:x-') + text[place + 1 :]
        try:
            unfold(json.loads(changed), WHOSE, Known())
        except (Malformed, json.JSONDecodeError, AttributeError) as error:
            assert not isinstance(error, AttributeError) or not isinstance(json.loads(changed), dict)


def test_both_ends_of_a_chain_come_to_the_same_name_and_another_word_to_another_one() -> None:
    batch = encoded(Lane.STATE, 0, [])
    here, there = (Chain().after(b"said", b"answered", (batch,)) for _ in range(2))
    assert here == there and here.is_begun and not Chain().is_begun
    assert here.name != Chain().after(b"said", b"answered!", (batch,)).name
    assert here.after(b"", b"", ()).name != here.name
    assert unframed(framed(here, b"packed")) == (here.name, b"packed")
    assert len(here.after(b"x" * 99_999, b"", ()).text) == 32 * 1024
    with pytest.raises(Malformed):
        unframed(b"short")


def test_the_dictionary_of_this_coding_never_changes() -> None:
    """A city with another one would not understand a box; another one is a coding with another name."""
    assert hashlib.sha256(DICTIONARY).hexdigest() == "5c89acc8e0d67a4b89c10f57df0e411c060e7001ac1e3a72faf6d316b23b5060"


def test_a_digest_over_all_is_of_these_bytes_in_this_order() -> None:
    assert digest_of_all([]) == ""
    assert digest_of_all([b"a", b"b"]) not in (digest_of_all([b"b", b"a"]), digest_of_all([b"ab"]))
