"""The two times that a device knows: its own clock, which may be wrong, and the hub's.

The one place of the simulator where the machine's wall clock is read.
"""

from datetime import UTC, datetime, timedelta


def read_wall() -> datetime:
    return datetime.now(UTC)


class Clocks:
    """Both run on the monotonic clock, so that a wrong or corrected wall clock moves no lease."""

    def __init__(self, own: datetime, hub: datetime, now: float) -> None:
        self._own = own
        self._hub = hub
        self._own_since = now
        self._hub_since = now

    def own(self, now: float) -> datetime:
        return self._own + timedelta(seconds=now - self._own_since)

    def hub(self, now: float) -> datetime:
        return self._hub + timedelta(seconds=now - self._hub_since)

    def set_hub(self, hub: datetime, now: float) -> None:
        self._hub = hub
        self._hub_since = now

    def hub_ahead_seconds(self, now: float) -> float:
        """What a device writes down, to know the hub's time again after it was switched off."""
        return (self.hub(now) - self.own(now)).total_seconds()
