"""Bodies of requests at the door: unpacked and read within bounds, whatever they claim to be."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from backports import zstd
from flask import Request

from central.errors import Invalid, TooLarge, WrongVersion
from protocol.strict_json import read_object
from protocol.uplink import ACCEPTED_VERSIONS, MAX_BODY_BYTES, PACKED

_WINDOW_LOG = 23  # 8 MiB: what a decoder of ours may ever take
_CHUNK = 64 * 1024


def read_body(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """Plain, or packed by zstd: it stops as soon as it is too much, so that a bomb costs no more than a batch."""
    raw = bounded(request, most)
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return raw
    if encoding != PACKED:
        raise Invalid("unknown_encoding", {"Content-Encoding": "unknown_value"})
    return unpacked(raw, most)


def bounded(request: Request, most: int) -> bytes:
    kept = bytearray()
    for chunk in _chunks(request, most):
        kept += chunk
    return bytes(kept)


@contextmanager
def spooled(request: Request, most: int) -> Iterator[IO[bytes]]:
    """For what is large: it comes into a file, however slowly, and fills no memory meanwhile."""
    with tempfile.TemporaryFile() as file:
        for chunk in _chunks(request, most):
            file.write(chunk)
        file.seek(0)
        yield file


def _chunks(request: Request, most: int) -> Iterator[bytes]:
    declared, taken = request.content_length, 0
    if (declared or 0) > most:
        raise TooLarge("too_large", most=most)
    while chunk := request.stream.read(min(_CHUNK, most + 1 - taken)):
        taken += len(chunk)
        if taken > most:
            raise TooLarge("too_large", most=most)
        yield chunk
    if declared is not None and declared != taken:
        raise Invalid("cut", {"Content-Length": "unknown_value"})


def unpacked(raw: bytes, most: int, dictionary: bytes = b"") -> bytes:
    """`dictionary`: what was said before, if the packing began after that."""
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    before = zstd.ZstdDict(dictionary, is_raw=True).as_prefix if dictionary else None
    try:
        with zstd.ZstdFile(io.BytesIO(raw), options=options, zstd_dict=before) as file:
            plain = file.read(most + 1)
    except (zstd.ZstdError, EOFError) as error:
        raise Invalid("not_packed", {"body": "unknown_value"}) from error
    if len(plain) > most:
        raise TooLarge("too_large", most=most)
    return bytes(plain)


def spoken(body: bytes) -> bytes:
    """A version that we do not speak is refused as such, whatever else has changed in it."""
    if not body.startswith((b'{"v":1,', b'{"v":1}')):
        told = read_object(body, MAX_BODY_BYTES).get("v")
        if isinstance(told, int) and told not in ACCEPTED_VERSIONS:
            raise WrongVersion("wrong_version", versions=list(ACCEPTED_VERSIONS))
    return body
