"""kill -9 of anything, at any moment, under a teacher who presses and devices that answer."""

import random
import threading
from pathlib import Path

import pytest

from tests.faults.books import assert_nothing_lost_or_doubled, assert_sound, versions
from tests.faults.school import BLOWS, Class, Killer, Teacher, in_thread, running_class

pytestmark = pytest.mark.timeout(300)
AFTERWARDS = 5  # gestures that must still get through


def hammered(school: Class, seed: int, rounds: int) -> Teacher:
    """A lesson under every kind of blow, `rounds` times; it has settled when this returns."""
    browser = school.box.browser("durand")
    teacher = Teacher(browser, browser.start_lesson(school.ids), random.Random(f"teacher {seed}"))
    killer, moments, pupils = Killer(school.box), random.Random(f"moments {seed}"), random.Random(f"pupils {seed}")
    hurry = threading.Event()
    with in_thread(lambda: teacher.press(hurry)), in_thread(lambda: live(school, pupils, hurry)):
        for blow in moments.sample(BLOWS * rounds, len(BLOWS) * rounds):
            hurry.wait(moments.uniform(0.0, 1.2))
            killer.strike(blow)
        enough = len(teacher.ledger.acknowledged) + AFTERWARDS
        while len(teacher.ledger.acknowledged) < enough:
            hurry.wait(0.05)
    school.settle()
    return teacher


def live(school: Class, pupils: random.Random, hurry: threading.Event) -> None:
    """Pupils use their tablets, and the versions that the store wants of them only grow."""
    school.use(pupils.choice(school.ids), pupils.randint(1, 90))
    before = versions(school.box)
    hurry.wait(0.05)
    after = versions(school.box)
    assert all(after[device_id] >= version for device_id, version in before.items()), (before, after)


def test_whatever_is_killed_no_gesture_is_lost_or_done_twice_and_usage_counts_once(
    tmp_path: Path, seed: int, is_long: bool
) -> None:
    with running_class(tmp_path, 6, "idle", "idle", "duplicates+idle") as school:
        teacher = hammered(school, seed, 4 if is_long else 1)
        assert teacher.retries, "the blows were felt"
        assert_nothing_lost_or_doubled(school.box, teacher.ledger, school.effects, school.ids)
        school.assert_usage_counted_once()
        assert_sound(school.box)
