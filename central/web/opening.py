"""A worker that is born while the database is away: it says so, with when to come back, and opens with the first
request that finds the database again. gunicorn alone would take it for a defect and end all the others, too.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from central.errors import Unavailable
from central.store.trouble import read_trouble

_RETRY_SECONDS = 2
_FOR_PEOPLE = "La base de données de la ville ne répond pas. Rechargez cette page dans un instant.\n"

_log = logging.getLogger("web")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def open_now_or_later(make: Callable[[], Application]) -> Application:
    """What `make` gives; where the database is away, what will give it. A defect is raised."""
    try:
        return make()
    except Exception as error:
        trouble = _of_store(error)
        if trouble is None:
            raise
        _log.warning("worker_waits code=%s", trouble.code)
        return _Opening(make)


def _of_store(error: BaseException) -> Unavailable | None:
    """Also of the sentence that a person reads who starts all of it (`store.database.open_database`)."""
    return read_trouble(error) or (read_trouble(error.__cause__) if error.__cause__ else None)


class _Opening:
    def __init__(self, make: Callable[[], Application]) -> None:
        self._make = make
        self._made: Application | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        trouble = None if self._made else self._try()
        if self._made is not None:
            return self._made(environ, start_response)
        return _refusal(trouble or Unavailable("database_away"), environ, start_response)

    def _try(self) -> Unavailable | None:
        """One at a time: the others are answered at once."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            self._made = self._made or self._make()
        except Exception as error:
            trouble = _of_store(error)
            if trouble is None:
                raise
            return trouble
        finally:
            self._lock.release()
        return None


def _refusal(trouble: Unavailable, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    is_page = "text/html" in environ.get("HTTP_ACCEPT", "")
    body = _FOR_PEOPLE if is_page else json.dumps({"error": trouble.code})
    kind = "text/plain; charset=utf-8" if is_page else "application/json"
    start_response("503 Service Unavailable", [("Content-Type", kind), ("Retry-After", str(_RETRY_SECONDS))])
    return [body.encode()]
