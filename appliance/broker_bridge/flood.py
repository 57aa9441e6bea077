"""Which devices talk too much, and which far too much. Counts by the second; forgets by itself."""

import logging
from collections import Counter
from datetime import datetime

from appliance.logs import fact

_log = logging.getLogger("flood")
# A device that says more than this within a second is not listened to for the rest of it. One that comes back from a
# day out of reach may have hundreds of records to send, and sends them at once.
MOST_PER_SECOND = 1_000
# No honest device; what it sends fills the broker's queue, and its memory, before we can look away.
OFFENCE_PER_SECOND = 5_000
OFFENCE_BYTES_PER_SECOND = 8 * 1024 * 1024
_TELL_AGAIN_SECONDS = 600


class FloodGate:
    """For one thread. `offenders`: those who talk far too much, found since somebody last took them."""

    def __init__(self) -> None:
        self._second = 0
        self._heard: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._told: dict[str, int] = {}
        self.offenders: set[str] = set()

    def is_flooding(self, device_id: str, size: int, now: datetime) -> bool:
        """Counts one message more, of `size` bytes."""
        second = int(now.timestamp())
        if second != self._second:
            self._second = second
            self._heard.clear()
            self._bytes.clear()
        self._heard[device_id] += 1
        self._bytes[device_id] += size
        if self._heard[device_id] == MOST_PER_SECOND + 1:
            self._tell(device_id, second)
        if self._heard[device_id] >= OFFENCE_PER_SECOND or self._bytes[device_id] >= OFFENCE_BYTES_PER_SECOND:
            self.offenders.add(device_id)
        return self._heard[device_id] > MOST_PER_SECOND

    def _tell(self, device_id: str, second: int) -> None:
        """Rarely: a log that fills the disk would be the flood's second victim."""
        if second - self._told.get(device_id, -_TELL_AGAIN_SECONDS) >= _TELL_AGAIN_SECONDS:
            self._told[device_id] = second
            fact(_log, "device_floods", device=device_id)
