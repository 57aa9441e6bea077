"""The index that finds a word within a device's searched text. PostgreSQL only: SQLite reads its rows fast enough.

`pg_trgm` is a trusted extension: the owner of the database may add it. Where that is not so, searching still works,
and reads all rows.
"""

from central.store.database import is_postgres
from central.store.models import database
from central.store.trouble import STORE_ERRORS

_STATEMENTS = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS device_search_trgm ON device USING gin (search gin_trgm_ops)",
)


def ensure_search_index() -> bool:
    """Whether it is there now. Once at the start of the server, outside of any other transaction."""
    if not is_postgres():
        return False
    try:
        with database.atomic():
            for statement in _STATEMENTS:
                database.execute_sql(statement)
    except STORE_ERRORS:
        return False
    return True
