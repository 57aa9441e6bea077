"""One box for all tests of a module that harm nothing: broker and bridge as real processes."""

from collections.abc import Iterator

import pytest

from tests.support.box import Box, running_box


@pytest.fixture(scope="module")
def shared_box() -> Iterator[Box]:
    with running_box() as box:
        yield box


@pytest.fixture
def box() -> Iterator[Box]:
    """For tests that kill: nobody else's."""
    with running_box() as box:
        yield box
