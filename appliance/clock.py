"""The hub's time: it never goes back, and a jump of the machine's clock does not move it by more than an hour.

One process (the supervisor) keeps the offset between CLOCK_BOOTTIME and the hub's time in a small file; the others
read it. Deadlines inside a process use `time.monotonic`, never this.
"""

import contextlib
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

STEP_LIMIT_SECONDS = 3600  # a larger jump needs a signed source (design.md, Time); it is reported, not followed
_SLEW_SECONDS = 0.05  # how much of a backward difference is taken back at each look


class Clock(Protocol):
    def now(self) -> datetime: ...


def _boot_seconds() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class HubClock:
    """Reads the offset that the keeper wrote; at most once a second from the file."""

    def __init__(self, runtime_path: Path) -> None:
        self._path = runtime_path / "clock"
        self._offset: float | None = None
        self._read_at = 0.0

    def now(self) -> datetime:
        boot = _boot_seconds()
        if self._offset is None or boot - self._read_at >= 1:
            self._offset = _read_number(self._path)
            self._read_at = boot
        offset = time.time() - boot if self._offset is None else self._offset
        return datetime.fromtimestamp(boot + offset, UTC)


@dataclass(slots=True)
class ClockState:
    """`suspect_seconds`: how far the machine's clock is from the hub's, when that is too far to be followed."""

    suspect_seconds: float = 0.0


class ClockKeeper:
    """Owns the offset and the floor. `step` is called about once a second by the supervisor."""

    def __init__(self, runtime_path: Path, floor_path: Path) -> None:
        self._path = runtime_path / "clock"
        self._floor_path = floor_path
        self._report_path = runtime_path / "clock.json"
        self._reported = 0.0
        self._floor_written_at = 0.0
        self.state = ClockState()

    def start(self) -> None:
        """The later of the machine's clock and the floor: a box without a battery may boot two weeks in the past."""
        floor = _read_number(self._floor_path) or 0.0
        wall = time.time()
        self._offset = max(wall, floor) - _boot_seconds()
        self._write()

    def step(self) -> bool:
        boot = _boot_seconds()
        ahead = time.time() - (boot + self._offset)
        self.state.suspect_seconds = ahead if abs(ahead) > STEP_LIMIT_SECONDS else 0.0
        self._report()
        if boot - self._floor_written_at > 300:
            self._floor_written_at = boot
            _write_number(self._floor_path, boot + self._offset)
        if abs(ahead) <= 0.5 or self.state.suspect_seconds:
            return False
        self._offset += ahead if ahead > 0 else max(ahead, -_SLEW_SECONDS)
        self._write()
        return True

    def stop(self) -> None:
        _write_number(self._floor_path, _boot_seconds() + self._offset)

    def _report(self) -> None:
        """For the page on the appliance's health; written when there is news."""
        suspect = self.state.suspect_seconds
        if bool(suspect) == bool(self._reported) and abs(suspect - self._reported) < STEP_LIMIT_SECONDS / 2:
            return
        self._reported = suspect
        _write_text(self._report_path, json.dumps({"suspect_seconds": suspect}))

    def _write(self) -> None:
        _write_number(self._path, self._offset)


def _read_number(path: Path) -> float | None:
    try:
        return float(path.read_text())
    except (OSError, ValueError):
        return None  # a floor that cannot be read is no floor; the next write replaces it


def _write_number(path: Path, value: float) -> None:
    _write_text(path, f"{value:.3f}\n")


def _write_text(path: Path, text: str) -> None:
    aside = path.with_suffix(".new")
    with contextlib.suppress(OSError):  # a full disk must not stop the clock
        with aside.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
