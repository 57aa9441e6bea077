"""Many rows by one statement: written, or written over. PostgreSQL takes them as arrays, SQLite one after the other.

Owns the SQL of both engines, and what fits into a column. Decides nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
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

    def by_name(self) -> dict[str, Any]:
        return dict(zip(self.columns, self.fields(), strict=True))


@dataclass(frozen=True, slots=True)
class Same:
    """A column that has one value in every row, as the database keeps it."""

    value: object


Column = Sequence[Any] | Same


def put_rows(target: Target, rows: Iterable[Sequence[object]]) -> None:
    """Values as Python has them. No key may be there twice. In the caller's transaction."""
    columns: list[Column] = [
        [field.db_value(value) for value in column]
        for field, column in zip(target.fields(), zip(*rows, strict=True), strict=False)
    ]
    if columns and not (target.is_new and put_new(target, columns)):
        _execute(target, columns, over=True)


def put_new(target: Target, columns: Sequence[Column]) -> bool:
    """Values as the database keeps them. False: one of the keys was there, and nothing was written."""
    try:
        with database.atomic():
            _execute(target, columns, over=False)
    except (IntegrityError, apsw.ConstraintError):
        return False
    return True


def _execute(target: Target, columns: Sequence[Column], *, over: bool) -> None:
    same = tuple(isinstance(column, Same) for column in columns)
    statement = _statement(target, is_postgres(), same, over=over)
    if is_postgres():
        fixed = [column.value for column in columns if isinstance(column, Same)]
        arrays = [array_text(column) for column in columns if not isinstance(column, Same)]
        database.execute_sql(statement, [*fixed, *arrays])
    else:
        rows = zip(*(repeat(one.value) if isinstance(one, Same) else one for one in columns), strict=False)
        database.cursor().executemany(statement, list(rows))


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
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    texts = values if kinds == {str} else [_text(value) for value in values]
    joined = "\x01".join(texts)
    if joined.count("\x01") != len(values) - 1 or joined.count("\x02") != values.count(None):
        return "{" + ",".join("NULL" if value is None else _quoted(str(value)) for value in values) + "}"
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"').replace("\x01", '","')
    return ('{"' + escaped + '"}').replace('"\x02"', "NULL")


def _text(value: object) -> str:
    return "\x02" if value is None else value if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=64)
def _statement(target: Target, postgres: bool, same: tuple[bool, ...], *, over: bool) -> str:
    fields = target.fields()
    names = [f'"{field.column_name}"' for field in fields]
    kept = {f'"{target.model._meta.fields[name].column_name}"' for name in target.keep}
    update = ", ".join(f"{name} = excluded.{name}" for name in names[target.keys :] if name not in kept)
    clash = f"ON CONFLICT ({', '.join(names[: target.keys])}) " + (
        f"DO UPDATE SET {update}" if update else "DO NOTHING"
    )
    if postgres:
        types = [_type_of(field) for field in fields]
        shown = [f"%s::{kind}" if one else name for name, kind, one in zip(names, types, same, strict=True)]
        arrays = [f"%s::{kind}[]" for kind, one in zip(types, same, strict=True) if not one]
        varied = [name for name, one in zip(names, same, strict=True) if not one]
        source = f"SELECT {', '.join(shown)} FROM unnest({', '.join(arrays)}) AS told({', '.join(varied)})"  # noqa: S608 - our own names; values are parameters
    else:
        source = f"VALUES ({', '.join('?' for _ in fields)})"
    # All names are of our own models.
    return f'INSERT INTO "{target.model._meta.table_name}" ({", ".join(names)}) {source}' + (
        f" {clash}" if over else ""
    )


def _type_of(field: Any) -> str:
    field = getattr(field, "rel_field", field)  # a foreign key is of what it points to
    return next((name for kind, name in _TYPES if isinstance(field, kind)), "text")
