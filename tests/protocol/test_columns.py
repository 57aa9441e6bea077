"""Whole columns at once: whatever comes, what is read is what reading one by one gives."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from protocol import uplink
from protocol.columns import are_texts, are_whole
from protocol.fields import array, remark, text, whole
from protocol.strict_json import Malformed
from protocol.times import parse_time

_ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, False, 0, -1, 1.0, 2.5, 2**53, "", "x", "x\0", "x" * 129, [], {}, "2026-11-23"]
)
_USUAL = {
    "seq": st.integers(1, 9),
    "type": st.sampled_from(["audit", "usage"]),
    "body": st.just({"a": 1}),
    "at": st.sampled_from(
        ["2026-11-23T09:02:11Z", "2026-11-23t09:02:11z", "2026-11-23T09:02:60Z", "2026-13-23T09:02:11Z"]
    ),
    "key": st.sampled_from(["device:d-1", "cart:c-1"]),
    "origin": st.just({"epoch": "e", "seq": 3}),
}


@st.composite
def told_records(draw: st.DrawFn) -> object:
    """Mostly right; sometimes a field is odd or away."""
    records = []
    for _ in range(draw(st.integers(0, 4))):
        record: dict[str, object] = {name: draw(value) for name, value in _USUAL.items() if name != "origin"}
        for name in draw(st.lists(st.sampled_from(sorted(_USUAL)), max_size=1)):
            record[name] = draw(_ODD | _USUAL[name])
        for name in draw(st.lists(st.sampled_from(sorted(_USUAL)), max_size=1)):
            record.pop(name, None)
        records.append(record)
    return draw(st.just(records) | _ODD | st.just([*records, "x"])) if draw(st.integers(0, 9)) == 0 else records


def outcome(read: Callable[[], object]) -> object:
    try:
        return read()
    except Malformed as error:
        return error.reason, error.detail


@given(told_records())
def test_records_are_read_together_as_one_by_one(value: object) -> None:
    one_by_one = outcome(lambda: array(uplink.parse_record)(value, "records"))
    assert outcome(lambda: uplink._records(value, "records")) == one_by_one


@given(st.lists(_ODD | st.integers() | st.text(max_size=5), min_size=1, max_size=4))
def test_a_column_that_is_right_needs_no_reader(values: list[object]) -> None:
    """What is said to be right comes out of its reader as it went in."""
    for is_right, reader in (
        (are_texts(values, 5), remark(5)),
        (are_texts(values, 5, 1), text(5)),
        (are_whole(values), whole()),
        (are_whole(values, -5, 5), whole(-5, 5)),
    ):
        if is_right:
            read = [reader(value, "x") for value in values]
            assert read == values and list(map(type, read)) == list(map(type, values))


def test_usual_columns_are_right() -> None:
    assert are_texts(["a", "bcd", ""], 3) and are_whole([0, 7, 2**53 - 1])


@given(st.integers(0, 19), st.sampled_from("0123456789-T:Z+W .a\u0663"))
def test_a_time_with_a_wrong_sign_is_no_time(place: int, sign: str) -> None:
    """The quick look takes nothing that the slow one would refuse."""
    right = "2026-11-23T09:02:11Z"
    told = right[:place] + sign + right[place + 1 :]
    try:
        moment = parse_time(told)
    except Malformed:
        assert told != right
    else:
        assert told == str(moment)[:19].replace(" ", "T") + "Z"
