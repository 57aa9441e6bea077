"""What the appliance does for itself between lessons: ballast, a backup a day, documents looked at, old things gone.

A step for `worker.run`, in a thread of its own: reading a large document or writing a backup must hold nobody up.
"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.config import Config
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.services.backups import Backups
from appliance.services.documents import Documents
from appliance.services.guests import Guests
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
_WHEN_IT_FAILS = timedelta(minutes=10)
_TIDY_EVERY = timedelta(minutes=5)  # of guests that the bridge did not see out
_PASSING: tuple[type[Exception], ...] = (PreauError, OSError, *STORE_ERRORS)


class Upkeep:
    def __init__(self, clock: Clock, config: Config, backups: Backups, documents: Documents, guests: Guests) -> None:
        self._clock = clock
        self._config = config
        self._backups = backups
        self._documents = documents
        self._guests = guests
        self._more: tuple[Callable[[datetime], timedelta], ...] = ()
        self._next: dict[Callable[[datetime], timedelta], datetime] = {}  # a piece of work, in order of urgency
        self._to_scrub: deque[str] = deque()

    def also(self, *work: Callable[[datetime], timedelta]) -> "Upkeep":
        """What else is due now and then; each says how long until it is due again."""
        self._more = (*self._more, *work)
        return self

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
            if not self._next:
                self._start(now)
            else:
                self._do_next(now)
        return False

    def _start(self, now: datetime) -> None:
        later = now + FIRST_LOOK
        self._next = {self._tidy: now, self._back_up: later, self._prune: later, self._plan_scrub: later}
        self._next |= dict.fromkeys(self._more, later)
        self._backups.sweep()
        swept = self._documents.sweep()
        if swept:
            fact(_log, "documents_swept", files=swept)

    def _do_next(self, now: datetime) -> None:
        """Each piece of work says how long until it is due again; one that fails is put off."""
        for work, due_at in self._next.items():
            if now >= due_at:
                self._next[work] = now + _WHEN_IT_FAILS
                self._next[work] = now + work(now)
                return
        if self._to_scrub:
            self._documents.scrub([self._to_scrub.popleft()])

    def _tidy(self, _now: datetime) -> timedelta:
        if self._guests.tidy():
            fact(_log, "guests_tidied")
        return _TIDY_EVERY

    def _back_up(self, now: datetime) -> timedelta:
        made = self._backups.automatic(now)
        if made is not None:
            fact(_log, "backup_made", name=made.name)
        return _BACKUP_EVERY

    def _prune(self, now: datetime) -> timedelta:
        """A slice; the next one soon, until nothing is left."""
        forget_damaged(self._config.data_path, now)
        return timedelta() if prune(now) else _PRUNE_EVERY

    def _plan_scrub(self, _now: datetime) -> timedelta:
        self._to_scrub.extend(self._documents.hashes())
        return _SCRUB_EVERY
