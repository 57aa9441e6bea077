"""A box as central meets it, in an empty city's database of each engine."""

import pytest

from tests.central.receiving import Box, Place, add_school


@pytest.fixture
def place(city_db: str) -> Place:
    return Place()


@pytest.fixture
def box(place: Place) -> Box:
    """It has said hello."""
    joined = Box(place, add_school())
    joined.say_hello()
    return joined
