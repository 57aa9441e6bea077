"""The form of a `.preau` file: a zip, nothing compressed, with `manifest.json`, `store.db` and the documents.

One that the box made for itself lists its documents only. Owns reading and checking it: a file is believed only when
each part has the size and hash that the manifest says.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from appliance.errors import Invalid

FORMAT = 1
MANIFEST = "manifest.json"
STORE = "store.db"
DOCUMENTS = "documents/"
ENDING = ".preau"
AUTOMATIC = "auto-"  # how the names of those begin that the box makes for itself
CHUNK = 1024 * 1024
_MAX_MANIFEST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`schema`: of the store inside. `missing`: documents that were damaged or gone when the copy was made.

    `on_box`: documents that stayed where they are, by hash, with their sizes.
    """

    schema: int
    school: str
    created_at: datetime
    parts: Mapping[str, Part]
    missing: tuple[str, ...] = ()
    on_box: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts.values())


def encode_manifest(manifest: Manifest) -> bytes:
    document = {
        "format": FORMAT,
        "schema": manifest.schema,
        "school": manifest.school,
        "created_at": manifest.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "parts": {name: {"size": part.size, "sha256": part.sha256} for name, part in manifest.parts.items()},
        "missing": list(manifest.missing),
        "on_box": dict(manifest.on_box),
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def parse_manifest(raw: bytes) -> Manifest:
    """Raises Invalid: `backup_newer` for another format, `backup_damaged` for what is none of ours."""
    try:
        document = json.loads(raw)
        if document["format"] > FORMAT:
            raise Invalid("backup_newer")
        parts = {str(name): Part(int(part["size"]), str(part["sha256"])) for name, part in document["parts"].items()}
        return Manifest(
            schema=int(document["schema"]),
            school=str(document["school"]),
            created_at=datetime.fromisoformat(document["created_at"]),
            parts=parts,
            missing=tuple(str(name) for name in document.get("missing", ())),
            on_box={str(name): int(size) for name, size in document.get("on_box", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Invalid("backup_damaged") from None


def read_manifest(path: Path) -> Manifest:
    """Without reading the rest; see `extract`."""
    with _opened(path) as archive:
        return _manifest_of(archive)


def extract(path: Path, target: Path) -> Manifest:
    """Every part into the empty folder `target`, checked while it is copied. Raises Invalid at the first wrong one."""
    with _opened(path) as archive:
        manifest = _manifest_of(archive)
        (target / DOCUMENTS).mkdir(mode=0o700)
        for name, part in manifest.parts.items():
            with archive.open(name) as source, (target / name).open("xb") as copy:
                copied = copy_hashed(source, copy)
            if copied != part:
                raise Invalid("backup_damaged", part=name)
    return manifest


def copy_hashed(source: IO[bytes], target: IO[bytes]) -> Part:
    digest = hashlib.sha256()
    size = 0
    try:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    except (zipfile.BadZipFile, EOFError):
        raise Invalid("backup_damaged") from None
    return Part(size, digest.hexdigest())


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise Invalid("backup_not_found", path=str(path)) from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Invalid("backup_damaged") from None
    except OSError as error:
        raise Invalid("backup_unreadable", path=str(path), why=error.strerror or "") from error


def _manifest_of(archive: zipfile.ZipFile) -> Manifest:
    """What the zip lists must be what the manifest lists, and stored as it is: nothing to unpack, nothing to hide."""
    entries = {entry.filename: entry for entry in archive.infolist()}
    entry = entries.pop(MANIFEST, None)
    if entry is None or entry.file_size > _MAX_MANIFEST_BYTES:
        raise Invalid("backup_damaged")
    try:
        manifest = parse_manifest(archive.read(MANIFEST))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        raise Invalid("backup_damaged") from None
    sizes = {name: part.size for name, part in manifest.parts.items()}
    for damaged in manifest.missing:
        entries.pop(DOCUMENTS + damaged, None)
    listed = {name: one.file_size for name, one in entries.items() if one.compress_type == zipfile.ZIP_STORED}
    if sizes != listed or STORE not in sizes or not all(_is_part(name) for name in sizes):
        raise Invalid("backup_damaged")
    return manifest


def _is_part(name: str) -> bool:
    sha256 = name.removeprefix(DOCUMENTS)
    is_document = name.startswith(DOCUMENTS) and len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")
    return name == STORE or is_document
