"""Ports for what a test starts a moment later. None that the kernel gives to outgoing connections: those come and go by
the hundred while tests run side by side, and one would take the port before its server does.
"""

import random
import socket

_BELOW_THE_KERNELS = range(10_240, 32_000)  # Linux gives 32768 and more to outgoing connections
_given: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    while True:
        port = random.SystemRandom().choice(_BELOW_THE_KERNELS)
        if port not in _given and _is_free(host, port):
            _given.add(port)
            return port


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a server does
        try:
            one.bind((host, port))
        except OSError:
            return False
        return True
