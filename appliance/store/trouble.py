"""What the store's failures mean, for those who must answer them and know neither peewee nor SQLite.

Owns the reading of their exceptions. It neither retries nor repairs.
"""

import apsw
from peewee import PeeweeException

from appliance.errors import Unavailable

STORE_ERRORS: tuple[type[Exception], ...] = (PeeweeException, apsw.Error)


def read_trouble(error: Exception) -> Unavailable | None:
    """Busy and full are states of the box, not defects; None for anything else."""
    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(cause, apsw.FullError | apsw.IOError) for cause in causes):
        return Unavailable("disk_full")
    if any(isinstance(cause, apsw.BusyError) for cause in causes):
        return Unavailable("store_busy")
    return _read_words(str(error).lower()) if isinstance(error, STORE_ERRORS) else None


def _read_words(text: str) -> Unavailable | None:
    """peewee may have wrapped the exception: only its words are left."""
    if "full" in text:
        return Unavailable("disk_full")
    if "locked" in text or "busy" in text:
        return Unavailable("store_busy")
    return None
