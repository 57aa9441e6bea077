"""Reading a zip's listing without unpacking it. Decides nothing: `domain.archives` does.

The end record is read by hand first, because a listing of a million entries must not even be loaded.
"""

import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from appliance.domain.archives import MAX_DIRECTORY_BYTES, MAX_ENTRIES, Archive, Entry
from appliance.errors import Invalid

_END_MARK = b"PK\x05\x06"
_END_BYTES = 22
_MAX_COMMENT = 65_535
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20
_LINK_TYPE = 0xA
_MIMETYPE_BYTES = 100


def read_archive(path: Path) -> Archive:
    """Raises Invalid: `document_bomb` for a listing too long to read, `document_damaged` for one that is not right."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        _refuse_long_listing(stream, size)
        try:
            with zipfile.ZipFile(stream) as archive:
                entries = [_entry(info) for info in archive.infolist()]
                return Archive(entries, size, _mimetype(archive))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error, RuntimeError, OSError):
            raise Invalid("document_damaged") from None


def _refuse_long_listing(stream: BinaryIO, size: int) -> None:
    tail_bytes = min(size, _END_BYTES + _MAX_COMMENT + _ZIP64_LOCATOR_BYTES)
    stream.seek(size - tail_bytes)
    tail = stream.read(tail_bytes)
    place = tail.rfind(_END_MARK)
    if place < 0 or place + _END_BYTES > len(tail):
        raise Invalid("document_damaged")
    _, total, directory_bytes = struct.unpack_from("<HHI", tail, place + 8)
    is_zip64 = tail[max(0, place - _ZIP64_LOCATOR_BYTES) : place].startswith(_ZIP64_LOCATOR)
    if is_zip64 or total > MAX_ENTRIES or directory_bytes > MAX_DIRECTORY_BYTES:
        raise Invalid("document_bomb")


def _entry(info: zipfile.ZipInfo) -> Entry:
    return Entry(
        name=info.orig_filename,
        size=info.file_size,
        packed=info.compress_size,
        start=info.header_offset,
        is_link=(info.external_attr >> 28) == _LINK_TYPE,
        is_encrypted=bool(info.flag_bits & 1),
    )


def _mimetype(archive: zipfile.ZipFile) -> str:
    """ODF and EPUB keep it as their first entry, not compressed."""
    entries = archive.infolist()
    if not entries or entries[0].filename != "mimetype" or entries[0].compress_type != zipfile.ZIP_STORED:
        return ""
    with archive.open(entries[0]) as stream:
        return stream.read(_MIMETYPE_BYTES).decode("ascii", "replace").strip()
