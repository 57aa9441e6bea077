"""Column types of the store: moments as integer milliseconds, JSON as text."""

import json
from datetime import UTC, datetime
from typing import Any

from peewee import Field


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


def to_milliseconds(value: datetime) -> int:
    return round(value.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)
