"""Taking somebody's place at a broker: a peer that speaks just enough MQTT to let in, or to refuse."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.broker.connection import Membership, take_place
from tests.support.city_tls import Authority

_LET_IN, _NOT_AUTHORIZED = 0, 5


@contextmanager
def running_broker(authority: Authority, answer: int) -> Iterator[int]:
    """Its port. One visitor, who hears this answer (CONNACK, MQTT 3.1.1)."""
    certificate, key = authority.give("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.path))
    context.load_cert_chain(certificate, key)

    def serve(door: socket.socket) -> None:
        with context.wrap_socket(door.accept()[0], server_side=True) as line:
            line.recv(1024)
            line.sendall(bytes((0x20, 2, 0, answer)))
            line.recv(1024)  # he says that he goes, or just goes

    with socket.create_server(("127.0.0.1", 0)) as door:
        visit = threading.Thread(target=serve, args=(door,))
        visit.start()
        yield door.getsockname()[1]
        visit.join(20)


@pytest.mark.parametrize("answer", [_LET_IN, _NOT_AUTHORIZED])
def test_a_place_is_taken_only_where_the_broker_has_let_us_in(tmp_path: Path, answer: int) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.give("central")
    with running_broker(authority, answer) as port:
        membership = Membership((("localhost", port),), authority.path, certificate, key)
        assert take_place(membership, "preau-a-lost") == (answer == _LET_IN)


def test_a_place_is_not_taken_where_nobody_is(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.give("central")
    with socket.create_server(("127.0.0.1", 0)) as door:
        free = door.getsockname()[1]
    assert not take_place(Membership((("localhost", free),), authority.path, certificate, key), "preau-a-lost")
