"""Which zips are documents, and which are bombs: decided from a zip's listing, nothing is unpacked."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.documents import DOCX, EPUB, GEOGEBRA, ODG, ODP, ODS, ODT, PPTX, XLSX, Kind
from appliance.errors import Invalid

MAX_ENTRIES = 5_000
MAX_DIRECTORY_BYTES = 1024 * 1024  # of the listing itself: it is read into memory
MAX_UNPACKED_BYTES = 1024**3
MAX_RATIO = 200
RATIO_FROM_BYTES = 20 * 1024 * 1024  # a blank scanned page compresses a thousandfold, and harms nobody
_HEADER_BYTES = 30  # of an entry, before its name


@dataclass(frozen=True, slots=True)
class Entry:
    """`start`: where the entry begins in the file."""

    name: str
    size: int
    packed: int
    start: int
    is_link: bool = False
    is_encrypted: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """`mimetype`: the content of the entry of that name, where ODF and EPUB say what they are."""

    entries: Sequence[Entry]
    size: int
    mimetype: str = ""


_BY_MIMETYPE = {kind.mime: kind for kind in (ODT, ODS, ODP, ODG, EPUB)}
_BY_PART = (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX), ("ppt/presentation.xml", PPTX))
_RUNS = ("androidmanifest.xml", "classes.dex", "meta-inf/manifest.mf", "vbaproject.bin")
_RUNNING_ENDINGS = (
    ".exe",
    ".dll",
    ".apk",
    ".dex",
    ".jar",
    ".class",
    ".so",
    ".bat",
    ".cmd",
    ".ps1",
    ".vbs",
    ".sh",
    ".scr",
)


def archive_kind(archive: Archive) -> Kind:
    """Raises Invalid: `document_bomb`, `document_executable`, or `document_zip` for a zip that is only a zip."""
    refuse_bombs(archive)
    names = {entry.name.lower() for entry in archive.entries}
    if any(name.endswith((*_RUNS, *_RUNNING_ENDINGS)) for name in names):
        raise Invalid("document_executable")
    if archive.mimetype in _BY_MIMETYPE:
        return _BY_MIMETYPE[archive.mimetype]
    if "[content_types].xml" in names:
        for part, kind in _BY_PART:
            if part in names:
                return kind
    if "geogebra.xml" in names:
        return GEOGEBRA
    raise Invalid("document_zip")


def refuse_bombs(archive: Archive) -> None:
    """Too many entries, too much inside, entries that share bytes, names that lead outside."""
    entries = archive.entries
    unpacked = sum(entry.size for entry in entries)
    is_bomb = (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED_BYTES
        or (unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * archive.size)
        or _shares_bytes(archive)
        or any(entry.is_link or entry.is_encrypted or _leads_outside(entry.name) for entry in entries)
        or len({entry.name for entry in entries}) < len(entries)
    )
    if is_bomb:
        raise Invalid("document_bomb")


def _shares_bytes(archive: Archive) -> bool:
    """Entries that overlap are how 10 MB hold 281 TB and still look modest one by one."""
    end = 0
    for entry in sorted(archive.entries, key=lambda entry: entry.start):
        if entry.start < end:
            return True
        end = entry.start + _HEADER_BYTES + entry.packed
    return end > archive.size


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return not name or name.startswith(("/", "\\")) or ".." in parts or "\0" in name or name[1:2] == ":"
