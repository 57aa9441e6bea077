"""A datagram that says "look again". It may be lost: every worker also looks by itself once a second."""

import contextlib
import select
import socket
from pathlib import Path


class NudgeSender:
    """`send` never blocks and never fails: a full or missing socket only means that the other looks a little later."""

    def __init__(self, runtime_path: Path, target: str) -> None:
        self._path = str(runtime_path / f"{target}.nudge")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(b"1", self._path)


class NudgeReceiver:
    """One per process and target; a socket left by a killed process is replaced."""

    def __init__(self, runtime_path: Path, target: str) -> None:
        path = runtime_path / f"{target}.nudge"
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def wait(self, seconds: float) -> bool:
        """True when nudged; all waiting nudges count as one."""
        ready, _, _ = select.select([self._socket], [], [], max(0.0, seconds))
        if not ready:
            return False
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(16)
        return True

    def close(self) -> None:
        self._socket.close()
