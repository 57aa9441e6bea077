"""Readers that turn parsed JSON into typed values, or say which field is wrong and how.

A reader takes a value and its path. Paths are built from names in our own source and from positions, so that a
complaint never repeats what a stranger sent. It must not know any message.
"""

import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from protocol.strict_json import Malformed, Reason
from protocol.times import parse_time

MAX_INTEGER = 2**53 - 1  # beyond it, a client that reads numbers as doubles would see another number

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Reader = Callable[[object, str], T]


class Fields:
    """One JSON object. Fields that nobody asks for are ignored."""

    __slots__ = ("_path", "_values")

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise Malformed(Reason.WRONG_TYPE, f"{path or 'payload'}: not an object")
        self._values: dict[str, object] = value
        self._path = path

    def need(self, name: str, read: Reader[T]) -> T:
        if name not in self._values:
            raise Malformed(Reason.MISSING_FIELD, self._at(name))
        return read(self._values[name], self._at(name))

    def maybe(self, name: str, read: Reader[T]) -> T | None:
        """None when the field is absent or null: clients differ in which of the two they send."""
        value = self._values.get(name)
        return None if value is None else read(value, self._at(name))

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def whole(minimum: int = 0, maximum: int = MAX_INTEGER) -> Reader[int]:
    """A whole number; 312.0 is one too, as JSON does not tell it from 312."""

    def read(value: object, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise Malformed(Reason.WRONG_TYPE, f"{path}: not a whole number")
        if not minimum <= value <= maximum:
            raise Malformed(Reason.OUT_OF_RANGE, f"{path}: not in {minimum}..{maximum}")
        return int(value)

    return read


def text(maximum: int, minimum: int = 1) -> Reader[str]:
    """Text that means something to us (an id, a name of a package): refused when it does not fit."""

    def read(value: object, path: str) -> str:
        if not isinstance(value, str):
            raise Malformed(Reason.WRONG_TYPE, f"{path}: not text")
        if not minimum <= len(value) <= maximum:
            raise Malformed(Reason.OUT_OF_RANGE, f"{path}: not {minimum}..{maximum} characters")
        if "\0" in value:
            raise Malformed(Reason.UNPRINTABLE, f"{path}: NUL")
        return value

    return read


def remark(maximum: int) -> Reader[str]:
    """Text for a person to read: cut to fit, because a long explanation must not cost the fact that it explains."""

    def read(value: object, path: str) -> str:
        if not isinstance(value, str):
            raise Malformed(Reason.WRONG_TYPE, f"{path}: not text")
        return value[:maximum].replace("\0", "\N{REPLACEMENT CHARACTER}")

    return read


def sha256(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise Malformed(Reason.WRONG_TYPE, f"{path}: not text")
    if _SHA256.fullmatch(value) is None:
        raise Malformed(Reason.UNKNOWN_VALUE, f"{path}: not a lower-case hex SHA-256")
    return value


def flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(Reason.WRONG_TYPE, f"{path}: not true or false")
    return value


def moment(value: object, path: str) -> datetime:
    if not isinstance(value, str):
        raise Malformed(Reason.WRONG_TYPE, f"{path}: not a time")
    try:
        return parse_time(value)
    except Malformed as error:
        raise Malformed(error.reason, f"{path}: {error.detail}") from None


def word(words: type[E]) -> Reader[E]:
    def read(value: object, path: str) -> E:
        if not isinstance(value, str):
            raise Malformed(Reason.WRONG_TYPE, f"{path}: not text")
        try:
            return words(value)
        except ValueError:
            raise Malformed(Reason.UNKNOWN_VALUE, f"{path}: not one of {', '.join(words)}") from None

    return read


def known_words(words: type[E]) -> Reader[tuple[E, ...]]:
    """The words that we know, each once: a newer client may announce more than we have heard of."""

    def read(value: object, path: str) -> tuple[E, ...]:
        given = array(remark(64))(value, path)
        return tuple(known for known in words if known in given)

    return read


def array(read_item: Reader[T]) -> Reader[tuple[T, ...]]:
    def read(value: object, path: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise Malformed(Reason.WRONG_TYPE, f"{path}: not an array")
        return tuple(read_item(item, f"{path}[{position}]") for position, item in enumerate(value))

    return read


def table(read_key: Reader[str], read_value: Reader[T]) -> Reader[dict[str, T]]:
    """An object whose field names are data: they are not repeated in complaints either."""

    def read(value: object, path: str) -> dict[str, T]:
        if not isinstance(value, dict):
            raise Malformed(Reason.WRONG_TYPE, f"{path}: not an object")
        return {read_key(key, f"{path}{{}}"): read_value(item, f"{path}{{}}") for key, item in value.items()}

    return read
