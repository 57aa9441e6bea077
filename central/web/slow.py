"""gunicorn's worker of threads, which lets no stranger hold one for long.

Who says nothing holds none. A limit of silence is not enough for the others: one byte now and then would hold a
thread for ever, and there are few of them. So the handshake, the request, and each answer have an end.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import _DEFER, ThreadWorker

HANDSHAKE_SECONDS = 15.0  # and the request's head
STRANGER_SECONDS = 30.0
_LOOK_SECONDS = 1.0


class Deadlines:
    """Which connections are at work, and until when they may be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[Any, float] = {}

    def allow(self, connection: Any, seconds: float) -> None:
        with self._lock:
            self._until[connection] = time.monotonic() + seconds

    def end(self, connection: Any) -> None:
        with self._lock:
            self._until.pop(connection, None)

    def cut(self, monotonic: float) -> int:
        """Ends those that have taken too long; their threads wake up with an error. How many."""
        with self._lock:
            late = [connection for connection, until in self._until.items() if until < monotonic]
            for connection in late:
                del self._until[connection]
                with contextlib.suppress(OSError):
                    # The plain socket's: a TLS one would drop its state under the thread that reads it.
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
        return len(late)


class PunctualWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Its one loop serves all connections: nobody's goodbye is waited for in it."""

    def handle(self, conn: Any) -> Any:
        """gunicorn would wait in the loop: up to two seconds for each who does not hang up, and hears nobody else."""
        stays = super().handle(conn)
        if not stays:
            with contextlib.suppress(OSError):
                util.close_graceful(socket.socket(fileno=os.dup(conn.sock.fileno())))
                conn.sock.shutdown(socket.SHUT_RDWR)
        return stays


class PatientWorker(PunctualWorker):
    """`allow_seconds` gives a request more time, once it is known who asks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadlines = Deadlines()

    def run(self) -> None:
        threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
        super().run()

    def handle(self, conn: Any) -> Any:
        if not conn.initialized and not conn.wait_for_data(0):
            return _DEFER  # back to the poller, which wakes a thread once there is something to read
        self._deadlines.allow(conn, HANDSHAKE_SECONDS)
        try:
            return super().handle(conn)
        finally:
            self._deadlines.end(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Only who showed a certificate of the city's keeps the connection: a stranger asks once."""
        self._deadlines.allow(conn, STRANGER_SECONDS)
        _ALLOW.seconds = lambda seconds: self._deadlines.allow(conn, seconds)
        if not conn.sock.getpeercert():
            req.force_close()  # and he is told so: he hangs up, too
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """gunicorn waits for a first word as long as it keeps a connection."""
        most = time.monotonic() + HANDSHAKE_SECONDS
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, most)
        super().murder_pending()

    def _watch(self) -> None:
        stop = threading.Event()
        while self.alive:
            stop.wait(_LOOK_SECONDS)
            self._deadlines.cut(time.monotonic())


class _Allow(threading.local):
    """Of the request that this thread serves."""

    seconds: Callable[[float], None] | None = None


_ALLOW = _Allow()


def allow_seconds(seconds: float) -> None:
    """For the request of this thread; nothing where no such worker serves it."""
    if _ALLOW.seconds is not None:
        _ALLOW.seconds(seconds)
