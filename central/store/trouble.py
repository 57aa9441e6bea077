"""What the database's failures mean, for those who must answer them and know neither peewee nor an engine.

Owns the reading of their exceptions. It neither retries nor repairs.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw
import psycopg
from peewee import InterfaceError, OperationalError, PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from central.errors import Unavailable

STORE_ERRORS: tuple[type[Exception], ...] = (PeeweeException, apsw.Error, psycopg.Error, MaxConnectionsExceeded)
_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_BUSY = (apsw.BusyError, apsw.LockedError, MaxConnectionsExceeded, psycopg.errors.DeadlockDetected,
         psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)  # fmt: skip
_FULL = (apsw.FullError, apsw.IOError, psycopg.errors.DiskFull)


def read_trouble(error: BaseException) -> Unavailable | None:
    """Away, busy and full are states of the server, not defects; None for anything else."""
    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(cause, _FULL) for cause in causes):
        return Unavailable("disk_full")
    if any(isinstance(cause, _BUSY) for cause in causes):
        return Unavailable("database_busy")
    if not isinstance(error, STORE_ERRORS):
        return None
    words = str(error).lower()
    if "full" in words:
        return Unavailable("disk_full")
    if "locked" in words or "busy" in words:
        return Unavailable("database_busy")
    return Unavailable("database_away") if isinstance(error, _AWAY) else None


@contextmanager
def in_words() -> Iterator[None]:
    """A database that is away, busy or full becomes Unavailable; a defect stays what it is."""
    try:
        yield
    except STORE_ERRORS as error:
        trouble = read_trouble(error)
        if trouble is None:
            raise
        raise trouble from error
