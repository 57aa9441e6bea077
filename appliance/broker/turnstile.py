"""One reload at a time among all processes and threads; a reload serves everyone who was waiting when it began.

Owns the lock file and its two counters. Knows nothing of what is done while it is held.
"""

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from appliance.broker.probe import Deadline
from appliance.errors import Unavailable


class Turnstile:
    """Counts turns begun, and the last turn that was finished.

    Whoever has the turn reads the credentials after he has counted it as begun. So whoever commits, then reads `begun`,
    then sees a *later* turn finished, knows that his commit was read.
    """

    _COUNTERS = struct.Struct("=QQ")

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def begun(self) -> int:
        return self._read()[0]

    def is_covered(self, seen: int) -> bool:
        return self._read()[1] > seen

    def begin(self) -> int:
        begun, finished = self._read()
        self._write(begun + 1, finished)
        return begun + 1

    def finish(self, turn: int) -> None:
        self._write(turn, turn)

    @contextlib.contextmanager
    def alone(self, deadline: Deadline) -> Iterator[None]:
        """Asks again and again instead of blocking: a holder that was stopped must not stop the others for ever."""
        while not self._locked():
            if deadline.is_over:
                raise Unavailable("broker_busy")
            deadline.pause()
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read(self) -> tuple[int, int]:
        raw = os.pread(self._file, self._COUNTERS.size, 0)
        begun, finished = self._COUNTERS.unpack(raw) if len(raw) == self._COUNTERS.size else (0, 0)
        return begun, finished

    def _write(self, begun: int, finished: int) -> None:
        os.pwrite(self._file, self._COUNTERS.pack(begun, finished), 0)
