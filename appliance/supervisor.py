"""The appliance's processes: starts the broker, the bridge and the web, restarts what dies, stops all of them.

Knows how to keep processes, not what they do. A child never outlives it, even when it is killed.
"""

import contextlib
import ctypes
import json
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.errors import CannotStart
from appliance.logs import fact

_log = logging.getLogger("supervisor")
_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.1
_STOP_SECONDS = 8.0
_STEADY_SECONDS = 60.0  # who lived this long has started well: its next death is a new story
_libc = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep. `ready` blocks until it serves, or raises. `told`: what it reads from its standard input."""

    name: str
    command: Sequence[str]
    ready: Callable[[], None] = field(default=lambda: None)
    told: str = ""


@dataclass(slots=True)
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    restarts: int = 0
    start_again_at: float = 0.0


def _die_with(parent: int) -> Callable[[], None]:
    """In the child: a supervisor killed with -9 leaves nothing behind, not even one that it was just starting."""

    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


class Supervisor:
    def __init__(self, programs: Sequence[Program], status_path: Path, stopping: threading.Event) -> None:
        self._programs = programs
        self._status_path = status_path
        self._children: list[_Child] = []
        self._stopping = stopping

    def start(self) -> None:
        """All, in order, each ready before the next. When one raises, the caller stops what had started."""
        for program in self._programs:
            self.add(program)

    def add(self, program: Program) -> None:
        """One more, once the others serve. Raises CannotStart when it cannot be called at all."""
        try:
            process = _spawn(program)
        except OSError as error:
            raise CannotStart(
                "program_missing", f"{program.command[0]} ne peut pas être lancé ({error.strerror or error})."
            ) from error
        self._children.append(_Child(program, process, time.monotonic()))
        program.ready()
        self._write_status()

    def remove(self, name: str) -> None:
        """No longer wanted: asked to end, then killed, and not started again."""
        for child in [one for one in self._children if one.program.name == name]:
            _end(child)
            self._children.remove(child)
        self._write_status()

    def kill(self, name: str, again_at: float) -> None:
        """One that lives and does nothing any more: it would not hear that it is to end. `again_at`: monotonic."""
        for child in [one for one in self._children if one.program.name == name and one.process.poll() is None]:
            child.process.kill()
            child.process.wait()
            child.restarts += 1
            child.start_again_at = again_at
            fact(_log, "process_killed", name=name)
        self._write_status()

    def run(self, each_second: Callable[[], object]) -> None:
        """Watches until `stopping` is set."""
        next_second = 0.0
        while not self._stopping.wait(_LOOK_SECONDS):
            self.step(time.monotonic())
            if time.monotonic() >= next_second:
                next_second = time.monotonic() + 1
                each_second()

    def step(self, monotonic: float) -> bool:
        """Starts again what has died; quickly the first time, then up to 5 s later, so that a defect does not spin."""
        changed = [self._tend(child, monotonic) for child in self._children]
        if any(changed):
            self._write_status()
        return any(changed)

    def _tend(self, child: _Child, monotonic: float) -> bool:
        if child.process.poll() is None:
            return False
        changed = not child.start_again_at
        if changed:
            lived = monotonic - child.started_at
            child.restarts = 0 if lived > _STEADY_SECONDS else child.restarts + 1
            child.start_again_at = monotonic + _pause(child.restarts)
            fact(_log, "process_died", name=child.program.name, code=child.process.returncode)
        if monotonic >= child.start_again_at:
            self._start_again(child, monotonic)
            changed = True
        return changed

    def _start_again(self, child: _Child, monotonic: float) -> None:
        try:
            child.process = _spawn(child.program)
        except OSError as error:  # no memory, no process left, the program is being replaced: the others live on
            child.restarts += 1
            child.start_again_at = monotonic + _pause(child.restarts)
            fact(_log, "process_not_started", name=child.program.name, error=error)
            return
        child.started_at, child.start_again_at = monotonic, 0.0
        fact(_log, "process_started", name=child.program.name, pid=child.process.pid)

    def stop(self) -> None:
        """In reverse order, each asked first, then killed."""
        for child in reversed(self._children):
            _end(child)
        self._children.clear()
        with contextlib.suppress(OSError):
            self._status_path.unlink(missing_ok=True)

    def _write_status(self) -> None:
        status = {
            child.program.name: {
                "pid": child.process.pid,
                "running": child.process.poll() is None,
                "restarts": child.restarts,
            }
            for child in self._children
        }
        aside = self._status_path.with_suffix(".new")
        with contextlib.suppress(OSError):  # a page without news of the processes is no reason to stop them
            aside.write_text(json.dumps(status))
            aside.replace(self._status_path)


def _pause(restarts: int) -> float:
    """0.1, 0.3, 0.7, 1.5, 3.1, then 5 s."""
    return min(5.0, 0.1 * 2.0 ** min(restarts, 6) - 0.1)


def _end(child: _Child) -> None:
    process = child.process
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        fact(_log, "process_killed", name=child.program.name)
        process.kill()
        process.wait()


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C in the terminal reaches the supervisor only, which stops all in order."""
    stdin = subprocess.PIPE if program.told else subprocess.DEVNULL
    process = subprocess.Popen(program.command, stdin=stdin, start_new_session=True, preexec_fn=_die_with(os.getpid()))
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin:  # it may have died already: `step` sees that
            process.stdin.write(program.told.encode())
    return process
