"""Opening the city's database, SQLite or PostgreSQL: journal mode, schema version. Decides nothing."""

from pathlib import Path

import apsw
from peewee import Database, DatabaseError
from playhouse.apsw_ext import APSWDatabase
from playhouse.db_url import parse as parse_url
from playhouse.postgres_ext import PooledPsycopg3Database

from central.errors import CannotStart
from central.store.desk_models import DESK_TABLES
from central.store.migrations import MIGRATIONS
from central.store.models import FLEET_TABLES, Row, Setting, database

SCHEMA_VERSION = 1
TABLES: tuple[type[Row], ...] = (*FLEET_TABLES, *DESK_TABLES)
_POSTGRES = ("postgresql://", "postgres://")
_LOCK = 0x50524541  # "PREA": one migrates, the others wait
_OLDEST_SAFE = (3, 51, 3)
_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "journal_size_limit": 64 * 1024 * 1024,
    "cache_size": -32_768,
}


def is_postgres() -> bool:
    return isinstance(database.obj, PooledPsycopg3Database)


def open_database(url: str, sqlite_path: Path) -> None:
    """Binds the models of this process, creating or migrating. Raises CannotStart with what to do."""
    database.initialize(_postgres(url) if url else _sqlite(sqlite_path))
    try:
        with database.connection_context():
            _build()
    except (DatabaseError, apsw.Error) as error:
        raise CannotStart(
            "database_unreadable",
            f"La base de données ne peut pas être ouverte ({type(error).__name__}: {error}). "
            "Vérifiez DATABASE_URL, ou le dossier --data.",
        ) from error


def _sqlite(path: Path) -> Database:
    if tuple(int(part) for part in apsw.sqlite_lib_version().split(".")[:3]) < _OLDEST_SAFE:
        raise CannotStart(
            "sqlite_too_old", "La bibliothèque SQLite est trop ancienne (3.51.3 au moins) : relancez ./run."
        )
    return APSWDatabase(str(path), pragmas=_PRAGMAS, timeout=30)


def _postgres(url: str) -> Database:
    if not url.startswith(_POSTGRES):
        raise CannotStart("database_url", "DATABASE_URL doit commencer par postgresql:// (ou être absent : SQLite).")
    rest = url.partition("://")[2]
    return PooledPsycopg3Database(max_connections=40, stale_timeout=300, timeout=20, **parse_url(f"psycopg3://{rest}"))


def _build() -> None:
    """From nothing or from an older schema; of several processes that come here at once one does the work."""
    with database.atomic() if is_postgres() else database.atomic("IMMEDIATE"):
        if is_postgres():
            database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        version = _schema_version()
        if version > SCHEMA_VERSION:
            raise CannotStart(
                "data_newer",
                f"La base de données a été écrite par une version plus récente de Préau (schéma {version}, connu : "
                f"{SCHEMA_VERSION}). Mettez Préau à jour.",
            )
        if version == 0:
            database.create_tables(TABLES)
        for step in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
            for statement in MIGRATIONS[step]:
                database.execute_sql(statement)
        if version != SCHEMA_VERSION:
            Setting.insert(key="schema_version", value=SCHEMA_VERSION).on_conflict(
                conflict_target=[Setting.key], preserve=[Setting.value]
            ).execute()


def _schema_version() -> int:
    if not database.table_exists("setting"):
        return 0
    row = Setting.get_or_none(Setting.key == "schema_version")
    return 0 if row is None else int(row.value)
