"""All tables as lines of JSON and back, the same for both engines: a city can so move from SQLite to PostgreSQL.

Values are those of the database, not of the models: nothing is lost in a field that a later version reads differently.
However large the city is, a few rows at a time are in memory: of those with a file in them, one.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from peewee import AutoField, BlobField, BooleanField, Model

from central.store.database import TABLES, is_postgres
from central.store.desk_models import LiveView, Session, Throttle, Watch
from central.store.models import Row, database

# Of this moment, or a secret of somebody's browser: worth nothing in a backup.
_LEFT_OUT: tuple[type[Row], ...] = (Session, Throttle, Watch, LiveView)
_AT_ONCE = 200  # rows
_BYTES_AT_ONCE = 1024 * 1024  # and not more of them, unless one alone is longer


def kept_tables() -> tuple[type[Row], ...]:
    """In an order in which a foreign key finds its row."""
    return tuple(table for table in TABLES if table not in _LEFT_OUT)


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read within is of one moment, while others go on writing."""
    if not is_postgres():
        with database.atomic():
            yield
        return
    with database.atomic():
        database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def read_lines(table: type[Row]) -> Iterator[bytes]:
    """Within `one_moment`."""
    names = _columns(table)
    for row in _rows(table):
        values = {name: _plain(table, name, value) for name, value in zip(names, row, strict=True)}
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _rows(table: type[Row]) -> Iterator[tuple[object, ...]]:
    """As the database has them. PostgreSQL's own cursor: an ordinary one fetches the whole table first."""
    statement, _ = table.select().sql()
    if not is_postgres():
        yield from database.execute_sql(statement)
        return
    with database.connection().cursor(name="dump") as cursor:
        cursor.itersize = 1 if _has_files(table) else _AT_ONCE
        cursor.execute(statement)
        yield from cursor


def write_lines(table: type[Row], lines: Iterable[bytes]) -> int:
    """How many rows. Columns that the lines do not know take their default: they are of an older version."""
    batch: list[dict[str, object]] = []
    count = size = 0
    for line in lines:
        batch.append({name: _stored(table, name, value) for name, value in json.loads(line).items()})
        size += len(line)
        if len(batch) == _AT_ONCE or size >= _BYTES_AT_ONCE:
            count += _insert(table, batch)
            batch, size = [], 0
    return count + _insert(table, batch)


def restart_counters() -> None:
    """PostgreSQL gives out numbers by itself: it goes on above those that came with the rows."""
    if not is_postgres():
        return
    for table in kept_tables():
        meta = table._meta
        if isinstance(meta.primary_key, AutoField):
            name, key = meta.table_name, meta.primary_key.column_name
            database.execute_sql(
                f"SELECT setval(pg_get_serial_sequence('\"{name}\"', '{key}'), "  # noqa: S608 - our own names
                f'COALESCE((SELECT MAX("{key}") FROM "{name}"), 1))'
            )


def is_empty() -> bool:
    return not any(table.select().exists() for table in kept_tables() if table._meta.table_name != "setting")


def _columns(table: type[Model]) -> list[str]:
    return [field.name for field in table._meta.sorted_fields]


def _has_files(table: type[Model]) -> bool:
    return any(isinstance(field, BlobField) for field in table._meta.sorted_fields)


def _plain(table: type[Model], name: str, value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    # The engines tell a boolean differently; the rest is as the database holds it.
    return bool(value) if isinstance(table._meta.fields[name], BooleanField) and value is not None else value


def _stored(table: type[Model], name: str, value: object) -> object:
    field = table._meta.fields[name]
    if isinstance(field, BlobField) and isinstance(value, str):
        return base64.b64decode(value)
    return field.python_value(value)


def _insert(table: type[Row], rows: list[dict[str, object]]) -> int:
    if rows:
        query = table.insert_many(rows)
        if table._meta.table_name == "setting":
            query = (
                query.on_conflict_replace()
                if not is_postgres()
                else query.on_conflict(
                    conflict_target=[table._meta.fields["key"]], preserve=[table._meta.fields["value"]]
                )
            )
        query.execute()
    return len(rows)
