from enum import StrEnum

import pytest

from protocol.device import Malformed, Reason
from protocol.fields import (
    MAX_INTEGER,
    Fields,
    Reader,
    array,
    flag,
    known_words,
    remark,
    sha256,
    table,
    text,
    whole,
    word,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def reason_of(read: Reader[object], value: object) -> Reason:
    with pytest.raises(Malformed) as caught:
        read(value, "here")
    assert caught.value.detail.startswith("here")
    return caught.value.reason


def test_a_missing_field_is_named_with_its_path() -> None:
    with pytest.raises(Malformed, match=r"missing_field: records\[0\]\.seq"):
        Fields({}, "records[0]").need("seq", whole())


def test_an_optional_field_may_be_absent_or_null_but_not_of_another_type() -> None:
    assert Fields({}).maybe("level", whole()) is None
    assert Fields({"level": None}).maybe("level", whole()) is None
    assert Fields({"level": 0}).maybe("level", whole()) == 0
    with pytest.raises(Malformed, match="wrong_type: level"):
        Fields({"level": "0"}).maybe("level", whole())


def test_a_required_field_may_not_be_null() -> None:
    with pytest.raises(Malformed, match="wrong_type: level"):
        Fields({"level": None}).need("level", whole())


@pytest.mark.contract("0.durations_and_sizes_are_whole")
def test_a_whole_number_is_within_its_bounds_and_what_doubles_can_hold() -> None:
    assert whole()(312, "") == 312
    assert isinstance(whole()(312.0, ""), int)
    assert whole()(MAX_INTEGER, "") == 2**53 - 1
    assert reason_of(whole(), 2**53) is Reason.OUT_OF_RANGE
    assert reason_of(whole(), -1) is Reason.OUT_OF_RANGE
    assert reason_of(whole(0, 100), 101) is Reason.OUT_OF_RANGE
    for value in (True, "312", 312.5, None, [312]):
        assert reason_of(whole(), value) is Reason.WRONG_TYPE


def test_text_that_means_something_is_refused_when_it_does_not_fit() -> None:
    assert text(3)("abc", "") == "abc"
    assert text(3, 0)("", "") == ""
    assert reason_of(text(3), "abcd") is Reason.OUT_OF_RANGE
    assert reason_of(text(3), "") is Reason.OUT_OF_RANGE
    assert reason_of(text(3), "a\0b") is Reason.UNPRINTABLE
    assert reason_of(text(3), 123) is Reason.WRONG_TYPE


def test_a_remark_is_cut_to_fit_so_that_the_fact_it_explains_is_kept() -> None:
    assert remark(3)("abcd", "") == "abc"
    assert remark(3)("a\0b", "") == "a\N{REPLACEMENT CHARACTER}b"
    assert reason_of(remark(3), 123) is Reason.WRONG_TYPE


@pytest.mark.parametrize("hostile", ["'; DROP TABLE x", "<script>", "=HYPERLINK(1)", "\x1b[2J", "\u202eabc", "a\nb"])
def test_hostile_text_is_data(hostile: str) -> None:
    assert text(40)(hostile, "") == hostile
    assert remark(40)(hostile, "") == hostile


@pytest.mark.contract("0.hashes_are_lower_case_sha256")
def test_a_hash_is_sixty_four_lower_case_hex_digits() -> None:
    assert sha256("0f" * 32, "") == "0f" * 32
    for value in ("0F" * 32, "0f" * 31, "0g" * 32, "0f" * 32 + "\n", ""):
        assert reason_of(sha256, value) is Reason.UNKNOWN_VALUE
    assert reason_of(sha256, 0) is Reason.WRONG_TYPE


def test_only_true_and_false_are_flags() -> None:
    assert flag(True, "") is True
    for value in (0, 1, "true", None):
        assert reason_of(flag, value) is Reason.WRONG_TYPE


def test_an_unknown_word_is_refused_without_being_repeated() -> None:
    assert word(Colour)("red", "") is Colour.RED
    with pytest.raises(Malformed) as caught:
        word(Colour)("<script>", "here")
    assert str(caught.value) == "unknown_value: here: not one of red, blue"
    assert reason_of(word(Colour), ["red"]) is Reason.WRONG_TYPE


def test_words_of_a_newer_client_are_left_out_and_repetitions_too() -> None:
    assert known_words(Colour)(["blue", "mauve", "red", "red"], "") == (Colour.RED, Colour.BLUE)
    assert reason_of(known_words(Colour), "red") is Reason.WRONG_TYPE
    assert reason_of(known_words(Colour), [1]) is Reason.WRONG_TYPE


def test_a_complaint_about_an_item_says_which() -> None:
    with pytest.raises(Malformed, match=r"here\[1\]: not text"):
        array(text(9))(["a", 2], "here")
    assert reason_of(array(text(9)), {}) is Reason.WRONG_TYPE


def test_a_complaint_about_a_table_does_not_repeat_its_names() -> None:
    with pytest.raises(Malformed) as caught:
        table(text(9), text(9))({"<script>": 1}, "here")
    assert "script" not in str(caught.value)
    assert reason_of(table(text(9), text(9)), []) is Reason.WRONG_TYPE


def test_what_is_not_an_object_has_no_fields() -> None:
    with pytest.raises(Malformed, match="wrong_type: payload: not an object"):
        Fields([])
