"""The product's programs as children: started, asked, ended with us however we end. Says nothing to people."""

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 20.0
_START_SECONDS = 120.0
_libc = ctypes.CDLL(None)


class Failed(Exception):
    """A program did not do what it was asked; the text is its own."""


class Program:
    """One that goes on. Its log is a file; what it says to people is kept as lines."""

    def __init__(self, name: str, arguments: Sequence[str], log_path: Path) -> None:
        self.name = name
        self.log_path = log_path
        self._arguments = arguments
        self._is_asked_to_end = False
        log_path.parent.mkdir(parents=True, exist_ok=True)
        self.start()

    def start(self) -> None:
        """In the main thread: it ends with the thread that started it."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                preexec_fn=_die_with(os.getpid()),
            )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read, args=(self._process, self._lines), name=f"{self.name}-says", daemon=True).start()

    @property
    def has_fallen(self) -> bool:
        """It has ended, and nobody had asked it to."""
        return not self._is_asked_to_end and self._process.poll() is not None

    def says(self, mark: str) -> bool:
        """Whether it has said it since this was asked last; does not wait."""
        found = False
        with contextlib.suppress(queue.Empty):
            while True:
                found = mark in (self._lines.get_nowait() or "") or found
        return found

    def said_until(self, mark: str) -> list[str]:
        """Its lines up to the one that holds `mark`. Raises Failed when it ends before, or is silent for too long."""
        lines: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=_START_SECONDS)
            except queue.Empty:
                raise Failed(f"{self.name} ne répond pas. Son journal : {self.log_path}") from None
            if line is None:
                raise Failed(f"{self.name} s’est arrêté.\n{self._last_words()}")
            lines.append(line)
            if mark in line:
                return lines

    def end(self) -> None:
        """Asks only: several end side by side."""
        self._is_asked_to_end = True
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
        return ""


def _read(process: "subprocess.Popen[bytes]", lines: "queue.Queue[str | None]") -> None:
    for raw in process.stdout or ():
        lines.put(raw.decode("utf-8", "replace").rstrip("\n"))
    lines.put(None)


def ask(arguments: Sequence[str]) -> str:
    """What a command answers. Raises Failed with what it says when it refuses."""
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(arguments[:4])} : {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _die_with(parent: int) -> Callable[[], None]:
    """In the child: whoever kills us with -9 leaves no school behind."""

    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
