"""An appliance's data folder with a filled store, stopped."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.config import Config, make_folders
from tests.support.store import HandClock, opened_store


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    config = Config(tmp_path / "data")
    make_folders(config)
    config.backups_path.mkdir()
    yield config
    shutil.rmtree(config.runtime_path)


@pytest.fixture
def store(config: Config) -> Iterator[Path]:
    with opened_store(config.data_path) as path:
        yield path


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
