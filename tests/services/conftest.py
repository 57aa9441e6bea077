"""What tests of use cases share: a real store and a clock moved by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.live import live_database, open_live
from tests.support.classroom import School
from tests.support.store import HandClock, opened_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    with opened_store(tmp_path) as path:
        yield path


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def live(tmp_path: Path) -> Iterator[None]:
    open_live(tmp_path / "live.db")
    with live_database.connection_context():
        yield
    live_database.close()


@pytest.fixture
def school(store: Path, live: None, clock: HandClock) -> School:
    """Three teachers, three devices that can do everything."""
    return School(clock, store.parent)
