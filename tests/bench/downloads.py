"""Many downloads at once by one process: as few instructions as possible between the socket and the byte counter.

A process of its own (`python -m tests.bench.downloads`), so that what the teacher's page feels meanwhile is measured
by another. Reads a Plan as JSON from stdin, writes an Outcome as JSON to stdout.
"""

import base64
import json
import selectors
import socket
import sys
import time
from dataclasses import asdict, dataclass

_BLOCK = 1 << 20
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`logins`: one download each. `start`: of the range; 0 asks for the whole file."""

    port: int
    path: str
    size: int
    start: int
    logins: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    seconds: float
    bytes: int


class Download:
    def __init__(self, plan: Plan, login: tuple[str, str]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", plan.port))
        self.socket.sendall(_request(plan, login))
        self._status = b"206" if plan.start else b"200"
        self._left = plan.size - plan.start
        self._head: bytes | None = b""

    def read(self, buffer: memoryview) -> bool:
        """Whatever has arrived; False once the file is complete."""
        count = self.socket.recv_into(buffer)
        if not count:
            raise ConnectionError(f"{self._left} bytes are missing")
        if self._head is not None:
            count = self._read_head(bytes(buffer[:count]))
        self._left -= count
        return self._left > 0

    def _read_head(self, data: bytes) -> int:
        """How much of the body came with it."""
        assert self._head is not None
        head, end, body = (self._head + data).partition(b"\r\n\r\n")
        if not end:
            self._head = head
            return 0
        self._head = None
        words = head.partition(b"\r\n")[0].split(b" ")
        if words[1] != self._status:
            raise ConnectionError(head.decode("latin-1"))
        return len(body)


def run(plan: Plan) -> Outcome:
    started = time.perf_counter()
    buffer = memoryview(bytearray(_BLOCK))
    with selectors.DefaultSelector() as selector:
        for login in plan.logins:
            download = Download(plan, login)
            selector.register(download.socket, selectors.EVENT_READ, download)
        while selector.get_map():
            _step(selector, buffer)
            if time.perf_counter() - started > _PATIENCE_SECONDS:
                raise TimeoutError("the downloads take too long")
    return Outcome(time.perf_counter() - started, (plan.size - plan.start) * len(plan.logins))


def _step(selector: selectors.BaseSelector, buffer: memoryview) -> None:
    for key, _ in selector.select(1.0):
        if not key.data.read(buffer):
            selector.unregister(key.fileobj)
            key.data.socket.close()


def _request(plan: Plan, login: tuple[str, str]) -> bytes:
    proof = base64.b64encode(":".join(login).encode()).decode()
    lines = [f"GET {plan.path} HTTP/1.1", f"Host: 127.0.0.1:{plan.port}", f"Authorization: Basic {proof}"]
    if plan.start:
        lines.append(f"Range: bytes={plan.start}-")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    print(json.dumps(asdict(run(Plan(**{**wanted, "logins": [tuple(one) for one in wanted["logins"]]})))))
