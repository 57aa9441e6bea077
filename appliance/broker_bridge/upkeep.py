"""What the box does for itself beside its work: ballast, the day's backup, what killed processes left behind.

Owns when, not how. Nothing here may stop or delay a lesson: it has a thread of its own, and what fails is tried again.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance import worker
from appliance.clock import Clock
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.services.backups import Backups
from appliance.services.documents import Documents
from appliance.store import ballast
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS

_log = logging.getLogger("upkeep")
_LOOK_SECONDS = 5.0
_CHORES_SECONDS = 3600.0
# Not at once: a box that starts again and again, or thirty tablets that come back, want the machine for themselves.
_CHORES_AFTER_SECONDS = 60.0
_FAILURES: tuple[type[Exception], ...] = (PreauError, OSError, *STORE_ERRORS)


class Upkeep:
    def __init__(self, clock: Clock, ballast_path: Path, backups: Backups, documents: Documents) -> None:
        self._clock = clock
        self._ballast_path = ballast_path
        self._backups = backups
        self._documents = documents
        self._chores_at: float | None = None

    def step(self, monotonic: float | None = None) -> bool:
        """One look. Always False: the next look can wait."""
        monotonic = time.monotonic() if monotonic is None else monotonic
        self._try(self._tend_ballast)
        if self._chores_at is None:
            self._chores_at = monotonic + _CHORES_AFTER_SECONDS
        if monotonic >= self._chores_at:
            self._chores_at = monotonic + _CHORES_SECONDS
            for chore in (self._backups.sweep, self._documents.sweep, self._back_up):
                self._try(chore)
        return False

    def _tend_ballast(self) -> None:
        if ballast.tend(self._ballast_path):
            fact(_log, "ballast", state="there" if self._ballast_path.exists() else "released")

    def _back_up(self) -> None:
        """With the day's backup goes the day's look at every document's content."""
        if self._backups.automatic(self._clock.now()) is None:
            return
        for sha256 in self._documents.scrub():
            fact(_log, "document_damaged", document=sha256[:12])

    def _try(self, chore: Callable[[], object]) -> None:
        try:
            chore()
        except _FAILURES as error:
            fact(_log, "chore_failed", chore=chore.__name__, error=error)


@contextmanager
def kept_up(upkeep: Upkeep) -> Iterator[None]:
    """In a thread beside the block."""
    stop = threading.Event()

    def run() -> None:
        with database.connection_context():
            worker.run(upkeep.step, lambda: stop.wait(_LOOK_SECONDS), stop)

    thread = threading.Thread(target=run, name="upkeep")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
