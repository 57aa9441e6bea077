"""The desk does each step, and waits for a database that is away."""

from pathlib import Path

from central.cli.desk import do_all
from central.store.database import open_database
from central.store.models import Setting
from tests.support.postgres import Postgres


def test_each_step_is_done_even_after_one_that_did_something(city_db: str) -> None:
    done: list[str] = []

    def first() -> bool:
        done.append("first")
        return True

    def second() -> bool:
        done.append("second")
        return False

    assert do_all([first, second])
    assert not do_all([second])
    assert done == ["first", "second", "second"]


def test_a_database_that_is_away_is_waited_for(postgres: Postgres, tmp_path: Path) -> None:
    open_database(postgres.new_database("desk"), tmp_path / "city.db")
    looks = [lambda: Setting.select().count() > 0]
    assert do_all(looks)
    postgres.stop()
    try:
        assert not do_all(looks)
    finally:
        postgres.start()
    assert do_all(looks)
