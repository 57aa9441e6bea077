"""Makes a backup while the appliance works: the store as of one moment, without what must not leave, and the documents.

Left out, and why (docs/decisions/backups.md): pupils and messages to them; sessions, known browsers with their PINs;
invitations; every secret of this box. What remains of passwords are salted hashes, and in clear the digits that leave
a kiosk. Documents of a backup that the box makes for itself stay where they are, named by their content: seven copies
of them would fill and wear out the card.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import apsw

from appliance.config import Config
from appliance.errors import Unavailable
from appliance.store.backup_file import DOCUMENTS, MANIFEST, STORE, Manifest, Part, copy_hashed, encode_manifest
from appliance.store.ballast import disk_of

_WORK = ".backup-work-"
_ASIDE = ".backup-aside-"
_BUSY_MILLISECONDS = 10_000

# In this order: gestures carry receipts along. Message texts may name a pupil; a lesson ends at a restore anyway.
_STRIP = (
    # A tablet may have been called by its pupil.
    "UPDATE device SET name = printf('%02d', number) WHERE EXISTS (SELECT 1 FROM pupil "
    "WHERE pupil.device_id = device.id AND instr(lower(device.name), lower(pupil.first_name)))",
    "DELETE FROM pupil",
    "DELETE FROM session",
    "DELETE FROM browser",
    "DELETE FROM invitation",
    "DELETE FROM receipt",
    "DELETE FROM gesture",
    # Guests: nothing of them is kept (services/guests.py). Foreign keys are off in the copy.
    *(
        f"DELETE FROM {table} WHERE device_id IN (SELECT id FROM device WHERE guest_lesson_id IS NOT NULL)"  # noqa: S608 - our own words
        for table in (
            "lesson_device",
            "handover",
            "inventory",
            "usage_record",
            "usage_mark",
            "dropped",
        )
    ),
    "DELETE FROM device WHERE guest_lesson_id IS NOT NULL",
    "UPDATE device SET token_id = NULL WHERE token_id IN (SELECT id FROM enrollment_token WHERE created_by = 'code')",
    "DELETE FROM enrollment_token WHERE created_by = 'code'",
    "DELETE FROM join_code",
    "UPDATE lesson_device SET eyes_up = NULL, base = '{}', display = NULL",
    # What was sent, to the letter, and what opens the next hello.
    "DELETE FROM exchange",
    "UPDATE city_link SET token = ''",
    "DELETE FROM setting WHERE key IN ('roster_imported_at', 'setup_code')",
)


def write_backup(
    config: Config, target: Path, school: str, created_at: datetime, *, with_documents: bool = True
) -> Manifest:
    """At `target` there is a whole backup or what was there before. Raises Unavailable when the disk has no room."""
    _require_room(config, with_documents)
    aside = target.with_name(f"{_ASIDE}{secrets.token_hex(6)}-{target.name}")
    sweep(config.data_path, target.parent)
    try:
        with _work_folder(config.data_path) as work:
            schema = _copy_store(config.store_path, work)
            empty = Manifest(schema, school, created_at, {})
            manifest = _write_zip(aside, work / STORE, empty, config.documents_path if with_documents else None)
        aside.replace(target)
        sync_folder(target.parent)
    except (OSError, apsw.Error) as error:
        raise Unavailable("backup_failed", why=getattr(error, "strerror", None) or str(error)) from error
    finally:
        aside.unlink(missing_ok=True)
    return manifest


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_room(config: Config, with_documents: bool) -> None:
    """The zip, the copy that is stripped, and the one that is vacuumed."""
    paths = config.documents_path.glob("*") if with_documents else ()
    documents = sum(path.stat().st_size for path in paths if path.is_file())
    if disk_of(config.data_path).writable < documents + 3 * config.store_path.stat().st_size:
        raise Unavailable("disk_nearly_full")


@contextlib.contextmanager
def _work_folder(data_path: Path) -> Iterator[Path]:
    work = data_path / f"{_WORK}{secrets.token_hex(6)}"
    work.mkdir(mode=0o700)
    descriptor = os.open(work, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        os.close(descriptor)


def sweep(*folders: Path) -> None:
    """What killed backups left: a live one holds a lock on its files. The work folder has pupils' names in it."""
    for folder in folders:
        for path in (*folder.glob(f"{_WORK}*"), *folder.glob(f"{_ASIDE}*")):
            with contextlib.suppress(OSError):
                _remove_if_abandoned(path)


def _remove_if_abandoned(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    finally:
        os.close(descriptor)


def _copy_store(source: Path, work: Path) -> int:
    """SQLite's own backup sees one moment of the store, whoever writes meanwhile. Returns the schema's version."""
    raw = work / "raw.db"
    origin = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
    copy = apsw.Connection(str(raw))
    try:
        origin.set_busy_timeout(_BUSY_MILLISECONDS)
        with copy.backup("main", origin, "main") as backup:
            backup.step(-1)
        copy.execute("PRAGMA journal_mode = delete; PRAGMA secure_delete = on; PRAGMA foreign_keys = off")
        with copy:
            for statement in _STRIP:
                copy.execute(statement)
        copy.execute("VACUUM INTO ?", (str(work / STORE),))
        return int(str(copy.pragma("user_version")))
    finally:
        copy.close()
        origin.close()


def _write_zip(aside: Path, store: Path, empty: Manifest, documents: Path | None) -> Manifest:
    """Without `documents`, the folder where they are, only their hashes are listed."""
    listed = _documents_of(store)
    with _locked_file(aside) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        whole = replace(empty, parts={STORE: _add(archive, STORE, store, empty.created_at)})
        if documents is None:
            whole = replace(whole, on_box=listed)
        else:
            found = {sha: _add_document(archive, documents / sha, size, whole) for sha, size in listed.items()}
            good = {DOCUMENTS + sha: part for sha, part in found.items() if part is not None and part.sha256 == sha}
            missing = tuple(sha for sha in listed if DOCUMENTS + sha not in good)
            whole = replace(whole, parts={**whole.parts, **good}, missing=missing)
        archive.writestr(_info(MANIFEST, whole.created_at), encode_manifest(whole))
    sync_file(aside)
    return whole


def _add_document(archive: zipfile.ZipFile, path: Path, size: int, manifest: Manifest) -> Part | None:
    if not path.is_file() or path.stat().st_size != size:
        return None
    return _add(archive, DOCUMENTS + path.name, path, manifest.created_at)


@contextlib.contextmanager
def _locked_file(path: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with os.fdopen(descriptor, "w+b") as file:
        yield file


def _add(archive: zipfile.ZipFile, name: str, path: Path, at: datetime) -> Part:
    with path.open("rb") as source, archive.open(_info(name, at), "w", force_zip64=True) as target:
        return copy_hashed(source, target)


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (max(1980, at.year), at.month, at.day, at.hour, at.minute, at.second))
    info.external_attr = 0o600 << 16
    return info


def _documents_of(store: Path) -> dict[str, int]:
    """Hash -> size."""
    connection = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        rows = connection.execute("SELECT sha256, size FROM document")
        return {str(sha256): int(str(size)) for sha256, size in rows}
    finally:
        connection.close()
