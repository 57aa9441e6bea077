"""Reads and writes JSON objects from strangers within the contract's limits.

Owns what a payload may look like before anyone asks what it means. It must not know any message.
"""

import json
import math
import re
from enum import StrEnum

MAX_PAYLOAD_BYTES = 65536
MAX_DEPTH = 16
MAX_DETAIL_CHARS = 200
# A number with more digits than the largest double is refused unread, as 1e400 is: parsing it costs quadratic time.
_MAX_INTEGER_DIGITS = 308
# Strings are matched whole so that brackets in them do not count. The closing quote is optional: the expression can
# then never fail and try again, which would be quadratic on a string that does not end.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]+|\\.)*"?|[\[\]{}]', re.DOTALL)
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_ROUND = bytes.maketrans(b"[]{}", b"()()")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class Reason(StrEnum):
    """Why a payload was dropped: the word that is counted per device and shown to the administrator."""

    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    DUPLICATE_FIELD = "duplicate_field"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    UNPRINTABLE = "unprintable"
    BAD_TIME = "bad_time"
    UNKNOWN_VALUE = "unknown_value"
    UNKNOWN_TOPIC = "unknown_topic"


class Malformed(ValueError):
    """A payload that is dropped. `detail` names the place, never quotes the payload: it may be logged and shown."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail[:MAX_DETAIL_CHARS]
        super().__init__(f"{reason.value}: {self.detail}" if detail else reason.value)


def check_size(raw: bytes, most: int = MAX_PAYLOAD_BYTES) -> None:
    if len(raw) > most:
        raise Malformed(Reason.TOO_LARGE, f"{len(raw)} bytes, at most {most}")


def read_object(raw: bytes, most: int = MAX_PAYLOAD_BYTES) -> dict[str, object]:
    """The JSON object in `raw`, or Malformed: whatever the bytes are, nothing else is raised."""
    check_size(raw, most)
    _check_depth(raw)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_bounded_integer if _has_long_number(raw) else None,
        )
    except UnicodeDecodeError as error:
        raise Malformed(Reason.NOT_JSON, f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Malformed(Reason.NOT_JSON, f"{error.msg} at character {error.pos}") from None
    if not isinstance(value, dict):
        raise Malformed(Reason.WRONG_TYPE, "payload: not an object")
    if b"\\u" in raw:
        _check_surrogates(value)
    return value


def write_object(value: dict[str, object], most: int = MAX_PAYLOAD_BYTES, *, in_order: bool = False) -> bytes:
    """Compact UTF-8. A value that no receiver would accept is refused here, where its maker can be found.

    `in_order` of the fields' names: for what is signed.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=in_order)
        raw = text.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed(Reason.UNPRINTABLE, "lone surrogate") from None
    check_size(raw, most)
    return raw


def _check_depth(raw: bytes) -> None:
    """Before parsing, since the parser recurses."""
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH or _closes_within(_without_strings(raw)):
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(raw):
        token = match.group()
        if token in (b"{", b"["):
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(Reason.TOO_DEEP, f"at most {MAX_DEPTH} levels")
        elif token in (b"}", b"]"):
            depth -= 1


def _without_strings(raw: bytes) -> bytes:
    if b"\\" in raw:
        return _STRING.sub(b"", raw)
    return b"".join(raw.split(b'"')[::2])


def _closes_within(unquoted: bytes) -> bool:
    """Whether all brackets cancel out in as many rounds as levels are allowed: much faster than looking at each."""
    brackets = unquoted.translate(_ROUND, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"()", b"")
    return not brackets


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two readers of one payload must not see two different values."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed(Reason.DUPLICATE_FIELD, "a field is given twice")
    return result


def _refuse_constant(name: str) -> object:
    raise Malformed(Reason.NOT_JSON, f"{name} is not JSON")


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed(Reason.OUT_OF_RANGE, "number too large")
    return number


def _has_long_number(raw: bytes) -> bool:
    """Or a long one in a string. Looking at each number by itself is slower, and there are thousands in a batch."""
    return len(raw) >= _MAX_INTEGER_DIGITS and b"0" * _MAX_INTEGER_DIGITS in raw.translate(_DIGITS)


def _bounded_integer(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS:
        raise Malformed(Reason.OUT_OF_RANGE, "number too large")
    return int(text)


def _check_surrogates(value: dict[str, object]) -> None:
    r"""A lone "\ud800" is text that cannot be stored, logged or sent on as UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed(Reason.UNPRINTABLE, "lone surrogate") from None
