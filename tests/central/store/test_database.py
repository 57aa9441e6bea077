"""The city's database opens on both engines, and its transactions do not overtake each other."""

import threading
from pathlib import Path

import pytest

from central.errors import CannotStart, Unavailable
from central.services.settings import read_setting, write_setting
from central.store.database import connected, open_database, writing
from central.store.models import Setting, database
from tests.support.postgres import Postgres


def test_a_setting_is_kept_and_replaced(city_db: str) -> None:
    write_setting("colour", {"a": 1})
    write_setting("colour", {"a": 2})
    assert read_setting("colour") == {"a": 2}
    assert read_setting("schema_version") == 1


def test_who_reads_then_writes_under_one_name_does_so_one_after_the_other(city_db: str) -> None:
    write_setting("count", 0)
    failures: list[BaseException] = []

    def count_one() -> None:
        with connected(), writing("count"):
            write_setting("count", read_setting("count") + 1)

    def count() -> None:
        try:
            for _ in range(20):
                count_one()
        except BaseException as error:  # a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert read_setting("count") == 80


def test_what_fails_in_a_transaction_leaves_nothing(city_db: str) -> None:
    with pytest.raises(ZeroDivisionError), writing("a"):
        write_setting("half", 1)
        raise ZeroDivisionError
    assert read_setting("half") is None


def test_a_connection_that_is_open_is_used_and_left_open(city_db: str) -> None:
    with connected():
        assert Setting.select().count() >= 1
    assert not database.is_closed()


@pytest.mark.parametrize("url", ["mysql://somewhere/city", "postgresql://postgres@127.0.0.1:9/city"])
def test_an_address_that_leads_nowhere_is_said_at_the_start(url: str, tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="DATABASE_URL"):
        open_database(url, tmp_path / "city.db")


def test_a_newer_schema_is_not_touched(city_db: str, tmp_path: Path) -> None:
    write_setting("schema_version", 99)
    try:
        with pytest.raises(CannotStart, match="plus récente"):
            open_database(city_db, tmp_path / "city.db")
    finally:
        database.connect(reuse_if_open=True)
        write_setting("schema_version", 1)


def test_a_database_that_went_away_is_unavailable_and_heals(postgres: Postgres, tmp_path: Path) -> None:
    open_database(postgres.new_database("away"), tmp_path / "city.db")
    with connected():
        write_setting("a", 1)
    postgres.stop()
    try:
        with pytest.raises(Unavailable, match="database_away"), connected():
            read_setting("a")
    finally:
        postgres.start()
    with connected():
        assert read_setting("a") == 1
    database.obj.close_all()


def test_a_connection_cut_in_the_middle_is_unavailable_and_the_next_one_works(
    postgres: Postgres, tmp_path: Path
) -> None:
    open_database(postgres.new_database("cut"), tmp_path / "city.db")
    with pytest.raises(Unavailable, match="database_away"), connected(), writing("a"):
        write_setting("a", 1)
        database.connection().pgconn.finish()
        write_setting("b", 2)
    with connected():
        assert (read_setting("a"), read_setting("b")) == (None, None)
    database.obj.close_all()


def test_what_an_address_says_reaches_the_driver_with_its_odd_letters(tmp_path: Path) -> None:
    """Checked against what the driver would be given: no server has such a password here."""
    url = "postgresql://pr%C3%A9au:p%40ss%2Fw%3Ard@127.0.0.1:9/ville?sslmode=verify-full"
    with pytest.raises(CannotStart):
        open_database(url, tmp_path / "city.db")
    given = database.obj.connect_params
    assert {name: given[name] for name in ("user", "password", "host", "port", "sslmode")} == {
        "user": "préau",
        "password": "p@ss/w:rd",
        "host": "127.0.0.1",
        "port": 9,
        "sslmode": "verify-full",
    }
    assert database.obj.database == "ville"
