"""Backup and restore of the whole city: every table and the folder of secrets, in one file.

Whoever has the file has the city's keys: it is 0600, and belongs where the keys belong.
"""

import hashlib
import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from central.config import Config
from central.errors import CannotStart, Conflict, Invalid
from central.services.journal import CONSOLE, record
from central.store.database import SCHEMA_VERSION, connected, open_database, writing
from central.store.dump import is_empty, kept_tables, one_moment, read_lines, restart_counters, write_lines
from central.store.models import Row
from central.store.trouble import STORE_ERRORS

_MANIFEST = "manifest.json"
_FORMAT = 1
_SECRET_BYTES = 1024 * 1024
_QUICK = 1  # of zlib: most of it are sealed snapshots, which no effort makes smaller
_READ_BYTES = 1024 * 1024
_DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, *STORE_ERRORS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    """`rows` and `sha256` by table; `schema` of the server that made it."""

    format: int
    schema: int
    made_at: str
    rows: Mapping[str, int]
    sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """`rows` by table."""

    path: Path
    size: int
    rows: dict[str, int]


def write_backup(config: Config, target: Path, now: datetime) -> Made:
    """While the server works. A new file only: the name that is typed may be the last good copy's."""
    if target.exists() or target.is_symlink():
        raise Conflict("backup_exists", path=str(target))
    if not target.parent.is_dir():
        raise Invalid("no_folder", path=str(target.parent))
    aside = target.with_name(target.name + ".new")
    descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            rows = _write(config, file, now)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    with connected(), writing():
        record(now, CONSOLE, "city.backup", rows=sum(rows.values()))
    return Made(target, target.stat().st_size, rows)


def _write(config: Config, file: IO[bytes], now: datetime) -> dict[str, int]:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_QUICK) as archive:
        with connected(), one_moment():
            told = {table._meta.table_name: _write_table(archive, table) for table in kept_tables()}
        for path in sorted(config.secrets_path.iterdir()):
            if path.is_file() and path.name != "lock" and not path.name.endswith(".new"):
                archive.writestr(f"secrets/{path.name}", path.read_bytes())
        manifest = Manifest(
            _FORMAT,
            SCHEMA_VERSION,
            now.isoformat(),
            {name: count for name, (count, _) in told.items()},
            {name: digest for name, (_, digest) in told.items()},
        )
        archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
    return dict(manifest.rows)


def _write_table(archive: zipfile.ZipFile, table: type[Row]) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    with archive.open(f"tables/{table._meta.table_name}.jsonl", "w", force_zip64=True) as out:
        for line in read_lines(table):
            digest.update(line)
            out.write(line)
            count += 1
    return count, digest.hexdigest()


def restore_backup(config: Config, source: Path) -> Made:
    """Into an empty folder and an empty database: what is there is never overwritten. The server must be stopped.

    Schools whose facts came after the backup send them again; their boxes notice by themselves.
    """
    if config.secrets_path.exists() and any(config.secrets_path.iterdir()):
        raise CannotStart(
            "folder_not_empty",
            f"{config.secrets_path} contient déjà des clés. Restaurez dans un dossier neuf : --data DOSSIER.",
        )
    with _in_words(source), zipfile.ZipFile(source) as archive:
        manifest = _read_manifest(archive)
        open_database(config.database_url, config.sqlite_path)
        with connected():
            rows = _fill(archive, manifest, config.secrets_path)
    return Made(source, source.stat().st_size, rows)


@contextmanager
def _in_words(source: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CannotStart("no_backup", f"{error.filename} n’existe pas. Rien n’a été changé.") from error
    except OSError as error:
        raise CannotStart(
            "restore_stopped", f"La restauration s’est arrêtée ({error}) : disque, droits ? Rien n’a été changé."
        ) from error
    except _DAMAGED as error:
        is_ours = isinstance(error, _NotWhole)
        why = f" : {error}" if is_ours else ", ou elle est coupée ou abîmée"
        raise CannotStart(
            "backup_unreadable", f"{source} n’est pas une sauvegarde entière de la ville{why}. Rien n’a été changé."
        ) from error


class _NotWhole(ValueError):
    """With words for a person."""


def _read_manifest(archive: zipfile.ZipFile) -> Manifest:
    manifest = Manifest(**json.loads(archive.read(_MANIFEST)))
    if manifest.format != _FORMAT or manifest.schema > SCHEMA_VERSION:
        raise _NotWhole("une version plus récente de Préau l’a faite")
    return manifest


def _fill(archive: zipfile.ZipFile, manifest: Manifest, secrets: Path) -> dict[str, int]:
    """All in one transaction, the keys before its end: a restore that is cut leaves an empty database."""
    with _secrets_or_none(secrets), writing():
        if not is_empty():
            raise CannotStart("database_not_empty", "La base de données n’est pas vide : donnez-en une neuve.")
        # A table that the backup does not know came with a later version.
        known = [table for table in kept_tables() if table._meta.table_name in manifest.rows]
        rows = {table._meta.table_name: _fill_table(archive, manifest, table) for table in known}
        restart_counters()
        _put_secrets(archive, secrets)
    return rows


@contextmanager
def _secrets_or_none(folder: Path) -> Iterator[None]:
    """It was empty: what a restore that failed has put there goes again."""
    was_there = folder.exists()
    try:
        yield
    except BaseException:
        for path in folder.iterdir() if folder.exists() else ():
            path.unlink()
        if folder.exists() and not was_there:
            folder.rmdir()
        raise


def _fill_table(archive: zipfile.ZipFile, manifest: Manifest, table: type[Row]) -> int:
    """Line by line. Whether all of it was right is known at the end: if not, the transaction takes it back."""
    name, digest = table._meta.table_name, hashlib.sha256()

    def lines(file: Iterable[bytes]) -> Iterator[bytes]:
        for line in file:
            digest.update(line)
            yield line

    with archive.open(f"tables/{name}.jsonl") as packed:
        file = io.BufferedReader(packed, _READ_BYTES)  # type: ignore[type-var]  # it has what a raw file has
        count = write_lines(table, lines(file))
    if digest.hexdigest() != manifest.sha256[name] or count != manifest.rows[name]:
        raise _NotWhole(f"la table {name} est abîmée")
    return count


def _put_secrets(archive: zipfile.ZipFile, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for info in archive.infolist():
        name = info.filename.removeprefix("secrets/")
        if info.filename == f"secrets/{name}" and name == Path(name).name and info.file_size <= _SECRET_BYTES:
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(archive.read(info))
                file.flush()
                os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
