"""Many rows by one statement: the path of a gesture for hundreds of devices, where a model per row costs too much."""

from collections.abc import Iterable, Sequence

import apsw
from peewee import OperationalError

from appliance.store.models import database


def execute_many(statement: str, rows: Iterable[Sequence[object]]) -> None:
    """Inside the caller's transaction; a full disk arrives as peewee's error."""
    try:
        database.connection().cursor().executemany(statement, rows)
    except apsw.FullError as error:
        raise OperationalError(str(error)) from error
