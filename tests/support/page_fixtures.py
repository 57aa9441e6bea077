"""Fixtures for tests of pages: one Chromium and one appliance a module, and browsers that are watched.

A folder's `conftest.py` imports what its tests use.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.appliance import Appliance, running_appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk, quiet_desk, running_chromium


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """A real appliance with one teacher, "durand"."""
    with running_appliance(tmp_path_factory.mktemp("box")) as box:
        box.add_user("durand")
        yield box


@pytest.fixture(scope="module")
def durand(box: Appliance) -> Client:
    """The teacher, signed in."""
    return box.browser("durand")


@pytest.fixture
def desk(chromium: Browser, box: Appliance) -> Iterator[Desk]:
    with quiet_desk(chromium, box.url) as desk:
        yield desk
