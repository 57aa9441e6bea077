"""A store of an earlier version becomes one of this version: with all that was in it, and the same to the column."""

import hashlib
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from appliance.config import Config
from appliance.errors import CannotStart
from appliance.store.backup_file import MANIFEST, STORE, Manifest, Part, encode_manifest
from appliance.store.database import SCHEMA_VERSION, open_store
from appliance.store.migrations import MIGRATIONS
from appliance.store.models import AgentLink, Device, EnrollmentToken, JoinCode, LessonDevice, Receipt, database
from appliance.store.restore import restore

HERE = Path(__file__).parent
EARLIER = range(1, SCHEMA_VERSION)


def made_by(version: int, path: Path) -> Path:
    """`schema-N.sql` is what SQLite told of a store that version N had made; `content-N.sql` has one row a table."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA auto_vacuum = incremental; PRAGMA journal_mode = wal")
    for name in (f"schema-{version}.sql", f"content-{version}.sql"):
        connection.execute((HERE / name).read_text(encoding="utf-8"))
    connection.close()
    return path


def made_by_the_first_version(path: Path) -> Path:
    return made_by(1, path)


def rows_of(path: Path) -> dict[str, list[dict[str, object]]]:
    connection = apsw.Connection(str(path))
    try:
        found = {}
        for table in tables_of(connection):
            cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - names from the schema itself
            names = [column[0] for column in cursor.get_description()] if table_has_rows(connection, table) else []
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor]
        return found
    finally:
        connection.close()


def table_has_rows(connection: apsw.Connection, table: str) -> bool:
    return bool(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall())  # noqa: S608 - as above


def tables_of(connection: apsw.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted(str(row[0]) for row in rows)


def shape_of(path: Path) -> dict[str, object]:
    """Tables with their columns in order, foreign keys and indexes with theirs."""
    connection = apsw.Connection(str(path))
    try:
        return {
            table: {
                "columns": connection.execute(f"PRAGMA table_xinfo({table})").fetchall(),
                "keys": sorted(
                    connection.execute(f"PRAGMA foreign_key_list({table})").fetchall(), key=lambda key: str(key[3:])
                ),
                "indexes": indexes_of(connection, table),
                "options": connection.execute(f"SELECT wr, strict FROM pragma_table_list('{table}')").fetchall(),  # noqa: S608 - our own names
            }
            for table in tables_of(connection)
        }
    finally:
        connection.close()


def indexes_of(connection: apsw.Connection, table: str) -> dict[str, object]:
    found = connection.execute(f"PRAGMA index_list({table})").fetchall()
    return {
        str(name): (unique, origin, partial, connection.execute(f"PRAGMA index_info({name})").fetchall())
        for _, name, unique, origin, partial in found
    }


@pytest.fixture
def migrated(tmp_path: Path) -> Path:
    path = made_by_the_first_version(tmp_path / "old.db")
    open_store(path)
    return path


@pytest.mark.parametrize("version", EARLIER)
def test_a_migrated_store_is_as_a_new_one_column_by_column(version: int, tmp_path: Path) -> None:
    migrated, new = made_by(version, tmp_path / "old.db"), tmp_path / "new.db"
    open_store(migrated)
    open_store(new)
    assert shape_of(migrated) == shape_of(new)
    for pragma in ("user_version", "application_id", "auto_vacuum", "journal_mode"):
        assert pragma_of(migrated, pragma) == pragma_of(new, pragma), pragma


def pragma_of(path: Path, name: str) -> object:
    connection = apsw.Connection(str(path))
    try:
        return connection.pragma(name)
    finally:
        connection.close()


@pytest.mark.parametrize(("version", "tables"), [(1, 23), (2, 25)])
def test_every_table_of_an_earlier_version_is_tried_with_a_row(version: int, tables: int, tmp_path: Path) -> None:
    rows = rows_of(made_by(version, tmp_path / "old.db"))
    assert [table for table, found in rows.items() if not found] == []
    assert len(rows) == tables


@pytest.mark.parametrize("version", EARLIER)
def test_no_row_and_no_value_is_lost(version: int, tmp_path: Path) -> None:
    path = made_by(version, tmp_path / "old.db")
    before = rows_of(path)
    open_store(path)
    after = rows_of(path)
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows, table


def test_what_is_new_says_nothing_of_the_past(migrated: Path) -> None:
    open_store(migrated)
    with database.connection_context():
        receipt = Receipt.get()
        assert (receipt.channel, receipt.evidence) == ("own", None)
        assert Device.get().guest_lesson_id is None
        assert LessonDevice.get().display is None
        token = EnrollmentToken.get()
        assert (token.device_id, token.lesson_id) == (None, None)
        assert AgentLink.select().count() == JoinCode.select().count() == 0


def test_a_migration_happens_once(migrated: Path) -> None:
    before = rows_of(migrated)
    open_store(migrated)
    assert rows_of(migrated) == before
    assert pragma_of(migrated, "user_version") == SCHEMA_VERSION


def test_several_processes_that_start_at_once_migrate_it_once(tmp_path: Path) -> None:
    path = made_by_the_first_version(tmp_path / "old.db")
    code = f"from pathlib import Path; from appliance.store.database import open_store; open_store(Path({str(path)!r}))"
    starting = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait(60) for process in starting] == [0, 0, 0, 0]
    assert pragma_of(path, "user_version") == SCHEMA_VERSION
    assert len(rows_of(path)["device"]) == 1


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made_by_the_first_version(tmp_path / "old.db")
    shape, rows = shape_of(path), rows_of(path)
    monkeypatch.setitem(MIGRATIONS, 1, (*MIGRATIONS[1], "ALTER TABLE nowhere ADD COLUMN x"))
    with pytest.raises(CannotStart, match="nowhere"):
        open_store(path)
    assert (shape_of(path), rows_of(path)) == (shape, rows)
    assert pragma_of(path, "user_version") == 1


def test_a_backup_of_the_first_version_can_be_restored_by_this_one(config: Config, tmp_path: Path) -> None:
    content = made_by_the_first_version(tmp_path / "old.db").read_bytes()
    part = Part(len(content), hashlib.sha256(content).hexdigest())
    at = datetime(2026, 11, 23, tzinfo=UTC)
    backup = config.backups_path / "old.preau"
    with zipfile.ZipFile(backup, "w") as archive:
        archive.writestr(STORE, content)
        archive.writestr(MANIFEST, encode_manifest(Manifest(1, "École", at, {STORE: part})))
    restore(config, backup, at)
    assert pragma_of(config.store_path, "user_version") == SCHEMA_VERSION
    assert [row["name"] for row in rows_of(config.store_path)["device"]] == ["Tablette 07"]
    new = tmp_path / "new.db"
    open_store(new)
    assert shape_of(config.store_path) == shape_of(new)


def test_there_is_a_step_from_every_version_to_the_next() -> None:
    assert set(MIGRATIONS) == set(range(1, SCHEMA_VERSION))
