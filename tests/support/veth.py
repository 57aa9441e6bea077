"""A real line between a box and its city: two interfaces of the kernel, the far one in a network namespace of its own.

Here the kernel loses, narrows and cuts packets; `bad_proxy` cuts connections. Needs root, iproute2 and nftables.
"""

import ctypes
import json
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.bad_proxy import BadProxy

_CLONE_NEWNET = 0x40000000
_TABLE = "inet line"


@dataclass(frozen=True, slots=True)
class Line:
    """`port`: on loopback, of the near end; whoever connects there reaches the target over the line."""

    port: int
    namespace: str
    near: str
    far: str

    def lose(self, one_in: int) -> None:
        """Of the packets of each direction, at random, one in so many."""
        self._far("nft", "add", "table", *_TABLE.split())
        for hook in ("input", "output"):
            chain = f"{{ type filter hook {hook} priority 0; }}"
            self._far("nft", "add", "chain", *_TABLE.split(), hook, chain)
            rule = f"numgen random mod {one_in} == 0 counter drop"
            self._far("nft", "add", "rule", *_TABLE.split(), hook, *rule.split())

    @property
    def lost(self) -> int:
        """Packets, of both directions."""
        told = json.loads(self._far("nft", "-j", "list", "table", *_TABLE.split()))
        rules = [one["rule"]["expr"] for one in told["nftables"] if "rule" in one]
        return sum(part["counter"]["packets"] for expr in rules for part in expr if "counter" in part)

    def narrow(self, bytes_per_second: int) -> None:
        """Both directions, each."""
        width = ("root", "tbf", "rate", f"{bytes_per_second * 8}bit", "burst", "3000", "latency", "400ms")
        _run("tc", "qdisc", "replace", "dev", self.near, *width)
        self._far("tc", "qdisc", "replace", "dev", self.far, *width)

    def pull(self) -> None:
        _run("ip", "link", "set", self.near, "down")

    def plug(self) -> None:
        _run("ip", "link", "set", self.near, "up")

    def _far(self, *command: str) -> str:
        return _run("ip", "netns", "exec", self.namespace, *command)


@contextmanager
def line_to(host: str, port: int) -> Iterator[Line]:
    word, net = secrets.token_hex(3), f"10.213.{secrets.randbelow(256)}"
    namespace, near, far = f"preau-{word}", f"pn{word}", f"pf{word}"
    with ExitStack() as undo:
        _run("ip", "netns", "add", namespace)
        undo.callback(_run, "ip", "netns", "del", namespace)  # and both interfaces with it
        _run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace)
        _run("ip", "address", "add", f"{net}.1/30", "dev", near)
        _run("ip", "link", "set", near, "up")
        _run("ip", "netns", "exec", namespace, "ip", "address", "add", f"{net}.2/30", "dev", far)
        _run("ip", "netns", "exec", namespace, "ip", "link", "set", far, "up")
        there = BadProxy((host, port), _listener=_socket_in(namespace))
        there.start(f"{net}.2")
        undo.callback(there.stop)
        here = BadProxy((f"{net}.2", there.port))
        here.start()
        undo.callback(here.stop)
        yield Line(here.port, namespace, near, far)


def _socket_in(namespace: str) -> socket.socket:
    """A socket belongs for ever to the namespace in which it was made; so does a thread, which ends here."""
    made: list[socket.socket] = []

    def make() -> None:
        with Path("/run/netns", namespace).open("rb") as place:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(place.fileno(), _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        made.append(socket.socket())

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


def _run(*command: str) -> str:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
