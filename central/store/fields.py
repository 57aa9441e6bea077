"""Column types that SQLite and PostgreSQL both keep alike: moments as integer milliseconds, JSON as text."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import Field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # `json.dumps` makes a new one each time


def moment(milliseconds: int) -> datetime:
    """For a column that came through a function of SQL, as the plain number."""
    return _EPOCH + milliseconds * _MILLISECOND


class MomentField(Field):
    """An aware UTC datetime, kept as milliseconds since 1970: compares and sorts alike in both databases."""

    field_type = "BIGINT"

    def db_value(self, value: datetime | int | None) -> int | None:
        return (value - _EPOCH) // _MILLISECOND if isinstance(value, datetime) else value

    def python_value(self, value: int | None) -> datetime | None:
        return None if value is None else moment(value)


class JsonField(Field):
    field_type = "TEXT"

    def db_value(self, value: object) -> str | None:
        return None if value is None else _encode(value)

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)
