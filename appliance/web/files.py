"""Sending a stored file: whole or one range of it (RFC 9110), by the kernel's sendfile. Knows nothing about who may.

Flask's `send_file` reads a range through Python and is five times slower; a file that stands at the right offset,
handed to the server's `wsgi.file_wrapper`, is sent by the kernel.
"""

import io
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flask import Request, Response
from werkzeug.http import dump_options_header

from appliance.errors import NotFound, Unavailable
from appliance.web.security import FILE_POLICY

_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,30})-([0-9]{0,30})[ \t]*", re.IGNORECASE)
_BLOCK = 256 * 1024  # for servers without sendfile, and over TLS


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`tag` is the strong ETag: the content's hash."""

    path: Path
    tag: str
    size: int
    mime: str = "application/octet-stream"
    name: str = ""


class Transfers:
    """At most `at_once` files on their way: slow readers must leave threads to the teachers' pages."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    def open(self, path: Path) -> io.FileIO:
        if not self._free.acquire(blocking=False):
            raise Unavailable("busy_files")
        try:
            return _Held(path, self._free)
        except OSError:
            self._free.release()
            raise NotFound("document_missing") from None


class _Held(io.FileIO):
    """Gives its place back when it is closed, which the server does however the transfer ended."""

    def __init__(self, path: Path, place: threading.BoundedSemaphore) -> None:
        super().__init__(path, "rb")
        self._place: threading.BoundedSemaphore | None = place

    def close(self) -> None:
        super().close()
        place, self._place = self._place, None
        if place is not None:
            place.release()


def send(request: Request, file: StoredFile, transfers: Transfers) -> Response:
    """200, 206, 304 or 416."""
    response = Response(mimetype=file.mime)
    _describe(response, file)
    if request.if_none_match.contains_weak(file.tag):
        response.status_code = 304
        return response
    start, length = 0, file.size
    wanted = _wanted_range(request, file)
    if wanted is not None:
        start, length = wanted
        if length == 0:
            response.status_code = 416
            response.headers["Content-Range"] = f"bytes */{file.size}"
            response.headers["Content-Length"] = "0"
            return response
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{file.size}"
    response.headers["Content-Length"] = str(length)
    if request.method != "HEAD":
        _attach(request, response, transfers.open(file.path), (start, length))
    return response


def _attach(request: Request, response: Response, stream: io.FileIO, part: tuple[int, int]) -> None:
    start, length = part
    stream.seek(start)
    wrap = request.environ.get("wsgi.file_wrapper")
    if wrap is not None:  # the server sends Content-Length bytes from where the file stands
        response.response = wrap(stream, _BLOCK)
    else:
        response.response = _Part(stream, length)
    response.direct_passthrough = True


class _Part:
    """`length` bytes from where the file stands, for servers that have no file wrapper."""

    def __init__(self, stream: io.FileIO, length: int) -> None:
        self._stream = stream
        self._left = length

    def __iter__(self) -> "_Part":
        return self

    def __next__(self) -> bytes:
        block = self._stream.read(min(_BLOCK, self._left)) if self._left else b""
        if not block:
            raise StopIteration
        self._left -= len(block)
        return block

    def close(self) -> None:
        self._stream.close()


def _describe(response: Response, file: StoredFile) -> None:
    response.set_etag(file.tag)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Content-Disposition"] = _disposition(file.name)


def _disposition(name: str) -> str:
    """`attachment`, with the name in ASCII and, where that is not the whole of it, in UTF-8 (RFC 6266)."""
    if not name:
        return "attachment"
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in name)
    if plain == name:
        return dump_options_header("attachment", {"filename": name})
    return dump_options_header("attachment", {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"})


def _wanted_range(request: Request, file: StoredFile) -> tuple[int, int] | None:
    """(start, length); length 0 when none of it exists; None: the whole file.

    What is no range of bytes is ignored, several ranges are answered whole, If-Range must be the very tag.
    """
    condition = request.headers.get("If-Range")
    if request.method != "GET" or (condition is not None and condition != f'"{file.tag}"'):
        return None
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    return None if found is None else _part_of(found[1], found[2], file.size)


def _part_of(first: str, last: str, size: int) -> tuple[int, int] | None:
    """`first-last`, `first-` or `-length from the end` (RFC 9110, 14.1.2)."""
    if not first:
        length = min(int(last), size) if last else None
        return None if length is None else (size - length, length)
    start, end = int(first), int(last) if last else size - 1
    if last and end < start:
        return None
    return (0, 0) if start >= size else (start, min(end, size - 1) - start + 1)
