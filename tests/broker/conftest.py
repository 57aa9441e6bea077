"""What tests of the broker share: the real Mosquitto, fresh for each test that asks for it."""

from collections.abc import Iterator

import pytest

from tests.support.mosquitto import Broker, running_broker


@pytest.fixture
def broker() -> Iterator[Broker]:
    """Knows `d-one` and `d-two`."""
    with running_broker("d-one", "d-two") as running:
        yield running
