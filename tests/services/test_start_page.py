"""What a teacher may choose from, from a real store."""

from pathlib import Path

from appliance.services.lessons import Plan
from appliance.services.start_page import StartPage
from appliance.store.live import open_live
from appliance.store.models import Cart, Classroom, Device, Pupil
from tests.support.classroom import School, device_id
from tests.support.store import HandClock, opened_store


def test_carts_classrooms_and_devices_say_how_many_there_are_and_who_holds_them(tmp_path: Path) -> None:
    open_live(tmp_path / "live.db")
    with opened_store(tmp_path):
        school = School(HandClock(), tmp_path)
        page = StartPage(school.lessons)
        cart = Cart.create(name="A", created_at=school.clock.now())
        Device.update(cart=cart).where(Device.number <= 2).execute()
        room = Classroom.create(name="CE2 B", created_at=school.clock.now())
        Pupil.create(classroom=room, first_name="Léa", device=device_id(3))
        Pupil.create(classroom=room, first_name="Noé")
        lesson = school.start(devices=[device_id(2), device_id(3)])

        choices = page.choices(school.petit)

        assert choices["carts"] == [{"id": cart.id, "name": "A", "total": 2, "online": 0}]
        assert choices["classrooms"] == [{"id": room.id, "name": "CE2 B", "pupils": 2, "total": 1, "online": 0}]
        assert [one["held_by"] for one in choices["devices"]] == [None, "Mme Durand", "Mme Durand"]
        (held,) = choices["held"]
        assert held["sources"] == [f"cart:{cart.id}", f"classroom:{room.id}"]
        assert (held["lesson_id"], held["numbers"]) == (lesson, ["02", "03"])
        assert choices["open_lesson"] is None
        assert page.choices(school.durand)["open_lesson"]["id"] == lesson


def test_a_cart_and_a_classroom_stand_for_their_devices_in_service(tmp_path: Path) -> None:
    with opened_store(tmp_path):
        school = School(HandClock(), tmp_path)
        page = StartPage(school.lessons)
        cart = Cart.create(name="A", created_at=school.clock.now())
        Device.update(cart=cart).execute()
        Device.update(status="retired").where(Device.number == 2).execute()
        room = Classroom.create(name="CE2 B", created_at=school.clock.now())
        for name, number in (("Léa", 3), ("Noé", 2), ("Zoé", 1)):
            Pupil.create(classroom=room, first_name=name, device=device_id(number))

        assert page.cart_devices(cart.id) == [device_id(1), device_id(3)]
        assert page.classroom_devices(room.id) == [device_id(1), device_id(3)]


def test_the_likely_class_is_that_of_the_teachers_last_lesson_else_the_only_one(tmp_path: Path) -> None:
    open_live(tmp_path / "live.db")
    with opened_store(tmp_path):
        school = School(HandClock(), tmp_path)
        page = StartPage(school.lessons)
        assert page.choices(school.durand)["likely_classroom"] is None
        ce1 = Classroom.create(name="CE1 A", created_at=school.clock.now())
        assert page.choices(school.durand)["likely_classroom"] == ce1.id
        ce2 = Classroom.create(name="CE2 B", created_at=school.clock.now())
        assert page.choices(school.durand)["likely_classroom"] is None, "of two, none is guessed"
        for room in (ce1.id, ce2.id):
            lesson = school.lessons.start(school.durand, Plan("", 45, [device_id(1)], classroom_id=room))
            school.lessons.end(school.durand, lesson)
            school.clock.pass_by(minutes=1)
        assert page.choices(school.durand)["likely_classroom"] == ce2.id
        assert page.choices(school.petit)["likely_classroom"] is None, "a colleague's lessons say nothing"
        school.lessons.end(school.durand, school.start(devices=[device_id(1)]))
        assert page.choices(school.durand)["likely_classroom"] is None, "without first names the last time"
