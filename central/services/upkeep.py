"""What the server does for itself: its certificate, the list of revoked ones, what is too old to be kept."""

import logging
from datetime import date, datetime, timedelta

from central.clock import Clock
from central.keys.city_keys import CityKeys
from central.keys.server_certificate import renew_server_certificate
from central.logs import fact
from central.services.certificates import Certificates
from central.services.retention import forget_history

_LOOK_EVERY = timedelta(seconds=10)
_TIDY_EVERY = timedelta(hours=1)
_log = logging.getLogger("upkeep")


class Upkeep:
    """Files are each machine's own: every desk does this for its own machine. All of it may be done twice."""

    def __init__(self, clock: Clock, keys: CityKeys, certificates: Certificates, host: str) -> None:
        self._clock = clock
        self._keys = keys
        self._certificates = certificates
        self._host = host
        self._look_at: datetime | None = None
        self._tidy_at: datetime | None = None
        self._listed: tuple[tuple[int, int], date] | None = None

    def step(self) -> bool:
        now = self._clock.now()
        if self._look_at is not None and now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY
        done = self._follow_revocations(now)
        if self._tidy_at is None or now >= self._tidy_at:
            self._tidy_at = now + _TIDY_EVERY
            done = self._tidy(now) or done
        return done

    def _follow_revocations(self, now: datetime) -> bool:
        """Another machine, or the command line, may have revoked one; and a list has an end."""
        known = (self._certificates.revoked_mark(), now.date())
        if known == self._listed:
            return False
        self._certificates.write_list()
        self._listed = known
        return True

    def _tidy(self, now: datetime) -> bool:
        renewed = renew_server_certificate(self._keys.folder, self._keys.authority, self._host, now)
        if renewed:
            fact(_log, "server_certificate_renewed", host=self._host)
        return forget_history(now) > 0 or renewed
