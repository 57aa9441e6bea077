"""How full the disk is, in words, and how much of it may still be written."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    NORMAL = "normal"
    THRIFTY = "thrifty"  # old packages leave
    COARSE = "coarse"  # statistics by the day
    ESSENTIAL = "essential"  # logs off, required packages only
    SURVIVAL = "survival"  # full: the ballast is released


_FROM_PERCENT = ((90.0, Level.ESSENTIAL), (75.0, Level.COARSE), (60.0, Level.THRIFTY))
RESERVED_PERCENT = 10  # what is uploaded never takes the last tenth of the disk
FULL_BELOW_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes, as a process without privileges may use them."""

    total: int
    free: int

    @property
    def used_percent(self) -> float:
        return 100.0 * (self.total - self.free) / self.total if self.total else 100.0

    @property
    def level(self) -> Level:
        if self.free < FULL_BELOW_BYTES:
            return Level.SURVIVAL
        return next((level for percent, level in _FROM_PERCENT if self.used_percent >= percent), Level.NORMAL)

    @property
    def writable(self) -> int:
        """What may be added to documents or backups before the reserve is touched."""
        return max(0, self.free - max(self.total * RESERVED_PERCENT // 100, FULL_BELOW_BYTES))
