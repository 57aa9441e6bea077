"""« De l’emballage à la classe », followed from the first step to the last, with a real browser for every device."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import guide_after, guide_lesson, guide_setup  # noqa: F401 - each of them follows some steps
from tests.browser.guide import FOLLOWED, School, Step, read_steps
from tests.browser.pages import pages_desk
from tests.support.appliance import running_appliance
from tests.support.chromium import DESK, running_chromium
from tests.support.ports import free_ports

pytestmark = pytest.mark.timeout(300)
HOST = "preau.local"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """By the appliance's name, over plain http, as in a school: no secure context."""
    with running_chromium(f"--host-resolver-rules=MAP {HOST} 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def school(chromium: Browser, tmp_path: Path) -> Iterator[School]:
    with (
        running_appliance(tmp_path, "--agents", str(free_ports(1)[0])) as box,
        pages_desk(chromium, box, url=f"http://{HOST}:{box.http_port}") as desk,
    ):
        desk.witness.forgive("Cross-Origin-Opener-Policy header has been ignored")  # as every http page on a network
        yield School(box, desk, tmp_path, desk.open(DESK))


def test_every_step_of_the_guide_has_somebody_who_follows_it_and_nobody_follows_another() -> None:
    steps = read_steps()
    assert [one.number for one in steps] == list(range(1, len(steps) + 1))
    assert sorted(one.title for one in steps) == sorted(FOLLOWED)


def test_the_guide_leads_from_the_box_to_the_end_of_the_first_lesson(school: School) -> None:
    for one in read_steps():
        _follow(one, school)


def _follow(one: Step, school: School) -> None:
    school.reader.met.clear()
    try:
        FOLLOWED[one.title](school)
    except BaseException as error:
        error.add_note(f"step {one.number} of the guide: {one.title}")
        raise
    assert one.words == school.reader.met, f"step {one.number}, {one.title}: words of the guide, words that were met"
