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
        self._log_path = log_path
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                preexec_fn=_die_with(os.getpid()),
            )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, name=f"{name}-says", daemon=True).start()

    def said_until(self, mark: str) -> list[str]:
        """Its lines up to the one that holds `mark`. Raises Failed when it ends before, or is silent for too long."""
        lines: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=_START_SECONDS)
            except queue.Empty:
                raise Failed(f"{self.name} ne répond pas. Son journal : {self._log_path}") from None
            if line is None:
                raise Failed(f"{self.name} s’est arrêté.\n{self._last_words()}")
            lines.append(line)
            if mark in line:
                return lines

    def end(self) -> None:
        """Asks only: several end side by side."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> None:
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        for raw in self._process.stdout or ():
            self._lines.put(raw.decode("utf-8", "replace").rstrip("\n"))
        self._lines.put(None)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self._log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
        return ""


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
