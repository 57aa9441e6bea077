"""A disk without room, in bytes or in inodes, under a lesson: what matters goes on, what grows is refused in words."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.books import assert_nothing_lost_or_doubled, assert_sound
from tests.faults.disks import fill, small_disk, take_inodes
from tests.faults.school import Class, Teacher, running_class
from tests.support.appliance import Browser, wait_for

pytestmark = pytest.mark.timeout(120)
FULL = "plus de place"


def upload(browser: Browser, size: int) -> tuple[int, str]:
    answer = browser.session.post(
        f"{browser.url}/documents",
        files={"file": ("leçon.txt", random.Random(size).randbytes(size).hex().encode(), "text/plain")},
        headers=browser._headers(),
        timeout=20,
    )
    return answer.status_code, answer.text


def started(school: Class, browser: Browser) -> str | None:
    """A lesson's id, or None where the teacher read that there is no room."""
    answer = browser.post_form("/lessons", {"devices": school.ids, "minutes": 45, "title": "Essai"})
    if answer.status_code == 503:
        assert FULL in answer.text, answer.text
        return None
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rsplit("/", 1)[-1]


def lesson_goes_on(school: Class, browser: Browser, filler: Path) -> None:
    """Thirty gestures without room, then room again."""
    lesson_id = wait_for(lambda: started(school, browser), 5, "a lesson, as soon as the ballast is given back")
    wait_for(lambda: not (school.box.data_path / "ballast").exists(), 5, "the ballast given back")
    teacher = Teacher(browser, lesson_id, random.Random(1))
    for _ in range(30):
        teacher.press()
    status, text = upload(browser, 7_000_000)
    assert (status, FULL in text) == (503, True), text
    school.settle()
    assert_nothing_lost_or_doubled(school.box, teacher.ledger, school.effects, school.ids)
    shutil.rmtree(filler)
    wait_for(lambda: (school.box.data_path / "ballast").exists(), 20, "the ballast built again")
    assert upload(browser, 1_000)[0] == 201
    teacher.press()
    school.settle()
    assert_sound(school.box)


@pytest.mark.parametrize(("megabytes", "inodes", "exhaust"), [(48, 0, fill), (64, 400, take_inodes)])
def test_on_a_full_disk_gestures_go_on_uploads_are_refused_and_it_recovers_by_itself(
    tmp_path: Path, megabytes: int, inodes: int, exhaust: Callable[[Path], Path]
) -> None:
    with small_disk(tmp_path / "box", megabytes, inodes) as place, running_class(place, 3) as school:
        wait_for(lambda: (school.box.data_path / "ballast").exists(), 20, "the ballast")
        browser = school.box.browser("durand")
        lesson_goes_on(school, browser, exhaust(school.box.data_path))
