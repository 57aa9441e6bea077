"""Many rows by one statement: written, or written over. PostgreSQL takes them as arrays, SQLite one after the other.

Owns the SQL of both engines, and what fits into a column. Decides nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import apsw
from peewee import BigIntegerField, BooleanField, CharField, Field, IntegerField, IntegrityError

from central.store.database import is_postgres
from central.store.fields import MomentField
from central.store.models import Row, database

_INTEGER = 2**31
_TYPES: tuple[tuple[type[Field], str], ...] = (
    (MomentField, "bigint"),
    (BigIntegerField, "bigint"),
    (IntegerField, "integer"),
    (BooleanField, "boolean"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """Columns by the names of their fields, the key first (`keys` of them). `keep`: written once, never over.

    `is_new`: hardly ever there already; writing such rows without looking for them first costs a third less.
    """

    model: type[Row]
    columns: tuple[str, ...]
    keys: int
    keep: tuple[str, ...] = ()
    is_new: bool = False

    def fields(self) -> list[Any]:
        return [self.model._meta.fields[name] for name in self.columns]


def put_rows(target: Target, rows: Iterable[Sequence[object]]) -> None:
    """Values as Python has them. No key may be there twice. In the caller's transaction."""
    columns = [
        [field.db_value(value) for value in column]
        for field, column in zip(target.fields(), zip(*rows, strict=True), strict=False)
    ]
    if not columns:
        return
    if not (target.is_new and _inserted(target, columns)):
        _execute(_statement(target, is_postgres(), over=True), columns)


def _inserted(target: Target, columns: Sequence[Sequence[Any]]) -> bool:
    """False: one of them was there, and nothing was written."""
    try:
        with database.atomic():
            _execute(_statement(target, is_postgres(), over=False), columns)
    except (IntegrityError, apsw.ConstraintError):
        return False
    return True


def _execute(statement: str, columns: Sequence[Sequence[Any]]) -> None:
    if is_postgres():
        database.execute_sql(statement, [array_text(column) for column in columns])
    else:
        database.cursor().executemany(statement, list(zip(*columns, strict=True)))


def all_fit(target: Target, rows: Sequence[Sequence[Any]]) -> bool:
    """A quick look at whole columns: nearly always, all of them do."""
    for place, longest in _limits(target):
        sizes = [len(row[place]) if longest else row[place] for row in rows if row[place] is not None]
        if sizes and (max(sizes) > (longest or _INTEGER - 1) or min(sizes) < -_INTEGER):
            return False
    return True


def misfit(target: Target, row: Sequence[object]) -> str:
    """The first column that cannot hold its value; empty when all can. SQLite would take anything."""
    for place, longest in _limits(target):
        value = row[place]
        if value.__class__ is str:
            if longest and len(value) > longest:
                return target.columns[place]
        elif not longest and value is not None and not -_INTEGER <= value < _INTEGER:  # type: ignore[operator]  # a number
            return target.columns[place]
    return ""


@lru_cache(maxsize=64)
def _limits(target: Target) -> tuple[tuple[int, int], ...]:
    """Place of a column, and how many characters it holds; 0: a small whole number."""
    found = []
    for place, field in enumerate(target.fields()):
        if type(field) is CharField:
            found.append((place, field.max_length))
        elif type(field) is IntegerField:
            found.append((place, 0))
    return tuple(found)


def array_text(values: Sequence[Any]) -> str:
    """A column as PostgreSQL reads an array: all at once, since the driver looks at each value by itself."""
    texts = ["\x02" if value is None else value if value.__class__ is str else str(value) for value in values]
    joined = "\x01".join(texts)
    if joined.count("\x01") != len(values) - 1 or joined.count("\x02") != values.count(None):
        return "{" + ",".join("NULL" if value is None else _quoted(str(value)) for value in values) + "}"
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"').replace("\x01", '","')
    return ('{"' + escaped + '"}').replace('"\x02"', "NULL")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=64)
def _statement(target: Target, postgres: bool, *, over: bool) -> str:
    fields = target.fields()
    names = [f'"{field.column_name}"' for field in fields]
    kept = {f'"{target.model._meta.fields[name].column_name}"' for name in target.keep}
    update = ", ".join(f"{name} = excluded.{name}" for name in names[target.keys :] if name not in kept)
    clash = f"ON CONFLICT ({', '.join(names[: target.keys])}) " + (
        f"DO UPDATE SET {update}" if update else "DO NOTHING"
    )
    if postgres:
        source = f"SELECT * FROM unnest({', '.join(f'%s::{_type_of(field)}[]' for field in fields)})"  # noqa: S608
    else:
        source = f"VALUES ({', '.join('?' for _ in fields)})"
    # All names are of our own models.
    return f'INSERT INTO "{target.model._meta.table_name}" ({", ".join(names)}) {source}' + (
        f" {clash}" if over else ""
    )


def _type_of(field: Any) -> str:
    field = getattr(field, "rel_field", field)  # a foreign key is of what it points to
    return next((name for kind, name in _TYPES if isinstance(field, kind)), "text")
