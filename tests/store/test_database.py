"""Opening the store: its pragmas, what it refuses to touch, and several processes that open it at once."""

import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from appliance.errors import CannotStart
from appliance.store import database as opening
from appliance.store.database import SCHEMA_VERSION, is_sound, open_store
from appliance.store.migrations import MIGRATIONS
from appliance.store.models import TABLES, Cart, database
from tests.support.store import HandClock, opened_store

ROOT = Path(__file__).resolve().parents[2]


def pragma(name: str) -> object:
    return database.execute_sql(f"PRAGMA {name}").fetchone()[0]


def refused(path: Path) -> CannotStart:
    before = path.read_bytes()
    with pytest.raises(CannotStart) as caught:
        open_store(path)
    assert path.read_bytes() == before, "what is refused must be left as it is"
    assert str(path) in str(caught.value)
    return caught.value


def test_the_store_keeps_what_was_committed_through_a_power_cut(tmp_path: Path) -> None:
    with opened_store(tmp_path):
        assert pragma("journal_mode") == "wal"
        assert pragma("synchronous") == 2, "FULL: WAL with NORMAL lost commits in power cuts"
        assert pragma("foreign_keys") == 1
        assert pragma("secure_delete") == 1
        assert pragma("auto_vacuum") == 2, "INCREMENTAL, which only a new file can be given"


def test_a_new_store_has_every_table_and_is_for_its_owner_only(tmp_path: Path) -> None:
    with opened_store(tmp_path) as path:
        assert {table._meta.table_name for table in TABLES} <= set(database.get_tables())
        assert pragma("user_version") == SCHEMA_VERSION
        assert path.stat().st_mode & 0o777 == 0o600
        assert is_sound()


def test_opening_again_keeps_the_data_and_writes_nothing(tmp_path: Path) -> None:
    with opened_store(tmp_path) as path:
        Cart.create(name="Classe mobile A", created_at=HandClock().at)
    before = path.read_bytes()
    with opened_store(tmp_path):
        assert [cart.name for cart in Cart.select()] == ["Classe mobile A"]
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_stops_the_start_and_is_left_alone(tmp_path: Path) -> None:
    with opened_store(tmp_path) as path:
        database.execute_sql(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    error = refused(path)
    assert error.code == "data_newer"
    assert "Mettez Préau à jour" in str(error)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with apsw.Connection(str(path)) as other:
        other.execute("CREATE TABLE recipes (name)")
    other.close()
    assert refused(path).code == "data_foreign"


def test_a_file_that_is_no_database_stops_the_start_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"this is not a database, it is a letter to the director" * 40)
    assert refused(path).code == "data_unreadable"


def test_a_folder_in_the_files_place_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()
    with pytest.raises(CannotStart) as caught:
        open_store(tmp_path / "store.db")
    assert caught.value.code == "data_unreadable"


@pytest.mark.parametrize("version", ["3.40.1", "3.50.7", "3.51.2"])
def test_a_sqlite_that_can_corrupt_what_several_processes_write_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(CannotStart) as caught:
        open_store(tmp_path / "store.db", lambda: version)
    assert caught.value.code == "sqlite_too_old"
    assert not (tmp_path / "store.db").exists()


def test_damage_in_the_middle_of_the_file_is_found(tmp_path: Path) -> None:
    with opened_store(tmp_path) as path, database.atomic():
        for number in range(2000):
            Cart.create(name=f"Chariot {number} " + "x" * 200, created_at=HandClock().at)
    raw = bytearray(path.read_bytes())
    for offset in range(len(raw) * 3 // 4 // 4096 * 4096, len(raw), 4096):
        raw[offset : offset + 64] = b"\xff" * 64
    path.write_bytes(raw)
    with opened_store(tmp_path):
        assert not is_sound()


def test_a_migration_runs_once_and_keeps_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_store(tmp_path):
        Cart.create(name="Classe mobile A", created_at=HandClock().at)
    monkeypatch.setattr(opening, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setitem(MIGRATIONS, SCHEMA_VERSION, ("ALTER TABLE cart ADD COLUMN colour TEXT DEFAULT 'blue'",))
    for _ in range(2):
        with opened_store(tmp_path):
            rows = database.execute_sql("SELECT name, colour FROM cart").fetchall()
            assert rows == [("Classe mobile A", "blue")]
            assert pragma("user_version") == SCHEMA_VERSION + 1


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened_store(tmp_path) as path:
        Cart.create(name="Classe mobile A", created_at=HandClock().at)
    with monkeypatch.context() as newer:
        newer.setattr(opening, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
        newer.setitem(MIGRATIONS, SCHEMA_VERSION, ("ALTER TABLE cart ADD COLUMN colour TEXT", "DROP TABLE nothing"))
        with pytest.raises(CannotStart):
            open_store(path)
    with opened_store(tmp_path):
        assert pragma("user_version") == SCHEMA_VERSION
        assert "colour" not in {column.name for column in database.get_columns("cart")}


def test_processes_that_open_a_new_store_at_once_all_find_it_whole(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from appliance.store.database import open_store, is_sound; "
        "from appliance.store.models import database; sys.stdin.readline(); "
        "open_store(pathlib.Path(sys.argv[1])); database.connect(); assert is_sound()"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "store.db")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
    for child in children:
        _, said = child.communicate(timeout=60)
        assert child.returncode == 0, said.decode()
