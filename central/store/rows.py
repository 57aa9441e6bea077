"""Rows of a query as plain tuples, in the order of its columns. Peewee's own types say that they are models."""

from typing import Any


def tuples_of(query: Any) -> list[tuple[Any, ...]]:
    return list(query.tuples())
