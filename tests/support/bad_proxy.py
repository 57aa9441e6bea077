"""Networks that misbehave: a proxy that delays, cuts, loses answers and lies, and a server that answers nonsense.

Owns sockets and threads only; what goes through is never looked into, but for the first line of a CONNECT.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 42\r\n\r\n"
    b"<html><h1>Bienvenue, identifiez-vous</h1>\n"
)
_CHUNK = 16_384


@dataclass
class BadProxy:
    """Between a box and its city. Every wish may change while it runs; it holds for what comes next."""

    target: tuple[str, int]
    lost_answers: int = 0  # so many answers are heard here, and never passed on
    cut_after: int | None = None  # bytes of a request, then the line is cut
    down: bool = False  # closes what comes
    silent: bool = False  # takes what comes, and says nothing
    portal: bool = False  # answers everything itself
    connect_only: bool = False  # a filtered network: only through CONNECT, only to port 443 or the target
    refuses_connect: bool = False
    delay: float = 0.0  # seconds for each piece
    connects: list[str] = field(default_factory=list)
    up: int = 0  # bytes that were passed on towards the city
    lost: int = 0
    _listener: socket.socket = field(default_factory=socket.socket)
    _held: list[socket.socket] = field(default_factory=list)

    def hang_up(self) -> int:
        """Ends what is open, as a proxy does with what is silent for too long; how many there were."""
        ended = [one for one in self._held if one.fileno() >= 0]
        for one in ended:
            _cut(one)
        return len(ended)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self, host: str = "127.0.0.1") -> None:
        self._listener.bind((host, 0))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                box, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(box,), daemon=True).start()

    def _serve(self, box: socket.socket) -> None:
        with contextlib.suppress(OSError), box:
            if self.down:
                return
            if self.silent:
                while box.recv(_CHUNK):
                    pass
                return
            if self.portal:
                box.recv(_CHUNK)
                box.sendall(PORTAL)
                return
            if self.connect_only and not self._tunnel(box):
                return
            with socket.create_connection(self.target, 10) as city:
                self._held.append(box)
                back = threading.Thread(target=self._down, args=(city, box), daemon=True)
                back.start()
                self._up(box, city)
                back.join(10)

    def _tunnel(self, box: socket.socket) -> bool:
        asked = b""
        while b"\r\n\r\n" not in asked:
            piece = box.recv(_CHUNK)
            if not piece:
                return False
            asked += piece
        method, _, where = asked.split(b"\r\n")[0].decode("latin-1").partition(" ")
        if method != "CONNECT" or self.refuses_connect:
            box.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n")
            return False
        self.connects.append(where.split(" ")[0])
        box.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return True

    def _up(self, box: socket.socket, city: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := box.recv(_CHUNK):
                self._pause()
                passed += len(piece)
                if self.down or (self.cut_after is not None and passed > self.cut_after):
                    _cut(city)
                    _cut(box)
                    return
                city.sendall(piece)
                self.up += len(piece)
            city.shutdown(socket.SHUT_WR)

    def _down(self, city: socket.socket, box: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := city.recv(_CHUNK):
                self._pause()
                if self.lost_answers > 0:
                    self.lost_answers -= 1
                    self.lost += 1
                    break
                if self.down:
                    break
                box.sendall(piece)
        _cut(box)
        _cut(city)

    def _pause(self) -> None:
        if self.delay:
            threading.Event().wait(self.delay)


def _cut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def bad_proxy(host: str, port: int) -> Iterator[BadProxy]:
    proxy = BadProxy((host, port))
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


@dataclass
class LyingServer:
    """Has a certificate, and answers each request with the next of `answers`, to the letter, then hangs up.

    `trickle`: seconds between two bytes.
    """

    certificate: Path
    key: Path
    answers: list[bytes] = field(default_factory=list)
    trickle: float = 0.0
    heard: list[bytes] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=socket.socket)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, self.key)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                box, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                self._answer(box)

    def _answer(self, box: socket.socket) -> None:
        with self._context.wrap_socket(box, server_side=True) as safe:
            safe.settimeout(5)
            self.heard.append(_request(safe))
            answer = self.answers.pop(0) if self.answers else b""
            if not self.trickle:
                safe.sendall(answer)
                return
            for byte in answer:
                safe.sendall(bytes([byte]))
                threading.Event().wait(self.trickle)


def _request(safe: ssl.SSLSocket) -> bytes:
    """Head and body."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = safe.recv(_CHUNK)
        if not piece:
            return heard
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    deadline = time.monotonic() + 5
    while lengths and len(body) < int(lengths[0]) and time.monotonic() < deadline:
        body += safe.recv(_CHUNK)
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def lying_server(certificate: Path, key: Path) -> Iterator[LyingServer]:
    server = LyingServer(certificate, key)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def answer_of(status: int, body: bytes, kind: str = "application/json", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status} Answer", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
