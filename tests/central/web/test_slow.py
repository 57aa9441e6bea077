"""Connections that take too long are ended under the thread that reads them; others go on."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from central.web.slow import HANDSHAKE_SECONDS, STRANGER_SECONDS, Deadlines


@dataclass(eq=False)
class Connection:
    """As gunicorn's: it holds its socket under this name."""

    sock: socket.socket


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    with ours, theirs:
        yield Connection(ours), theirs


def test_a_thread_that_reads_from_a_slow_stranger_is_freed(pair: tuple[Connection, socket.socket]) -> None:
    connection, theirs = pair
    deadlines, read = Deadlines(), []
    reader = threading.Thread(target=lambda: read.append(connection.sock.recv(10)))
    deadlines.allow(connection, STRANGER_SECONDS)
    reader.start()
    assert deadlines.cut(time.monotonic() + STRANGER_SECONDS - 1) == 0
    assert deadlines.cut(time.monotonic() + STRANGER_SECONDS + 1) == 1
    reader.join(5)
    assert read == [b""]
    assert theirs.recv(10) == b""


def test_who_is_known_has_more_time_and_who_has_finished_is_let_alone(pair: tuple[Connection, socket.socket]) -> None:
    connection, theirs = pair
    deadlines = Deadlines()
    deadlines.allow(connection, HANDSHAKE_SECONDS)
    deadlines.allow(connection, 900)
    assert deadlines.cut(time.monotonic() + STRANGER_SECONDS + 1) == 0
    deadlines.end(connection)
    assert deadlines.cut(time.monotonic() + 10_000) == 0
    theirs.sendall(b"still here")
    assert connection.sock.recv(10) == b"still here"


def test_one_that_is_closed_already_stops_no_other(pair: tuple[Connection, socket.socket]) -> None:
    gone, _ = socket.socketpair()
    deadlines = Deadlines()
    deadlines.allow(Connection(gone), 0)
    deadlines.allow(pair[0], 0)
    gone.close()
    assert deadlines.cut(time.monotonic() + 1) == 2
    assert pair[1].recv(10) == b""
