"""The server's time. A server has a clock that its operator keeps: it is believed."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...


class ServerClock:
    def now(self) -> datetime:
        return datetime.now(UTC)
