"""Opening `store.db`: journal mode, checks, schema version. Decides nothing about its content.

WAL with synchronous FULL lost nothing in 400 power cuts (facts: SQLite); several processes write, which is only safe
from SQLite 3.51.3 on: the version is checked here. peewee runs on apsw, whose wheels carry a newer SQLite.
"""

import shlex
from collections.abc import Callable
from pathlib import Path

import apsw
from peewee import DatabaseError

from appliance.config import no_room
from appliance.errors import CannotStart
from appliance.store.city_models import CITY_INDEXES, CITY_TABLES
from appliance.store.migrations import MIGRATIONS
from appliance.store.models import INDEXES, TABLES, database
from appliance.store.trouble import read_trouble

SCHEMA_VERSION = 3
_APPLICATION_ID = 0x50524541  # "PREA"
_OLDEST_SAFE = 3051003

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "secure_delete": "on",  # a pupil's name that was deleted is gone from the file, too
    "journal_size_limit": 8 * 1024 * 1024,
    "cache_size": -4096,
}


def open_store(path: Path, sqlite_version: Callable[[], str] = apsw.sqlite_lib_version) -> None:
    """Bind the models to `path`, creating or migrating it. Raises CannotStart with what to do."""
    if _version_number(sqlite_version()) < _OLDEST_SAFE:
        raise CannotStart(
            "sqlite_too_old", "La bibliothèque SQLite est trop ancienne (3.51.3 au moins) : relancez ./run."
        )
    if not database.is_closed():
        database.close()
    database.init(str(path), pragmas=PRAGMAS, timeout=10)
    try:
        _must_be_ours(path)
        database.connect(reuse_if_open=True)
        if _schema_version() < SCHEMA_VERSION:
            _build()
    except (DatabaseError, apsw.Error) as error:
        trouble = read_trouble(error)
        if trouble is not None and trouble.code == "disk_full":
            raise no_room(path) from error
        raise _unreadable(path, error) from error
    finally:
        database.close()
    path.chmod(0o600)


def _must_be_ours(path: Path) -> None:
    """Looked at before any pragma: another program's file, or a newer one of ours, is left as it is."""
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(10_000)
        is_empty = not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
        version, application_id = connection.pragma("user_version"), connection.pragma("application_id")
        if is_empty:
            # Only a new file takes it, and only before its first page, which the journal mode writes. Given to each
            # connection it would make each of them write.
            connection.pragma("auto_vacuum", "incremental")
            connection.pragma("journal_mode", "wal")
    finally:
        connection.close()
    if application_id != _APPLICATION_ID and not is_empty:
        raise CannotStart(
            "data_foreign",
            f"{path} est une base de données d’un autre programme. Rien n’a été modifié. "
            "Donnez un autre dossier : --data DOSSIER.",
        )
    if version > SCHEMA_VERSION:
        raise CannotStart(
            "data_newer",
            f"{path} a été écrit par une version plus récente de Préau (schéma {version}, connu : {SCHEMA_VERSION}). "
            "Mettez Préau à jour, ou restaurez une sauvegarde faite avec cette version.",
        )


def _schema_version() -> int:
    return int(database.execute_sql("PRAGMA user_version").fetchone()[0])


def _build() -> None:
    """From nothing or from an older schema; several processes may come here at once, one does the work."""
    with database.atomic("IMMEDIATE"):
        version = _schema_version()
        if version == 0:
            database.create_tables((*TABLES, *CITY_TABLES))
            for statement in (*INDEXES, *CITY_INDEXES):
                database.execute_sql(statement)
            database.execute_sql(f"PRAGMA application_id = {_APPLICATION_ID}")
        for step in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
            for statement in MIGRATIONS[step]:
                database.execute_sql(statement)
        database.execute_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def is_sound() -> bool:
    """SQLite's own quick check; reads the whole file."""
    return bool(database.execute_sql("PRAGMA quick_check(1)").fetchone() == ("ok",))


def how_to_restore(folder: Path) -> str:
    """The command to type, with the latest backup that is on the box."""
    backups = sorted((folder / "backups").glob("*.preau"), key=lambda file: file.stat().st_mtime)
    file = shlex.quote(str(backups[-1])) if backups else "FICHIER"
    return f"Restaurez une sauvegarde : ./run admin --data {shlex.quote(str(folder))} restore {file}"


def _version_number(text: str) -> int:
    major, minor, patch = (int(part) for part in text.split(".")[:3])
    return major * 1_000_000 + minor * 1_000 + patch


def _unreadable(path: Path, error: Exception) -> CannotStart:
    return CannotStart(
        "data_unreadable",
        f"{path} ne peut pas être lu ({type(error).__name__}: {error}). Rien n’a été modifié. "
        f"{how_to_restore(path.parent)}",
    )
