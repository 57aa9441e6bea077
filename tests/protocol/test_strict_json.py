import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.device import MAX_DEPTH, MAX_PAYLOAD_BYTES, Malformed, Reason, read_object
from protocol.strict_json import MAX_DETAIL_CHARS, write_object

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def padded_to(size: int) -> bytes:
    raw = b'{"a":"' + b"x" * (size - 8) + b'"}'
    assert len(raw) == size
    return raw


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def refusal(raw: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        read_object(raw)
    return caught.value


@pytest.mark.contract("0.larger_than_64_kib_is_dropped")
def test_sixty_four_kib_pass_and_one_byte_more_does_not() -> None:
    assert len(str(read_object(padded_to(MAX_PAYLOAD_BYTES))["a"])) == MAX_PAYLOAD_BYTES - 8
    assert refusal(padded_to(MAX_PAYLOAD_BYTES + 1)).reason is Reason.TOO_LARGE


@pytest.mark.contract("0.deeper_than_16_is_dropped")
def test_sixteen_levels_pass_and_seventeen_do_not() -> None:
    assert MAX_DEPTH == 16
    assert read_object(nested(16))
    assert refusal(nested(17)).reason is Reason.TOO_DEEP
    assert refusal(b'{"a":' * 17 + b"1" + b"}" * 17).reason is Reason.TOO_DEEP


def test_brackets_in_strings_and_side_by_side_are_not_depth() -> None:
    assert read_object(json.dumps({"a": "[{" * 500, "b": '\\"[[' * 100}).encode())
    assert len(read_object(json.dumps({str(n): [[], {}] for n in range(200)}).encode())) == 200


@pytest.mark.parametrize("raw", [b"[" * 10_000, b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 10_000, b'{"a":[' * 9_000])
def test_ten_thousand_levels_are_refused_before_the_parser_recurses(raw: bytes) -> None:
    assert refusal(raw).reason is Reason.TOO_DEEP


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 17 + b'"' + b"\\" * (MAX_PAYLOAD_BYTES - 18),
        b"{" * 8 + b'\\"' * 32_000,
        b'"\\' * 32_000 + b"[" * 20,
        b'{"a":' + b"9" * 65_000 + b"}",
        b'{"a":0.' + b"9" * 65_000 + b"}",
        b'{"a":1e' + b"9" * 65_000 + b"}",
    ],
)
def test_no_payload_within_the_size_costs_much_time(raw: bytes) -> None:
    started = time.thread_time()
    with contextlib.suppress(Malformed):
        read_object(raw)
    assert time.thread_time() - started < 1.0


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"{", Reason.NOT_JSON),
        (b"{}x", Reason.NOT_JSON),
        (b"{'a':1}", Reason.NOT_JSON),
        (b'{"a":1,}', Reason.NOT_JSON),
        (b'{"a":"\x01"}', Reason.NOT_JSON),
        (b'{"a":"\xff"}', Reason.NOT_JSON),
        (b'{"a":"\xed\xa0\x80"}', Reason.NOT_JSON),
        (b'\xef\xbb\xbf{"a":1}', Reason.NOT_JSON),
        ('{"a":1}'.encode("utf-16"), Reason.NOT_JSON),
        (b"\xa1\x61\x61\x01", Reason.NOT_JSON),  # CBOR
        (b'{"a":NaN}', Reason.NOT_JSON),
        (b'{"a":-Infinity}', Reason.NOT_JSON),
        (b"[]", Reason.WRONG_TYPE),
        (b"null", Reason.WRONG_TYPE),
        (b'"online"', Reason.WRONG_TYPE),
        (b'{"a":1e400}', Reason.OUT_OF_RANGE),
        (b'{"a":-1e400}', Reason.OUT_OF_RANGE),
        (b'{"a":' + b"9" * 400 + b"}", Reason.OUT_OF_RANGE),
        (b'{"a":1,"a":1}', Reason.DUPLICATE_FIELD),
        (b'{"b":[{"a":1,"\\u0061":2}]}', Reason.DUPLICATE_FIELD),
        (b'{"a":"\\udfff"}', Reason.UNPRINTABLE),
        (b'{"\\uD800":1}', Reason.UNPRINTABLE),
    ],
)
def test_what_is_not_a_strict_json_object_is_refused_with_its_reason(raw: bytes, reason: Reason) -> None:
    assert refusal(raw).reason is reason


def test_escaped_pairs_of_surrogates_are_a_character() -> None:
    assert read_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "\N{GRINNING FACE}"}


def test_a_number_that_nobody_reads_may_be_beyond_doubles() -> None:
    assert read_object(b'{"a":9223372036854775807}') == {"a": 2**63 - 1}


def test_a_complaint_is_short_and_repeats_nothing_of_the_payload() -> None:
    for raw in (b'{"motdepasse":', b'{"motdepasse":1,"motdepasse":2}', b'{"a":motdepasse}', b'"motdepasse"'):
        error = refusal(raw)
        assert "motdepasse" not in str(error)
        assert len(error.detail) <= MAX_DETAIL_CHARS
    assert len(Malformed(Reason.NOT_JSON, "x" * 5000).detail) == MAX_DETAIL_CHARS


@given(st.binary(max_size=300))
def test_any_bytes_are_an_object_or_malformed(raw: bytes) -> None:
    try:
        assert isinstance(read_object(raw), dict)
    except Malformed as error:
        assert error.reason in Reason


@given(ANY_JSON)
def test_any_json_is_an_object_or_malformed(value: object) -> None:
    raw = json.dumps(value).encode()
    try:
        assert read_object(raw) == value
    except Malformed as error:
        assert error.reason in Reason


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans())))
def test_what_is_written_is_read_again(value: dict[str, object]) -> None:
    assert read_object(write_object(value)) == value


def test_what_no_receiver_would_accept_is_not_written() -> None:
    with pytest.raises(Malformed, match="too_large"):
        write_object({"a": "x" * MAX_PAYLOAD_BYTES})
    with pytest.raises(Malformed, match="unprintable"):
        write_object({"a": "\ud800"})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_object({"a": float("nan")})
