"""What the tests of central share: each runs on SQLite and on a real PostgreSQL, one a session."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.store.database import TABLES, is_postgres, open_database
from central.store.models import database
from tests.support.postgres import Postgres, running_postgres

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """One database for all that need an empty one: they empty it themselves."""
    return postgres.new_database("city")


@pytest.fixture(params=ENGINES)
def city_url(request: pytest.FixtureRequest) -> str:
    """DATABASE_URL, once for each engine; empty is SQLite."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def city_db(city_url: str, tmp_path: Path) -> Iterator[str]:
    """An empty city's database of each engine, bound and connected for this thread. Gives its DATABASE_URL."""
    with opened_city(city_url, tmp_path):
        yield city_url


@contextmanager
def opened_city(url: str, folder: Path) -> Iterator[None]:
    open_database(url, folder / "city.db")
    database.connect(reuse_if_open=True)
    try:
        if is_postgres():
            _empty()
        yield
    finally:
        database.close()
        if is_postgres():
            database.obj.close_all()


def _empty() -> None:
    """Every table but the schema's version; counters begin again. Quicker than TRUNCATE for a few rows."""
    tables = [table._meta.table_name for table in TABLES]
    deletes = "".join(f'DELETE FROM "{name}";' for name in tables if name != "setting")  # noqa: S608 - our own names
    database.execute_sql(
        f"""DO $$ DECLARE one record; BEGIN
        SET LOCAL session_replication_role = replica;
        {deletes} DELETE FROM setting WHERE key <> 'schema_version';
        FOR one IN SELECT schemaname, sequencename FROM pg_sequences WHERE last_value IS NOT NULL LOOP
            PERFORM setval(format('%%I.%%I', one.schemaname, one.sequencename), 1, false);
        END LOOP; END $$"""  # noqa: S608 - as above
    )
