"""The appliance's HTTP side, as small as the contract allows: enrollment, and documents with credentials and Range.

A test orders trouble here: a refusal, a cut after some bytes, a file that comes late.
"""

import base64
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from protocol import device as wire


@dataclass
class Answer:
    """One answer that the test ordered instead of the normal one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"


@dataclass
class Served:
    """A document; each of `cuts` is a count of bytes after which one request's connection is dropped."""

    content: bytes
    cuts: deque[int] = field(default_factory=deque)
    answers: deque[Answer] = field(default_factory=deque)
    ranges: list[str | None] = field(default_factory=list)


class HttpSide:
    def __init__(
        self,
        enroll: Callable[[wire.EnrollmentRequest], wire.EnrollmentAnswer],
        is_password: Callable[[str, str], bool],
    ) -> None:
        self.enroll = enroll
        self.is_password = is_password
        self.answers: deque[Answer] = deque()
        self.documents: dict[str, Served] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.side = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    side: HttpSide


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _side(self) -> HttpSide:
        assert isinstance(self.server, _Server)
        return self.server.side

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self._side.answers:
            self._answer(self._side.answers.popleft())
        else:
            body = wire.encode_enrollment_answer(self._side.enroll(wire.parse_enrollment(raw)))
            self._answer(Answer(HTTPStatus.CREATED, {"Content-Type": "application/json"}, body))

    def do_GET(self) -> None:
        sha256 = self.path.rpartition("/")[2]
        served = self._side.documents.get(sha256)
        if not self._is_enrolled():
            self._answer(Answer(HTTPStatus.UNAUTHORIZED))
        elif served is None:
            self._answer(Answer(HTTPStatus.NOT_FOUND))
        elif served.answers:
            self._answer(served.answers.popleft())
        else:
            self._send_document(served, sha256)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests speak for themselves."""

    def _is_enrolled(self) -> bool:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        name, _, password = base64.b64decode(value).decode().partition(":")
        return kind == "Basic" and self._side.is_password(name, password)

    def _send_document(self, served: Served, sha256: str) -> None:
        asked = self.headers.get("Range")
        served.ranges.append(asked)
        is_part = asked is not None and self.headers.get("If-Range") == f'"{sha256}"'
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and is_part else 0
        total = len(served.content)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if is_part else HTTPStatus.OK)
        if is_part:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.send_header("ETag", f'"{sha256}"')
        self.send_header("Content-Length", str(total - start))
        self.end_headers()
        if served.cuts:
            self.wfile.write(served.content[start : start + served.cuts.popleft()])
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.wfile.write(served.content[start:])

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
