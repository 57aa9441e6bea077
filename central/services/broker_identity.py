"""By what central is known to its broker, kept good while the desk runs: it may run for longer than a certificate."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from central.clock import Clock
from central.keys.broker_client import ensure_broker_client
from central.keys.city_keys import CityKeys
from central.logs import fact

_LOOK_EVERY = timedelta(hours=1)
_log = logging.getLogger("upkeep")


class BrokerIdentity:
    """Made at the start. `step` makes it again near its end, also when another desk of the same folder has done so."""

    def __init__(self, clock: Clock, keys: CityKeys, name: str) -> None:
        self._clock = clock
        self._keys = keys
        self._name = name
        self.path = self._ensure(clock.now())
        self._mark = _mark(self.path)
        self._look_at = clock.now() + _LOOK_EVERY

    def step(self, changed: Callable[[], None]) -> bool:
        """`changed` is called once the file is another one: an open connection still shows the one before."""
        now = self._clock.now()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_EVERY
        mark = _mark(self._ensure(now))
        if mark == self._mark:
            return False
        self._mark = mark
        fact(_log, "broker_client_renewed")
        changed()
        return True

    def _ensure(self, now: datetime) -> Path:
        return ensure_broker_client(self._keys.folder, self._keys.authority, self._name, now)


def _mark(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
