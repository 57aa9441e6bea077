"""A mail server and a web address of a test's own: they take what is sent, or refuse it, and keep it to be read."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Taken:
    """`refuse`: what comes next is not taken."""

    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    refuse: bool = False


@contextmanager
def running_mail_server() -> Iterator[Taken]:
    """As much of RFC 5321 as a client without TLS asks for."""
    taken = Taken()

    class Session(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("220 test")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA" and not taken.refuse:
                    self.say("354 go on")
                    taken.bodies.append(self._message())
                    self.say("250 taken")
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("451 not now" if taken.refuse and verb == b"MAIL" else "250 ok")

        def _message(self) -> bytes:
            lines: list[bytes] = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            return b"".join(lines)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        taken.port = server.server_address[1]
        yield from _serving(server, taken)


@contextmanager
def running_web_address() -> Iterator[Taken]:
    taken = Taken()

    class Session(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(302 if taken.refuse else 204)
            if taken.refuse:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Session) as server:
        taken.port = server.server_address[1]
        yield from _serving(server, taken)


def _serving(server: socketserver.BaseServer, taken: Taken) -> Iterator[Taken]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        thread.join()
