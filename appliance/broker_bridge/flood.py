"""Which devices talk too much. Counts by the second; forgets by itself."""

import logging
from collections import Counter
from datetime import datetime

from appliance.logs import fact

_log = logging.getLogger("flood")
MOST_PER_SECOND = 100  # a device that says more than this within a second is not listened to for the rest of it
_TELL_AGAIN_SECONDS = 600


class FloodGate:
    """For one thread. `offenders`: those found since somebody last took them."""

    def __init__(self) -> None:
        self._second = 0
        self._heard: Counter[str] = Counter()
        self._told: dict[str, int] = {}
        self.offenders: set[str] = set()

    def is_flooding(self, device_id: str, now: datetime) -> bool:
        """Counts one message more."""
        second = int(now.timestamp())
        if second != self._second:
            self._second = second
            self._heard.clear()
        self._heard[device_id] += 1
        if self._heard[device_id] == MOST_PER_SECOND + 1:
            self.offenders.add(device_id)
            self._tell(device_id, second)
        return self._heard[device_id] > MOST_PER_SECOND

    def _tell(self, device_id: str, second: int) -> None:
        """Rarely: a log that fills the disk would be the flood's second victim."""
        if second - self._told.get(device_id, -_TELL_AGAIN_SECONDS) >= _TELL_AGAIN_SECONDS:
            self._told[device_id] = second
            fact(_log, "device_floods", device=device_id)
