"""What the appliance does for itself between lessons: ballast, a backup a day, documents looked at, old things gone.

A step for `worker.run`, in a thread of its own: reading a large document or writing a backup must hold nobody up.
"""

import logging
from collections import deque
from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.config import Config
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.services.backups import Backups
from appliance.services.documents import Documents
from appliance.services.retention import prune
from appliance.store.ballast import tend
from appliance.store.healing import forget_damaged
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS

_log = logging.getLogger("upkeep")
FIRST_LOOK = timedelta(minutes=2)  # the start has better things to do
_BACKUP_EVERY = timedelta(minutes=10)  # how often it looks whether the day's is there
_SCRUB_EVERY = timedelta(days=1)
_PRUNE_EVERY = timedelta(days=1)
_PASSING: tuple[type[Exception], ...] = (PreauError, OSError, *STORE_ERRORS)


class Upkeep:
    def __init__(self, clock: Clock, config: Config, backups: Backups, documents: Documents) -> None:
        self._clock = clock
        self._config = config
        self._backups = backups
        self._documents = documents
        self._started_at: datetime | None = None
        self._next_backup: datetime | None = None
        self._next_scrub: datetime | None = None
        self._next_prune: datetime | None = None
        self._to_scrub: deque[str] = deque()

    def step(self) -> bool:
        """One unit of work; False when nothing is pressing, so that the caller waits some seconds.

        A disk without room or a busy store passes, and the page of health shows it: neither ends this work.
        """
        try:
            return self._work(self._clock.now())
        except _PASSING as trouble:
            fact(_log, "upkeep_put_off", why=trouble)
            return False

    def _work(self, now: datetime) -> bool:
        if tend(self._config.ballast_path):
            fact(_log, "ballast_changed", present=self._config.ballast_path.exists())
            return True
        with database.connection_context():
            if self._started_at is None:
                self._start(now)
            elif self._next_backup is not None and now >= self._next_backup:
                self._next_backup = now + _BACKUP_EVERY
                self._back_up(now)
            elif self._next_prune is not None and now >= self._next_prune:
                forget_damaged(self._config.data_path, now)
                if not prune(now):
                    self._next_prune = now + _PRUNE_EVERY
            elif self._next_scrub is not None and now >= self._next_scrub:
                self._next_scrub = now + _SCRUB_EVERY
                self._to_scrub.extend(self._documents.hashes())
            elif self._to_scrub:
                self._documents.scrub([self._to_scrub.popleft()])
        return False

    def _start(self, now: datetime) -> None:
        self._started_at = now
        self._next_backup = self._next_scrub = self._next_prune = now + FIRST_LOOK
        self._backups.sweep()
        swept = self._documents.sweep()
        if swept:
            fact(_log, "documents_swept", files=swept)

    def _back_up(self, now: datetime) -> None:
        made = self._backups.automatic(now)
        if made is not None:
            fact(_log, "backup_made", name=made.name)
