"""Screens of a lesson: what they show is state, theirs alone, and over with the lesson."""

from datetime import timedelta

import pytest

from appliance.domain.people import Actor, Role
from appliance.errors import Conflict, Denied, Invalid, NotFound
from appliance.services.displays import Displays
from appliance.store.models import Journal, LessonDevice
from protocol.device import Display, Show
from tests.services.school import nobody_listens
from tests.support.classroom import School, device_id

TIMER = {"show": "timer", "seconds": 600, "label": "Lecture"}


@pytest.fixture
def displays(school: School) -> Displays:
    for number in (8, 9):
        school.add_device(number, kind="screen", name=f"Écran {number:02d}")
    return Displays(school.clock, nobody_listens(school.runtime_path))


def test_a_display_reaches_the_screens_and_no_tablet(school: School, displays: Displays) -> None:
    lesson = school.start()
    before = school.states.versions()
    displays.show(school.durand, lesson, None, TIMER)
    after = school.states.versions()
    ends_at = school.clock.now() + timedelta(minutes=10)
    assert school.desired(8).display == school.desired(9).display == Display(Show.TIMER, ends_at, "Lecture")
    assert school.desired(1).display is None
    assert [after[one] - before[one] for one in school.ids] == [0, 0, 0, 1, 1]


def test_one_screen_of_two_is_chosen_and_cleared_again(school: School, displays: Displays) -> None:
    lesson = school.start()
    displays.show(school.durand, lesson, [device_id(8)], {"show": "presence"})
    assert displays.of(lesson) == {device_id(8): {"show": "presence"}}
    assert school.desired(9).display is None
    displays.show(school.durand, lesson, [device_id(8)], None)
    assert school.desired(8).display is None
    assert displays.of(lesson) == {}


def test_a_display_is_over_with_its_lesson_and_its_words_are_gone(school: School, displays: Displays) -> None:
    lesson = school.start()
    displays.show(school.durand, lesson, None, {"show": "message", "text": "Rangez vos cahiers."})
    version = school.desired(8).version
    school.lessons.end(school.durand, lesson)
    assert school.desired(8).display is None
    assert school.desired(8).version > version
    assert LessonDevice.select().where(LessonDevice.display.is_null(False)).count() == 0


def test_a_screen_that_leaves_for_another_lesson_takes_nothing_along(school: School, displays: Displays) -> None:
    lesson = school.start()
    displays.show(school.durand, lesson, None, {"show": "presence"})
    school.start(school.petit, [device_id(8)], take_from=frozenset({lesson}))
    assert school.desired(8).display is None
    assert school.desired(9).display == Display(Show.PRESENCE)


def test_a_tablet_that_has_a_display_in_the_store_is_not_sent_it(school: School, displays: Displays) -> None:
    school.start()
    LessonDevice.update(display={"show": "presence"}).execute()
    assert school.desired(1).display is None
    assert school.desired(8).display == Display(Show.PRESENCE)


def test_what_cannot_be_shown_is_refused_and_changes_nothing(school: School, displays: Displays) -> None:
    lesson = school.start(devices=[device_id(1), device_id(8)])
    tablets_only = school.start(school.petit, [device_id(2)])
    stranger = Actor(99, "M. Autre", Role.TEACHER)
    for refusal, actor, where, devices, display in (
        (NotFound, school.durand, lesson, [device_id(1)], TIMER),
        (NotFound, school.durand, lesson, [device_id(9)], TIMER),
        (NotFound, school.durand, lesson, [], TIMER),
        (NotFound, school.petit, tablets_only, None, TIMER),
        (NotFound, school.durand, "no-such-lesson", None, TIMER),
        (Denied, stranger, lesson, None, TIMER),
        (Denied, school.petit, lesson, None, TIMER),
        (Invalid, school.durand, lesson, None, {"show": "weather"}),
    ):
        with pytest.raises(refusal):
            displays.show(actor, where, devices, display)
    school.lessons.end(school.durand, lesson)
    with pytest.raises(Conflict):
        displays.show(school.durand, lesson, None, TIMER)
    assert displays.of(lesson) == {}


def test_the_journal_says_what_kind_was_shown_and_not_its_words(school: School, displays: Displays) -> None:
    lesson = school.start()
    displays.show(school.durand, lesson, None, {"show": "message", "text": "Léa, viens au tableau"})
    row = Journal.get(Journal.action == "display.show")
    assert (row.target, row.detail) == (f"lesson:{lesson}", {"show": "message", "devices": 2})
