from pathlib import Path

import pytest
from peewee import OperationalError

from appliance.store.bulk import execute_many
from appliance.store.models import Cart, database
from tests.support.store import opened_store


def test_many_rows_are_written_in_the_callers_transaction(tmp_path: Path) -> None:
    with opened_store(tmp_path):
        with pytest.raises(RuntimeError), database.atomic("IMMEDIATE"):
            execute_many("INSERT INTO cart (name, created_at) VALUES (?, 0)", [("A",), ("B",)])
            assert Cart.select().count() == 2
            raise RuntimeError
        assert Cart.select().count() == 0


def test_a_full_disk_arrives_as_the_stores_own_error(tmp_path: Path) -> None:
    with opened_store(tmp_path):
        (pages,) = database.execute_sql("PRAGMA page_count").fetchone()
        database.execute_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OperationalError), database.atomic("IMMEDIATE"):
            execute_many("INSERT INTO cart (name, created_at) VALUES (?, 0)", [(f"{n}" * 500,) for n in range(100)])
