"""Column types of the store: moments as integer milliseconds, JSON as text."""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from peewee import SQL, Field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class MomentField(Field):
    """An aware UTC datetime, kept as milliseconds since 1970: compares and sorts, and carries no text form."""

    field_type = "INTEGER"

    def db_value(self, value: datetime | int | None) -> int | None:
        return to_milliseconds(value) if isinstance(value, datetime) else value

    def python_value(self, value: int | None) -> datetime | None:
        return None if value is None else from_milliseconds(value)


class JsonField(Field):
    field_type = "TEXT"

    def db_value(self, value: object) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)


def default(word: str) -> list[Any]:
    """One that SQLite itself knows, as a migration has to give it to the rows that are there."""
    return [SQL(f"DEFAULT '{word}'")]


def to_milliseconds(value: datetime) -> int:
    """Cut, never rounded up: the last moment of year 9999, which a device may claim, would be none any more."""
    return (value - _EPOCH) // _MILLISECOND


def from_milliseconds(value: int) -> datetime:
    return _EPOCH + value * _MILLISECOND


@lru_cache(maxsize=1024)
def read_words(text: str) -> tuple[str, ...]:
    """A stored list of words. Hundreds of devices hold the same few lists, which are asked for at each gesture."""
    return tuple(json.loads(text))
