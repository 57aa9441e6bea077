"""Which failures of a database pass by themselves, and which are a defect of what was to be written."""

import apsw
import psycopg
import pytest
from peewee import IntegrityError, InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded
from psycopg.errors import lookup

from central.errors import Unavailable
from central.store.models import Setting, database
from central.store.trouble import in_words, read_trouble

_TELLING = "database or disk is full, locked and busy"


def code(error: BaseException) -> str | None:
    trouble = read_trouble(error)
    return None if trouble is None else trouble.code


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("53100", "disk_full"), ("58030", "disk_full"), ("53300", "database_busy"), ("40P01", "database_busy"),
        ("40001", "database_busy"), ("55P03", "database_busy"), ("57014", "database_busy"), ("57P01", "database_away"),
        ("57P02", "database_away"), ("08006", "database_away"), ("25006", "database_away"),
        ("23505", None), ("23502", None), ("22001", None), ("22P05", None), ("54000", None), ("42P01", None),
    ],
)  # fmt: skip
def test_postgresql_is_judged_by_its_state_whatever_it_says(state: str, expected: str | None) -> None:
    error = lookup(state)(_TELLING)
    assert code(error) == expected
    assert code(OperationalError(error, *error.args)) == expected, "peewee has wrapped it"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (apsw.FullError(_TELLING), "disk_full"), (apsw.IOError(), "disk_full"), (apsw.BusyError(), "database_busy"),
        (apsw.LockedError(), "database_busy"), (apsw.CantOpenError(), "database_away"),
        (apsw.ConstraintError(_TELLING), None), (apsw.SQLError(_TELLING), None), (IntegrityError(_TELLING), None),
        (MaxConnectionsExceeded(), "database_busy"), (psycopg.OperationalError("no route"), "database_away"),
        (InterfaceError("closed"), "database_away"), (ValueError(_TELLING), None),
    ],
)  # fmt: skip
def test_other_failures_are_judged_by_their_class(error: Exception, expected: str | None) -> None:
    assert code(error) == expected


def test_a_value_that_speaks_of_a_full_disk_is_a_defect_on_both_engines(city_db: str) -> None:
    Setting.create(key="full, locked, busy", value=1)
    with pytest.raises(IntegrityError), in_words(), database.atomic():
        Setting.create(key="full, locked, busy", value=1)


def test_a_locked_sqlite_is_busy(tmp_path: object) -> None:
    path = f"{tmp_path}/one.db"
    first, second = apsw.Connection(path), apsw.Connection(path)
    first.execute("CREATE TABLE t(x); BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="database_busy"), in_words():
        second.execute("BEGIN IMMEDIATE")
    first.close()
    second.close()
