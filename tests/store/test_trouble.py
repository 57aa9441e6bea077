from pathlib import Path

import apsw
import pytest
from playhouse.apsw_ext import APSWDatabase

from appliance.store.trouble import STORE_ERRORS, read_trouble


@pytest.fixture
def database(tmp_path: Path) -> APSWDatabase:
    database = APSWDatabase(str(tmp_path / "store.db"), timeout=0)
    database.execute_sql("CREATE TABLE facts (text)")
    return database


def failing(database: APSWDatabase, statement: str) -> Exception:
    with pytest.raises(STORE_ERRORS) as caught:
        database.execute_sql(statement)
    return caught.value


def test_a_full_database_is_told_as_a_full_disk(database: APSWDatabase) -> None:
    database.execute_sql("PRAGMA max_page_count = 3")
    error = failing(database, "INSERT INTO facts VALUES (zeroblob(100000))")
    trouble = read_trouble(error)
    assert trouble is not None
    assert (trouble.code, trouble.retry) == ("disk_full", True)


def test_a_database_held_by_another_is_told_as_busy(database: APSWDatabase, tmp_path: Path) -> None:
    other = apsw.Connection(str(tmp_path / "store.db"))
    other.execute("BEGIN EXCLUSIVE")
    trouble = read_trouble(failing(database, "INSERT INTO facts VALUES (1)"))
    other.close()
    assert trouble is not None
    assert trouble.code == "store_busy"


def test_a_wrong_statement_is_a_defect_and_not_a_trouble(database: APSWDatabase) -> None:
    assert read_trouble(failing(database, "INSERT INTO nowhere VALUES (1)")) is None


def test_another_error_is_not_the_stores(database: APSWDatabase) -> None:
    assert read_trouble(ValueError("the disk is full of busy words")) is None
