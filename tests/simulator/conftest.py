"""A school of its own for each test that talks over the wire."""

from collections.abc import Iterator

import pytest

from tests.simulator.school import School, running_school


@pytest.fixture
def school() -> Iterator[School]:
    with running_school() as school:
        yield school
