"""Opening the city's database, SQLite or PostgreSQL: journal mode, schema version, connections. Decides nothing."""

import hashlib
import select
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import apsw
from peewee import Database
from playhouse.apsw_ext import APSWDatabase
from playhouse.db_url import parse as parse_url
from playhouse.postgres_ext import PooledPsycopg3Database

from central.errors import CannotStart
from central.store.desk_models import DESK_TABLES
from central.store.migrations import MIGRATIONS
from central.store.models import FLEET_TABLES, Row, Setting, database
from central.store.room import room
from central.store.trouble import STORE_ERRORS, in_words, is_full

SCHEMA_VERSION = 1
TABLES: tuple[type[Row], ...] = (*FLEET_TABLES, *DESK_TABLES)
_POSTGRES = ("postgresql://", "postgres://")
_LOCK = 0x50524541  # "PREA": one migrates, the others wait
_ROOM = "room"
_OLDEST_SAFE = (3, 51, 3)
_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "journal_size_limit": 64 * 1024 * 1024,
    "cache_size": -32_768,
}
# A server that vanished without a word is noticed in 20 s, not in the kernel's quarter of an hour.
_POSTGRES_LINK = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "preau",
}


class _Postgres(PooledPsycopg3Database):
    """A pool that gives out no connection whose server has gone since."""

    def _is_closed(self, conn: Any) -> bool:
        return bool(super()._is_closed(conn)) or _has_news(conn)  # type: ignore[no-untyped-call]  # untyped


def _has_news(conn: Any) -> bool:
    """Nobody speaks on an idle connection: what can be read is the server's farewell."""
    try:
        poll = select.poll()
        poll.register(conn.fileno(), select.POLLIN | select.POLLHUP)
        return bool(poll.poll(0))
    except STORE_ERRORS:
        return True


def is_postgres() -> bool:
    return isinstance(database.obj, PooledPsycopg3Database)


def transaction() -> AbstractContextManager[object]:
    """One use case. SQLite takes its lock at once, so that a reading that leads to a writing never fails half way."""
    return database.atomic() if is_postgres() else database.atomic("IMMEDIATE")


def open_database(url: str, sqlite_path: Path) -> None:
    """Binds the models of this process, creating or migrating. Raises CannotStart with what to do."""
    database.initialize(_postgres(url) if url else _sqlite(sqlite_path))
    room.watch(sqlite_path.with_name(_ROOM))
    try:
        with database.connection_context():
            _build()
    except STORE_ERRORS as error:
        raise CannotStart(
            "database_unreadable",
            f"La base de données ne peut pas être ouverte ({type(error).__name__} : {error}). "
            "Vérifiez DATABASE_URL, ou le dossier --data.",
        ) from error


@contextmanager
def connected() -> Iterator[None]:
    """A connection for this thread, given back at the end; one that is open already is used and not given back.

    A database that is away, busy or full is raised as Unavailable, from inside too.
    """
    with in_words():
        if not database.is_closed():
            yield
            return
        database.connect()
        try:
            yield
        finally:
            give_back()


def give_back() -> None:
    """To the pool. On SQLite it stays with its thread: the last one that closes would write the whole journal back."""
    if is_postgres() and not database.is_closed():
        database.close()


@contextmanager
def writing(*names: str) -> Iterator[None]:
    """One transaction that writes, on both engines.

    SQLite has one writer. PostgreSQL has many: who reads, decides, then writes names here what nobody else may decide
    upon meanwhile (`appliance:a-…`, `ticket:…`); transactions with a name in common run one after the other.
    """
    try:
        with _written(names):
            yield
    except STORE_ERRORS as error:
        if is_full(error):
            room.refused()
        raise
    room.taken()


@contextmanager
def _written(names: Sequence[str]) -> Iterator[None]:
    if not is_postgres():
        with database.atomic("IMMEDIATE"):
            yield
        return
    with database.atomic():
        for name in sorted(set(names)):  # in one order everywhere: no deadlock
            database.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_lock_number(name),))
        yield


def _lock_number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _sqlite(path: Path) -> Database:
    if tuple(int(part) for part in apsw.sqlite_lib_version().split(".")[:3]) < _OLDEST_SAFE:
        raise CannotStart(
            "sqlite_too_old", "La bibliothèque SQLite est trop ancienne (3.51.3 au moins) : relancez ./run."
        )
    return APSWDatabase(str(path), pragmas=_PRAGMAS, timeout=30)


def _postgres(url: str) -> Database:
    if not url.startswith(_POSTGRES):
        raise CannotStart("database_url", "DATABASE_URL doit commencer par postgresql:// (ou être absent : SQLite).")
    address = f"psycopg3://{url.partition('://')[2]}"
    options = _POSTGRES_LINK | parse_url(address, unquote_user=True, unquote_password=True)
    return _Postgres(max_connections=40, stale_timeout=300, timeout=20, **options)  # type: ignore[no-untyped-call]  # peewee ships no types


def _build() -> None:
    """From nothing or from an older schema; of several processes that come here at once one does the work."""
    with transaction():
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
