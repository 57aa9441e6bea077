"""What the database's failures mean, for those who must answer them and know neither peewee nor an engine.

Owns the reading of their exceptions, by their class and their SQLSTATE alone: what they say quotes the values that were
refused. It neither retries nor repairs.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw
from peewee import InterfaceError, PeeweeException
from playhouse.pool import MaxConnectionsExceeded

from central.errors import Unavailable

try:
    from psycopg import Error as DriverError
    from psycopg import InterfaceError as DriverClosed
    from psycopg import OperationalError as DriverAway
except ImportError:  # a process whose store is SQLite does without (`central.__main__`)

    class DriverError(Exception):  # type: ignore[no-redef]  # never raised, like the two below
        sqlstate = ""

    class DriverClosed(DriverError):  # type: ignore[no-redef]  # as above
        pass

    class DriverAway(DriverError):  # type: ignore[no-redef]  # as above
        pass


STORE_ERRORS: tuple[type[Exception], ...] = (PeeweeException, apsw.Error, DriverError, MaxConnectionsExceeded)
DISK_FULL = "disk_full"
_FULL, _BUSY, _AWAY = DISK_FULL, "database_busy", "database_away"
_CLASSES: tuple[tuple[type[Exception], str], ...] = (
    (apsw.FullError, _FULL), (apsw.IOError, _FULL),
    (apsw.BusyError, _BUSY), (apsw.LockedError, _BUSY), (MaxConnectionsExceeded, _BUSY),
    (apsw.CantOpenError, _AWAY), (apsw.ReadOnlyError, _AWAY), (apsw.PermissionsError, _AWAY),
    (InterfaceError, _AWAY), (DriverClosed, _AWAY),
)  # fmt: skip
# The first prefix that fits. A limit that one record breaks (54) is a defect of that record, though psycopg calls it
# operational as well.
_STATES = (
    ("53100", _FULL), ("58030", _FULL),
    ("40", _BUSY), ("53", _BUSY), ("55P03", _BUSY), ("57014", _BUSY),
    ("08", _AWAY), ("57P", _AWAY), ("58", _AWAY), ("25006", _AWAY), ("25P0", _AWAY),
)  # fmt: skip


def read_trouble(error: BaseException) -> Unavailable | None:
    """Away, busy and full are states of the server, not defects; None for anything else."""
    code = _code(_origin(error))
    return None if code is None else Unavailable(code)


def is_full(error: BaseException) -> bool:
    trouble = read_trouble(error)
    return trouble is not None and trouble.code == DISK_FULL


def _origin(error: BaseException) -> BaseException:
    """As the engine raised it: peewee's own carries that, wrapped twice where a statement had to connect first."""
    while isinstance(error, PeeweeException) and isinstance(origin := getattr(error, "orig", None), BaseException):
        error = origin
    return error


def _code(error: BaseException) -> str | None:
    if isinstance(error, DriverError) and error.sqlstate:
        return next((code for prefix, code in _STATES if error.sqlstate.startswith(prefix)), None)
    if isinstance(error, DriverAway):  # nobody there, or no longer
        return _AWAY
    return next((code for kind, code in _CLASSES if isinstance(error, kind)), None)


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
