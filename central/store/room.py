"""Whether the last writes were refused for lack of space: a mark that all processes of one machine share.

A file beside the database, made while there was room for it; its time is that of the last refusal. Owns the mark: it
measures no disk and frees nothing.
"""

import contextlib
import os
import time
from pathlib import Path

HELD_SECONDS = 60.0
"""What is small may still fit where the rest does not: a write that went through ends a refusal no sooner."""
_NEVER = 0.0


class Room:
    def __init__(self) -> None:
        self._path: Path | None = None

    def watch(self, path: Path) -> None:
        """Once per process, by `store.database.open_database`."""
        self._path = path
        with contextlib.suppress(OSError):  # it is there, or there is no such folder: then nothing is shown
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
            self._set(_NEVER)

    def refused(self) -> None:
        self._set(time.monotonic())

    def taken(self) -> None:
        """A write went through."""
        refused_at = self._refused_at()
        if refused_at != _NEVER and abs(time.monotonic() - refused_at) > HELD_SECONDS:
            self._set(_NEVER)

    def is_short(self) -> bool:
        return self._refused_at() != _NEVER

    def _refused_at(self) -> float:
        try:
            return _NEVER if self._path is None else self._path.stat().st_mtime
        except OSError:
            return _NEVER

    def _set(self, moment: float) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                os.utime(self._path, (moment, moment))


room = Room()
