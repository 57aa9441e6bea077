"""A datagram to the desk of the same machine: "look now". It may be lost: the desk looks by itself, a little later."""

import contextlib
import select
import socket
from pathlib import Path

_NAME = "desk.nudge"


class NudgeSender:
    """`send` never waits and never fails: nobody there, or a full socket, means that the desk looks by itself."""

    def __init__(self, runtime_path: Path) -> None:
        self._path = str(runtime_path / _NAME)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.sendto(b"1", self._path)


class NudgeReceiver:
    """The desk's own; a socket that a killed one left is replaced. Where none can be made, it only waits."""

    def __init__(self, runtime_path: Path) -> None:
        self._path = runtime_path / _NAME
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with contextlib.suppress(OSError):  # a folder whose name is too long for a socket
            self._path.unlink(missing_ok=True)
            self._socket.bind(str(self._path))

    def wait(self, seconds: float) -> bool:
        """True when nudged; all that wait count as one."""
        ready, _, _ = select.select([self._socket], [], [], seconds)
        while ready:
            try:
                self._socket.recv(16)
            except OSError:
                return True
        return False

    def close(self) -> None:
        self._socket.close()
