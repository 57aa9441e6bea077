"""Whatever the bytes are, a parser answers with a value or with Malformed; what is written is read again the same."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.strict_json import Malformed
from protocol.uplink import Batch, Origin, Record, encode_batch, parse_batch
from protocol.uplink_reconcile import (
    BUCKETS,
    ComparisonAnswer,
    bucket_digests,
    bucket_of,
    different_keys,
    encode_comparison_answer,
    hash_of,
    parse_comparison_answer,
    whole_digest,
)
from protocol.uplink_records import read_body
from protocol.uplink_words import Lane, RecordType
from tests.protocol.uplink_golden import MESSAGES, examples, message_name

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(WORDS, st.integers(-9, 9) | WORDS | st.booleans() | st.none(), max_size=4)
MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
FIRST = {name: json.loads(next(e for e in examples() if message_name(e) == name).read_bytes()) for name in MESSAGES}


@pytest.mark.parametrize("name", MESSAGES)
@given(raw=st.binary(max_size=300))
@settings(max_examples=40)
def test_rubbish_is_malformed_and_nothing_else(name: str, raw: bytes) -> None:
    with pytest.raises(Malformed):
        MESSAGES[name].parse(raw)


@pytest.mark.parametrize("name", MESSAGES)
@given(data=st.data())
@settings(max_examples=60)
def test_one_field_of_any_value_is_read_or_malformed(name: str, data: st.DataObject) -> None:
    document = dict(FIRST[name])
    document[data.draw(st.sampled_from(sorted(document)))] = data.draw(ANY)
    try:
        value = MESSAGES[name].parse(json.dumps(document).encode())
    except Malformed:
        return
    MESSAGES[name].parse(MESSAGES[name].encode(value))


@pytest.mark.parametrize("record_type", [one for one in RecordType if one is not RecordType.RECEIPT])
@given(body=st.dictionaries(st.sampled_from(["period", "app", "level", "id", "lane", "packages", "x"]), ANY))
@settings(max_examples=40)
def test_any_body_is_read_or_malformed(record_type: RecordType, body: dict[str, Any]) -> None:
    try:
        read_body(record_type, body)
    except Malformed:
        return


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    after = draw(st.integers(0, 2**50))
    steps = draw(st.lists(st.integers(1, 1000), max_size=8))
    records, seq = [], after
    for step in steps:
        seq += step
        origin = draw(st.none() | st.builds(Origin, WORDS, st.integers(1, 2**50)))
        key = draw(st.none() | WORDS)
        records.append(Record(seq, draw(WORDS), draw(MOMENTS), draw(st.none() | BODIES), key, origin))
    return Batch(
        draw(WORDS), draw(WORDS), draw(st.sampled_from(Lane)), after, seq + draw(st.integers(0, 9)), tuple(records)
    )


@given(batch=batches())
def test_a_batch_is_read_as_it_was_written(batch: Batch) -> None:
    assert parse_batch(encode_batch(batch)) == batch


@given(own=st.dictionaries(WORDS, BODIES, max_size=30), held=st.dictionaries(WORDS, BODIES, max_size=30))
def test_a_comparison_finds_every_difference_and_nothing_else(
    own: dict[str, dict[str, object]], held: dict[str, dict[str, object]]
) -> None:
    mine = {key: hash_of(body) for key, body in own.items()}
    theirs = {key: hash_of(body) for key, body in held.items()} | {key: mine[key] for key in list(mine)[::2]}
    ours, others = bucket_digests(mine), bucket_digests(theirs)
    different = [place for place in range(BUCKETS) if ours[place] != others[place]]
    answer = ComparisonAnswer(
        "a",
        "e",
        not different,
        {place: {key: told for key, told in theirs.items() if bucket_of(key) == place} for place in different},
    )

    again = parse_comparison_answer(encode_comparison_answer(answer))

    assert (whole_digest(ours) == whole_digest(others)) is (mine == theirs)
    assert different_keys(mine, again) == (
        {key for key in mine if theirs.get(key) != mine[key]},
        set(theirs) - set(mine),
    )
