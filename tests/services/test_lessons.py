"""Lessons: who holds what, until when, how it passes on, and that nothing of a lesson outlives it."""

from datetime import timedelta

import pytest
from peewee import IntegrityError

from appliance.domain.lessons import EndReason
from appliance.domain.people import Actor, Role
from appliance.errors import Conflict, Denied, Invalid, NotFound
from appliance.services import lessons as module
from appliance.services.lessons import Plan, close_lessons
from appliance.store.models import Device, Journal, Lesson, LessonDevice, Receipt, database
from protocol.device import UNRESTRICTED, AckStatus
from tests.support.classroom import School, device_id

ONE, TWO, THREE = (device_id(n) for n in (1, 2, 3))


def lesson(lesson_id: str) -> Lesson:
    return Lesson.get_by_id(lesson_id)


def actions() -> list[str]:
    return [line.action for line in Journal.select().order_by(Journal.id)]


@pytest.mark.contract("3.lesson_is_named_or_null")
def test_a_lesson_holds_its_devices_until_its_end(school: School) -> None:
    lesson_id = school.start(minutes=45)
    desired = school.desired()
    assert desired.lesson is not None
    assert (desired.lesson.id, desired.lesson.teacher) == (lesson_id, "Mme Durand")
    assert lesson(lesson_id).ends_at == school.clock.now() + timedelta(minutes=45)
    assert {part.device_id for part in school.lessons.held()} == {ONE, TWO, THREE}
    school.lessons.end(school.durand, lesson_id)
    assert school.desired().lesson is None
    assert school.lessons.held() == []


@pytest.mark.contract("3.until_is_null_only_when_free")
def test_restrictions_end_with_the_lesson_and_freedom_has_no_end(school: School) -> None:
    lesson_id = school.start(minutes=30)
    assert school.desired().restrictions_until is None
    school.perform(lesson_id, "restrict", sound="blocked")
    assert school.desired().restrictions_until == school.clock.now() + timedelta(minutes=30)
    school.perform(lesson_id, "restrict", sound="allowed")
    assert school.desired().restrictions_until is None


def test_a_longer_lesson_gives_a_longer_lease_with_a_new_version(school: School) -> None:
    lesson_id = school.start(minutes=30)
    school.perform(lesson_id, "restrict", sound="blocked")
    before = school.desired()
    end = school.lessons.extend(school.durand, lesson_id, 15)
    assert end == school.clock.now() + timedelta(minutes=45)
    assert school.desired().restrictions_until == end
    assert school.desired().version > before.version


def test_no_lesson_lasts_longer_than_a_school_day(school: School) -> None:
    lesson_id = school.start(minutes=480)
    with pytest.raises(Invalid):
        school.lessons.extend(school.durand, lesson_id, 1)
    with pytest.raises(Invalid):
        school.start(minutes=481, devices=[ONE])


def test_the_end_that_is_reached_releases_everything_with_the_teachers_laptop_closed(school: School) -> None:
    lesson_id = school.start(minutes=5)
    state = school.perform(lesson_id, "eyes_up", message="Ici")
    command = school.perform(lesson_id, "identify")
    school.clock.pass_by(seconds=299)
    assert school.lessons.end_due() == []
    school.clock.pass_by(seconds=1)
    before = school.desired().version
    assert school.lessons.end_due() == [lesson_id]
    assert school.lessons.end_due() == []
    assert school.desired().restrictions == UNRESTRICTED
    assert school.desired().version > before
    assert lesson(lesson_id).end_reason == "reached"
    assert {*school.receipts(state).values(), *school.receipts(command).values()} == {"canceled"}
    assert school.due() == []
    assert actions().count("lesson.end") == 1


def test_an_answer_that_comes_after_the_end_changes_nothing(school: School) -> None:
    lesson_id = school.start()
    gesture_id = school.perform(lesson_id, "identify", [ONE])
    school.lessons.end(school.durand, lesson_id)
    school.ack(school.receipt(gesture_id).id, AckStatus.DONE)
    assert school.receipt(gesture_id).state == "canceled"


def test_ending_twice_is_ending_once(school: School) -> None:
    lesson_id = school.start()
    school.lessons.end(school.durand, lesson_id)
    version = school.desired().version
    school.lessons.end(school.durand, lesson_id)
    assert school.desired().version == version
    assert actions().count("lesson.end") == 1
    with pytest.raises(Conflict):
        school.lessons.extend(school.durand, lesson_id, 5)


def test_a_lesson_that_was_prolonged_while_its_end_was_noticed_goes_on(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bridge looks, the teacher prolongs, the bridge writes: it must look again inside its transaction."""
    lesson_id = school.start(minutes=5)
    school.clock.pass_by(minutes=5)
    looked: list[list[str]] = []
    look = module._due

    def slow_look(now: object) -> list[str]:
        found = look(now)  # type: ignore[arg-type]  # functions of several signatures in one list
        if not looked:
            looked.append(found)
            school.lessons.extend(school.durand, lesson_id, 10)
        return found

    monkeypatch.setattr(module, "_due", slow_look)
    assert school.lessons.end_due() == []
    assert looked == [[lesson_id]]
    assert lesson(lesson_id).ended_at is None


def test_a_device_that_another_lesson_holds_is_refused_by_the_name_of_who_has_it(school: School) -> None:
    school.start(devices=[ONE])
    with pytest.raises(Conflict) as caught:
        school.start(school.petit)
    assert caught.value.params == {"teacher": "Mme Durand", "count": 1}
    assert Lesson.select().count() == 1
    assert {part.device_id for part in school.lessons.held()} == {ONE}


def test_a_device_is_taken_over_on_record_and_starts_free(school: School) -> None:
    first = school.start()
    waiting = school.perform(first, "message", [ONE], text="Bravo")
    school.perform(first, "restrict", [ONE], sound="blocked")
    before = school.desired().version
    second = school.start(school.petit, [ONE], take_from=frozenset({first}))
    desired = school.desired()
    assert desired.lesson is not None
    assert (desired.lesson.id, desired.restrictions) == (second, UNRESTRICTED)
    assert desired.version > before
    assert school.receipt(waiting).state == "canceled"
    assert lesson(first).ended_at is None
    line = Journal.get(Journal.action == "device.take_over")
    assert (line.actor, line.target, line.detail) == (school.petit.label, f"device:{ONE}", {"lesson": first})


def test_taking_over_from_one_lesson_does_not_take_from_another(school: School) -> None:
    first, second = school.start(devices=[ONE]), school.start(school.head, [TWO])
    with pytest.raises(Conflict) as caught:
        school.start(school.petit, [ONE, TWO], take_from=frozenset({first}))
    assert caught.value.params["teacher"] == "Mme Martin"
    assert {part.lesson_id for part in school.lessons.held()} == {first, second}


def test_a_lesson_that_loses_its_last_device_is_over_on_record(school: School) -> None:
    first = school.start(devices=[ONE])
    school.start(school.petit, [ONE, TWO], take_from=frozenset({first}))
    assert lesson(first).end_reason == "emptied"
    assert [line.detail for line in Journal.select().where(Journal.target == f"lesson:{first}")][-1] == {
        "reason": "emptied"
    }


def test_a_device_is_in_one_lesson_at_a_time_by_the_stores_own_rule(school: School) -> None:
    school.start(devices=[ONE])
    other = school.start(school.petit, [TWO])
    with pytest.raises(IntegrityError):
        LessonDevice.create(lesson=other, device=ONE, base={}, joined_at=school.clock.now())


def test_a_lesson_is_its_teachers_and_an_administrator_may_step_in(school: School) -> None:
    lesson_id = school.start()
    for act in (
        lambda: school.lessons.extend(school.petit, lesson_id, 5),
        lambda: school.lessons.end(school.petit, lesson_id),
        lambda: school.lessons.add(school.petit, lesson_id, [ONE]),
    ):
        with pytest.raises(Denied):
            act()
    school.lessons.end(school.head, lesson_id)
    assert lesson(lesson_id).end_reason == "pressed"


def test_teachers_see_their_own_lessons_and_an_administrator_all(school: School) -> None:
    mine, other = school.start(devices=[ONE]), school.start(school.petit, [TWO])
    assert [one.id for one in school.lessons.open_of(school.durand)] == [mine]
    assert {one.id for one in school.lessons.open_of(school.head)} == {mine, other}


@pytest.mark.parametrize("status", ["retired", "removed"])
def test_a_device_out_of_service_joins_no_lesson(school: School, status: str) -> None:
    Device.update(status=status).where(Device.id == ONE).execute()
    with pytest.raises(NotFound):
        school.start()
    assert Lesson.select().count() == 0


def test_a_lesson_needs_a_device_a_teacher_and_places_that_exist(school: School) -> None:
    with pytest.raises(Invalid):
        school.start(devices=[])
    with pytest.raises(Invalid):
        school.start(Actor(None, "console", Role.ADMINISTRATOR))
    with pytest.raises(NotFound) as caught:
        school.lessons.start(school.durand, Plan("", 45, [ONE], cart_id=7))
    assert caught.value.code == "no_cart"
    with pytest.raises(NotFound) as caught:
        school.lessons.start(school.durand, Plan("", 45, [ONE], classroom_id=7))
    assert caught.value.code == "no_classroom"


def test_a_device_added_twice_is_held_once_and_keeps_what_it_has(school: School) -> None:
    lesson_id = school.start(devices=[ONE])
    school.perform(lesson_id, "restrict", sound="blocked")
    school.lessons.add(school.durand, lesson_id, [ONE, TWO, TWO])
    assert LessonDevice.select().count() == 2
    assert not school.desired(1).restrictions.is_free
    assert school.desired(2).restrictions.is_free


def test_what_waits_outside_of_lessons_ends_with_nobodys_lesson(school: School) -> None:
    lesson_id = school.start(devices=[ONE])
    other = school.start(school.petit, [TWO])
    school.perform(lesson_id, "identify")
    close_lessons([other], school.clock.now(), EndReason.PRESSED)
    assert [row.state for row in Receipt.select()] == ["queued"]


def test_held_devices_are_read_by_one_statement_however_many(school: School) -> None:
    school.start()
    statements: list[str] = []
    connection = database.connection()

    def note(_cursor: object, statement: str, _bindings: object) -> bool:
        statements.append(statement)
        return True

    connection.set_exec_trace(note)
    try:
        assert len(school.lessons.held()) == 3
    finally:
        connection.set_exec_trace(None)
    assert len(statements) == 1
