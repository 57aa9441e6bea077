"""Many rows by one statement: the path of a gesture for hundreds of devices, where a model per row costs too much."""

from collections.abc import Iterable, Sequence

from peewee import __exception_wrapper__ as wrapped

from appliance.store.models import database


def execute_many(statement: str, rows: Iterable[Sequence[object]]) -> None:
    """Inside the caller's transaction; errors arrive as peewee's."""
    with wrapped:
        database.connection().cursor().executemany(statement, rows)
