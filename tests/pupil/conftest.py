"""What tests of the pupil page share: one appliance and one Chromium a module, pages that are devices, a teacher.

The agent is tried alone here: a page of the appliance without a script of its own starts it, as the face does, and
notes what it says. What is seen is the face's, and is tried by the face's own tests.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.pupil.agent_page import Bench
from tests.pupil.stand_in import StandIn
from tests.support.appliance import Appliance
from tests.support.chromium import Desk
from tests.support.page_fixtures import box, chromium, desk, durand

__all__ = ["bench", "box", "chromium", "desk", "durand", "face", "link"]


@pytest.fixture(scope="module")
def link(box: Appliance) -> str:
    return box.new_link()


@pytest.fixture
def bench(chromium: Browser, box: Appliance, link: str) -> Iterator[Bench]:
    bench = Bench(chromium, box, link)
    try:
        yield bench
    finally:
        bench.close()


@pytest.fixture
def face(desk: Desk) -> StandIn:
    """The face alone, in a lesson; the test plays its agent."""
    face = StandIn(desk.open()).open()
    face.say()
    return face
