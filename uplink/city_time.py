"""The city's time, as it was signed for our own question. Owns what this process believes and the file of the keeper.

The machine's clock is never asked: a box may wake up in 1970 or next year. From a signed moment on, the boot clock
counts. The supervisor's keeper reads the file and decides what the hub's time does with it.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from appliance.clock import write_signed_time


def _boot() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class CityTime:
    def __init__(self, runtime_path: Path, boot: Callable[[], float] = _boot) -> None:
        self._path = runtime_path
        self._boot = boot
        self._offset: float | None = None

    def began(self) -> float:
        """Before asking: how long the question took tells how old the answer is."""
        return self._boot()

    def learn(self, at: datetime, began: float) -> None:
        """Signed, and checked. The city counts in whole seconds: half a second is added, and half of the way."""
        boot = self._boot()
        self._offset = at.timestamp() + 0.5 - (began + boot) / 2
        write_signed_time(self._path, self._offset)

    def doubt(self) -> None:
        """A certificate did not fit it: the next hello is judged by the time that it brings."""
        self._offset = None

    def now(self) -> datetime | None:
        """None until the city was heard by this process."""
        return None if self._offset is None else datetime.fromtimestamp(self._boot() + self._offset, UTC)
