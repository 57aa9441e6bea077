"""The hub's time: it never goes back, and no jump of the machine's clock moves the end of a lesson.

One process (the supervisor) keeps the offset between CLOCK_BOOTTIME and the hub's time in a small file; the others
read it. The uplink leaves the city's signed time beside it, which alone is believed beyond an hour. Deadlines inside a
process use `time.monotonic`, never this.
"""

import contextlib
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

STEP_LIMIT_SECONDS = 3600  # a larger jump needs the city's signed time; without it, it is reported, not followed
SETTLING_SECONDS = 600  # after the start: the network has just told the machine what time it is
SLEW_SECONDS = 0.05  # how much of a difference is made up at each look, later: 5 %, nobody notices
_ALIKE_SECONDS = 0.5
_FLOOR_EVERY_SECONDS = 300
_LONGEST_REST_SECONDS = 400 * 86_400  # a box that was off for longer is told the time by a person
_YEAR_9999 = 253_000_000_000
_SIGNED = "city-time"


class Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Machine:
    """The two clocks of the machine: `wall` may be set by anyone at any time, `boot` only runs on."""

    wall: Callable[[], float] = time.time
    boot: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)


_MACHINE = Machine()


class HubClock:
    """Reads the offset that the keeper wrote; at most once a second from the file."""

    def __init__(self, runtime_path: Path, machine: Machine = _MACHINE) -> None:
        self._path = runtime_path / "clock"
        self._machine = machine
        self._offset: float | None = None
        self._read_at = 0.0
        self._latest = 0.0

    def now(self) -> datetime:
        """Never before what was said last, while the keeper takes a difference back."""
        boot = self._machine.boot()
        if self._offset is None or boot - self._read_at >= 1:
            read = _read_number(self._path)
            self._offset = self._offset if read is None else read
            self._read_at = boot
        offset = self._machine.wall() - boot if self._offset is None else self._offset
        self._latest = max(self._latest, boot + offset)
        return datetime.fromtimestamp(self._latest, UTC)


@dataclass(slots=True)
class ClockState:
    """`suspect_seconds`: how far the machine's clock is from the hub's, when that is too far to be followed."""

    suspect_seconds: float = 0.0


class ClockKeeper:
    """Owns the offset and the floor. `step` is called about once a second by the supervisor."""

    def __init__(self, runtime_path: Path, floor_path: Path, machine: Machine = _MACHINE) -> None:
        self._path = runtime_path / "clock"
        self._floor_path = floor_path
        self._report_path = runtime_path / "clock.json"
        self._machine = machine
        self._signed_path = runtime_path / _SIGNED
        self._in_lesson: Callable[[], bool] = lambda: False
        self._reported = 0.0
        self._floor = 0.0
        self._floor_written_at = 0.0
        self._started_at = 0.0
        self.state = ClockState()

    def mind(self, in_lesson: Callable[[], bool]) -> None:
        """A jump would end a lesson, or keep it from ending: it waits for its end."""
        self._in_lesson = in_lesson

    def start(self) -> None:
        """The later of the machine's clock and the floor: a box without a battery may boot two weeks in the past."""
        floor = _read_number(self._floor_path) or 0.0
        wall = self._machine.wall()
        self._started_at = self._machine.boot()
        # A clock that is years ahead would be a floor for ever: it is reported, and the box goes on from its floor.
        is_believed = not floor or wall - floor < _LONGEST_REST_SECONDS
        self._offset = (max(wall, floor) if is_believed else floor) - self._started_at
        self._floor = floor
        self._write()

    def step(self) -> bool:
        boot, signed = self._machine.boot(), _read_number(self._signed_path)
        self._look_at_machine(boot, signed is not None)
        if boot - self._floor_written_at > _FLOOR_EVERY_SECONDS:
            self._floor_written_at = boot
            self._write_floor(boot, signed)
        change = self._change(boot, signed)
        if not change:
            return False
        # Whoever signed it: what was known as past stays past.
        self._offset = max(self._offset + change, min(self._offset, self._floor - boot))
        self._write()
        return True

    def stop(self) -> None:
        self._write_floor(self._machine.boot(), _read_number(self._signed_path))

    def _look_at_machine(self, boot: float, is_signed: bool) -> None:
        ahead = self._machine.wall() - (boot + self._offset)
        is_too_far = abs(ahead) > STEP_LIMIT_SECONDS and (is_signed or not self._is_late(ahead, boot))
        self.state.suspect_seconds = ahead if is_too_far else 0.0
        self._report()

    def _change(self, boot: float, signed: float | None) -> float:
        """How much of the difference to the best source is made up now."""
        ahead = self._source(boot, signed) - (boot + self._offset)
        if abs(ahead) <= _ALIKE_SECONDS:
            return 0.0
        if abs(ahead) <= STEP_LIMIT_SECONDS or self._is_late(ahead, boot):
            return self._made_up(ahead, boot)
        if signed is None:
            return 0.0  # nobody vouches for it
        return ahead if ahead > 0 and not self._in_lesson() else self._slewed(ahead)

    def _source(self, boot: float, signed: float | None) -> float:
        """The machine's clock is finer than the city's whole seconds, unless the city says that it is wrong."""
        wall = self._machine.wall()
        if signed is None or abs(wall - (boot + signed)) <= STEP_LIMIT_SECONDS:
            return wall
        return boot + signed

    def _write_floor(self, boot: float, signed: float | None) -> None:
        """What is signed may take a floor back that a wrong clock had lifted: the next start is right again."""
        known = boot + self._offset
        is_lifted = signed is not None and known - (boot + signed) > STEP_LIMIT_SECONDS
        self._floor = boot + signed if is_lifted and signed is not None else known
        _write_number(self._floor_path, self._floor, lasting=True)

    def _is_late(self, ahead: float, boot: float) -> bool:
        """A box without a battery that has just started and now hears the time: believed as at the start itself."""
        return 0 < ahead < _LONGEST_REST_SECONDS and boot - self._started_at <= SETTLING_SECONDS

    def _made_up(self, ahead: float, boot: float) -> float:
        """How much of the difference. Forward at once only before there is a lesson that a jump would end."""
        if ahead > 0 and boot - self._started_at <= SETTLING_SECONDS:
            return ahead
        return self._slewed(ahead)

    def _slewed(self, ahead: float) -> float:
        return max(-SLEW_SECONDS, min(SLEW_SECONDS, ahead))

    def _report(self) -> None:
        """For the page on the appliance's health; written when there is news."""
        suspect = self.state.suspect_seconds
        if bool(suspect) == bool(self._reported) and abs(suspect - self._reported) < STEP_LIMIT_SECONDS / 2:
            return
        self._reported = suspect
        _write_text(self._report_path, json.dumps({"suspect_seconds": suspect}))

    def _write(self) -> None:
        _write_number(self._path, self._offset)


def write_signed_time(runtime_path: Path, offset: float) -> None:
    """By the uplink: the city signed that it is now CLOCK_BOOTTIME + `offset`."""
    _write_number(runtime_path / _SIGNED, offset)


def signed_now(runtime_path: Path, machine: Machine = _MACHINE) -> datetime | None:
    """By the city's word; None while it has not told the time since this machine was started."""
    signed = _read_number(runtime_path / _SIGNED)
    return None if signed is None else datetime.fromtimestamp(machine.boot() + signed, UTC)


def _read_number(path: Path) -> float | None:
    """A floor that cannot be read is no floor; the next write replaces it."""
    try:
        number = float(path.read_text())
    except (OSError, ValueError):
        return None
    return number if math.isfinite(number) and abs(number) < _YEAR_9999 else None


def _write_number(path: Path, value: float, *, lasting: bool = False) -> None:
    _write_text(path, f"{value:.3f}\n", lasting=lasting)


def _write_text(path: Path, text: str, *, lasting: bool = False) -> None:
    """`lasting`: to survive a power cut. What is gone with a reboot anyway does not wait for the disk."""
    aside = path.with_suffix(".new")
    with contextlib.suppress(OSError):  # a full disk must not stop the clock
        with aside.open("w") as file:
            file.write(text)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        aside.replace(path)
