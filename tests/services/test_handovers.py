"""Tablets that pass from a teacher to another: asked for, granted or refused."""

import pytest
from peewee import fn

from appliance.domain.people import Actor, Role
from appliance.errors import Denied, NotFound
from appliance.store.models import Handover, Journal, Lesson
from tests.support.classroom import School, device_id

ONE, TWO, THREE = (device_id(n) for n in (1, 2, 3))


def lesson(lesson_id: str) -> Lesson:
    return Lesson.get_by_id(lesson_id)


def actions() -> list[str]:
    return [line.action for line in Journal.select().order_by(Journal.id)]


def test_asking_twice_is_asking_once_and_nobody_asks_himself(school: School) -> None:
    lesson_id = school.start()
    assert school.lessons.ask(school.petit, [ONE, TWO]) == 2
    assert school.lessons.ask(school.petit, [ONE]) == 1
    assert Handover.select().count() == 2
    assert school.lessons.ask(school.durand, [ONE]) == 0
    (request,) = school.board.snapshot(lesson_id)["requests"]
    assert (request["by"], request["device_ids"]) == ("M. Petit", [ONE, TWO])


def test_the_console_is_no_teacher_and_asks_for_nothing(school: School) -> None:
    school.start()
    with pytest.raises(Denied):
        school.lessons.ask(Actor(None, "console", Role.ADMINISTRATOR), [ONE])


def request_of(school: School) -> Handover:
    school.lessons.ask(school.petit, [ONE])
    return Handover.get_by_id(Handover.select(fn.MAX(Handover.id)).scalar())


def test_a_device_that_is_granted_goes_to_the_askers_lesson_or_is_free(school: School) -> None:
    school.start()
    school.lessons.answer(school.durand, request_of(school).id, True)
    assert ONE not in {part.device_id for part in school.lessons.held()}
    other = school.start(school.petit, [ONE])
    school.lessons.ask(school.petit, [TWO])
    school.lessons.answer(school.durand, Handover.get(Handover.device == TWO).id, True)
    assert {part.device_id for part in school.lessons.held() if part.lesson_id == other} == {ONE, TWO}


def test_what_is_asked_for_together_is_one_request_and_has_one_answer(school: School) -> None:
    lesson_id = school.start()
    school.lessons.ask(school.petit, [ONE, TWO])
    school.clock.pass_by(seconds=1)
    school.lessons.ask(school.petit, [THREE])
    first, second = school.board.snapshot(lesson_id)["requests"]
    assert (first["device_ids"], second["device_ids"]) == ([ONE, TWO], [THREE])
    school.lessons.answer(school.durand, first["id"], True)
    board = school.board.snapshot(lesson_id)
    assert [one["device_ids"] for one in board["requests"]] == [[THREE]], "asked for later: not answered with it"
    assert [tile["device_id"] for tile in board["tiles"]] == [THREE]
    assert [line.target for line in Journal.select().where(Journal.action == "device.answer")] == [
        f"device:{ONE}",
        f"device:{TWO}",
    ]


def test_two_who_ask_for_the_same_tablet_are_two_requests(school: School) -> None:
    lesson_id = school.start()
    for actor in (school.petit, school.head):
        school.lessons.ask(actor, [ONE])
    requests = school.board.snapshot(lesson_id)["requests"]
    assert [one["by"] for one in requests] == ["M. Petit", "Mme Martin"]


def test_what_is_given_or_asked_for_in_vain_was_not_taken(school: School) -> None:
    lesson_id = school.start()
    school.start(school.petit, devices=[school.add_device(4).id])
    school.lessons.ask(school.head, [ONE])
    school.lessons.answer(school.durand, request_of(school).id, True)
    board = school.board.snapshot(lesson_id)
    assert (board["taken"], board["requests"]) == ([], [])
    assert "device.take_over" not in actions()


def test_an_answer_to_what_was_answered_does_not_end_a_lesson_again(school: School) -> None:
    lesson_id = school.start(devices=[ONE])
    asked = request_of(school)
    school.lessons.end(school.durand, lesson_id)
    school.lessons.answer(school.durand, asked.id, True)
    assert lesson(lesson_id).end_reason == "pressed"


def test_a_device_that_is_refused_stays_and_the_first_answer_counts(school: School) -> None:
    school.start()
    asked = request_of(school)
    school.lessons.answer(school.durand, asked.id, False)
    school.lessons.answer(school.durand, asked.id, True)
    assert ONE in {part.device_id for part in school.lessons.held()}
    assert Handover.get_by_id(asked.id).granted is False


def test_only_the_holder_answers(school: School) -> None:
    school.start()
    with pytest.raises(Denied):
        school.lessons.answer(school.petit, request_of(school).id, True)
    with pytest.raises(NotFound):
        school.lessons.answer(school.durand, 999, True)


def test_a_request_dies_with_the_lesson_and_cannot_pull_the_device_out_of_a_later_one(school: School) -> None:
    first = school.start()
    asked = request_of(school)
    school.lessons.end(school.durand, first)
    assert Handover.get_by_id(asked.id).answered_at is not None
    assert school.board.snapshot(first)["requests"] == []
    later = school.start(school.head, [ONE])
    school.lessons.answer(school.durand, asked.id, True)
    assert [part.lesson_id for part in school.lessons.held([ONE])] == [later]


def test_granting_the_last_device_ends_the_lesson(school: School) -> None:
    first = school.start(devices=[ONE])
    school.lessons.answer(school.durand, request_of(school).id, True)
    assert lesson(first).end_reason == "emptied"
