"""What tests of use cases share: a real store and a clock moved by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.store import HandClock, opened_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    with opened_store(tmp_path) as path:
        yield path


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
