"""What tests of the pupil page share: one appliance and one Chromium a module, pages that are devices, a teacher.

The agent is tried alone here: a page of the appliance without a script of its own starts it, as the face does, and
notes what it says. What is seen is the face's, and is tried by the face's own tests.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.pupil.agent_page import Bench
from tests.pupil.stand_in import StandIn
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
def desk(chromium: Browser, box: Appliance) -> Iterator[Desk]:
    with quiet_desk(chromium, box.url) as desk:
        yield desk


@pytest.fixture
def face(desk: Desk) -> StandIn:
    """The face alone, in a lesson; the test plays its agent."""
    face = StandIn(desk.open()).open()
    face.say()
    return face
