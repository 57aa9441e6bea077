"""Bodies of requests at the door: unpacked and read within bounds, whatever they claim to be."""

import io

from backports import zstd
from flask import Request

from central.errors import Invalid, TooLarge
from protocol.uplink import MAX_BODY_BYTES, PACKED

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
    if (request.content_length or 0) > most:
        raise TooLarge("too_large", most=most)
    kept = bytearray()
    while chunk := request.stream.read(min(_CHUNK, most + 1 - len(kept))):
        kept += chunk
        if len(kept) > most:
            raise TooLarge("too_large", most=most)
    declared = request.content_length
    if declared is not None and declared != len(kept):
        raise Invalid("cut", {"Content-Length": "unknown_value"})
    return bytes(kept)


def unpacked(raw: bytes, most: int) -> bytes:
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
    try:
        with zstd.ZstdFile(io.BytesIO(raw), options=options) as file:
            plain = file.read(most + 1)
    except (zstd.ZstdError, EOFError) as error:
        raise Invalid("not_packed", {"body": "unknown_value"}) from error
    if len(plain) > most:
        raise TooLarge("too_large", most=most)
    return bytes(plain)
