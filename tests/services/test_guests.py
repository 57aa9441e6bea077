"""Guests take part in one lesson, and nothing of them is left afterwards."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from appliance.errors import Conflict, Denied, NotFound, NotSignedIn
from appliance.services.carts import Carts
from appliance.services.device_list import DeviceList
from appliance.services.devices import Devices
from appliance.services.enrollment import Door, Enrollment, credentials
from appliance.services.guests import MOST_GUESTS, Guests
from appliance.services.intake import Batch
from appliance.services.join_codes import JoinCodes
from appliance.services.journal import JournalReader
from appliance.services.start_page import StartPage
from appliance.services.tokens import Tokens
from appliance.store.models import TABLES, Device, Dropped, Inventory, Journal, LessonDevice, UsageMark, database
from protocol.device import EnrollmentAnswer, UsageAck, UsageBatch, UsageRecord
from protocol.device import Inventory as SaidInventory
from tests.services.school import Broker, nobody_listens
from tests.services.test_enrollment import REQUEST
from tests.support.classroom import School, device_id


class House:
    """A lesson of Mme Durand with three tablets, its door open."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.broker = Broker()
        self.enrollment = Enrollment(school.clock, Door(1883, 9001), self.broker)
        self.codes = JoinCodes(school.clock)
        self.guests = Guests(school.clock, nobody_listens(school.runtime_path))
        self.lesson = school.start()
        self.code = self.codes.open_for_lesson(school.durand, self.lesson).code

    def join(self, serial: str = "browser-1", **changes: object) -> EnrollmentAnswer:
        token = self.codes.exchange(self.code).token.reveal()
        return self.enroll(token, serial, **changes)

    def enroll(self, token: str, serial: str = "browser-1", **changes: object) -> EnrollmentAnswer:
        request = replace(REQUEST, token=token, serial=serial, **changes)  # type: ignore[arg-type]  # any of its fields, by name
        return self.enrollment.enroll(request, "192.168.1.2")

    def live(self, guest: str) -> None:
        """It says and is told everything that leaves a row."""
        records = (UsageRecord(1, "web:example.org", self.school.clock.now(), 60),)
        said = SaidInventory("x", "", "", "", "", None, None, ())
        self.school.perform(self.lesson, "message", text="Bonjour")
        self.school.perform(self.lesson, "eyes_up", message="Les yeux vers moi")
        batch = Batch(usage=[(guest, UsageBatch("b1", records))], inventories={guest: said})
        batch.drop(guest, "flood")
        self.school.say(batch)


@pytest.fixture
def house(school: School) -> House:
    return House(school)


def mentions(guest: str, path: Path) -> list[str]:
    """Every table and column of the store that still has it."""
    connection = apsw.Connection(str(path))
    try:
        found = []
        for table in TABLES:
            name = table._meta.table_name
            for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - our own names
                found += [f"{name}: {row}" for value in row if guest in str(value)]
        return found
    finally:
        connection.close()


def held(lesson: str) -> list[tuple[str, int]]:
    parts = LessonDevice.select(LessonDevice, Device).join(Device)
    parts = parts.where((LessonDevice.lesson == lesson) & LessonDevice.left_at.is_null())
    return [(part.device.name, part.device.number) for part in parts.order_by(Device.number)]


def test_guests_come_after_the_others_and_are_in_the_lesson_at_once(house: House) -> None:
    names = [house.join(f"browser-{number}").name for number in (1, 2)]
    assert names == ["Invité 1", "Invité 2"]
    tablets = [(f"Tablette {number:02d}", number) for number in (1, 2, 3)]
    assert held(house.lesson) == [*tablets, ("Invité 1", 4), ("Invité 2", 5)]


def test_a_guest_is_desired_to_be_in_the_lesson_and_can_be_told_things(house: House) -> None:
    guest = house.join().id
    (wanted,) = house.school.states.wanted([guest])
    assert wanted.desired.lesson is not None
    assert wanted.desired.lesson.id == house.lesson
    gesture = house.school.perform(house.lesson, "eyes_up", message="Les yeux vers moi")
    assert house.school.receipts(gesture)[guest] == "queued"
    assert guest in house.broker.known[-1]


def test_of_the_browser_nothing_is_kept_that_tells_what_it_was(house: House, store: Path) -> None:
    guest = house.join("my-own-serial", manufacturer="samsung", model="SM-X200", os="Android 14", agent="page/1").id
    row = Device.get_by_id(guest)
    assert (row.manufacturer, row.model, row.os, row.agent) == ("", "", "", "")
    assert mentions("my-own-serial", store) == []


def test_the_same_browser_is_the_same_guest_within_its_lesson(house: House) -> None:
    first = house.join("browser-1")
    again = house.join("browser-1")
    assert (again.id, again.name) == (first.id, first.name)
    assert again.mqtt.password != first.mqtt.password
    with pytest.raises(NotSignedIn):
        house.enrollment.authenticate(first.id, first.mqtt.password)
    assert len(held(house.lesson)) == 4


def test_a_lost_answer_is_asked_for_again_and_nobody_else_can(house: House) -> None:
    token = house.codes.exchange(house.code).token.reveal()
    first, again = house.enroll(token, "browser-1"), house.enroll(token, "browser-1")
    assert first.id == again.id
    with pytest.raises(NotSignedIn):
        house.enroll(token, "browser-2")


def test_a_token_of_a_code_is_good_for_five_minutes(house: House) -> None:
    token = house.codes.exchange(house.code).token.reveal()
    house.school.clock.pass_by(minutes=5)
    with pytest.raises(NotSignedIn):
        house.enroll(token)


def test_a_school_device_that_comes_as_a_guest_keeps_its_own_record(house: House) -> None:
    answer = house.join("S2")  # the serial of tablet 02
    own = Device.get_by_id(device_id(2))
    assert answer.id != own.id
    assert (own.serial, own.status, own.credential) == ("S2", "active", "$7$101$x$2")


def test_no_request_can_carry_a_guests_serial(house: House) -> None:
    house.join()
    row = Device.get(Device.guest_lesson_id.is_null(False))
    assert not row.serial.isprintable()  # the protocol refuses what a person could not see


def test_a_lesson_that_is_over_or_closed_lets_nobody_in(house: House) -> None:
    token = house.codes.exchange(house.code).token.reveal()
    house.codes.close_for_lesson(house.school.durand, house.lesson)
    with pytest.raises(NotSignedIn):
        house.enroll(token)
    house.code = house.codes.open_for_lesson(house.school.durand, house.lesson).code
    token = house.codes.exchange(house.code).token.reveal()
    house.school.lessons.end(house.school.durand, house.lesson)
    with pytest.raises(NotSignedIn):
        house.enroll(token)
    assert Device.select().where(Device.guest_lesson_id.is_null(False)).count() == 0


def test_a_lesson_has_room_for_so_many_guests(house: House) -> None:
    token = house.codes.exchange(house.code).token.reveal()
    for number in range(MOST_GUESTS):
        house.join(f"browser-{number}")
    with pytest.raises(Conflict):
        house.enroll(token, "one-too-many")
    assert house.enrollment.token_opens(token).used == 0, "a refusal takes no use"


@pytest.fixture(params=["lesson ends", "end is reached", "guest leaves", "teacher removes", "colleague takes all"])
def gone(request: pytest.FixtureRequest, house: House) -> Iterator[str]:
    """A guest that has left in one of the ways there are; its id."""
    guest, school = house.join().id, house.school
    house.live(guest)
    if request.param == "lesson ends":
        school.lessons.end(school.durand, house.lesson)
    elif request.param == "end is reached":
        school.clock.pass_by(minutes=46)
        assert school.lessons.end_due() == [house.lesson]
    elif request.param == "guest leaves":
        house.guests.leave(guest)
    elif request.param == "teacher removes":
        house.guests.remove(school.durand, house.lesson, guest)
    else:
        school.start(school.petit, [device_id(1), device_id(2), device_id(3)], take_from=frozenset({house.lesson}))
        school.lessons.end(school.durand, house.lesson)
    yield guest


def test_who_has_left_may_not_connect_and_is_wanted_nothing_of(house: House, gone: str) -> None:
    assert gone not in credentials()
    assert gone not in house.school.states.versions()
    assert [one.device_id for one in house.school.states.wanted()].count(gone) == 0
    assert house.school.states.out_of_service() == [gone]


def test_the_last_word_to_who_has_left_is_that_it_is_free(house: House, gone: str) -> None:
    (last,) = house.school.states.farewells([gone])
    assert last.desired.restrictions.is_free
    assert last.desired.lesson is None
    assert list(house.school.states.farewells([device_id(1)])) == []


def test_nothing_of_who_has_left_is_kept_once_the_broker_has_forgotten_it(house: House, gone: str, store: Path) -> None:
    assert mentions(gone, store) != []
    assert house.guests.forget([gone, device_id(1)]) == 1
    assert mentions(gone, store) == []
    assert Device.select().count() == 3


def test_if_the_bridge_never_says_so_upkeep_forgets_it(house: House, gone: str, store: Path) -> None:
    house.guests.tidy()
    assert mentions(gone, store) != [], "the broker's memory of it comes first"
    house.school.clock.pass_by(hours=1, seconds=1)
    assert house.guests.tidy()
    assert mentions(gone, store) == []
    assert not house.guests.tidy()


def test_a_message_that_is_counted_late_leaves_no_name_behind(house: House, store: Path) -> None:
    guest = house.join().id
    house.guests.leave(guest)
    house.guests.forget([guest])
    late = Batch()
    late.drop(guest, "flood")
    late.drop(device_id(1), "flood")
    house.school.say(late)
    assert house.guests.tidy()
    assert mentions(guest, store) == []
    assert Dropped.select().count() == 1


def test_who_has_left_may_come_back_while_the_door_is_open(house: House) -> None:
    first = house.join().id
    house.guests.leave(first)
    again = house.join().id
    assert again == first
    assert house.guests.forget([again]) == 0, "it is there again"
    assert held(house.lesson)[-1] == ("Invité 1", 4)


def test_a_guest_that_is_there_is_not_forgotten(house: House) -> None:
    guest = house.join().id
    house.school.clock.pass_by(hours=2)
    assert house.guests.forget([guest]) == 0
    assert not house.guests.tidy()
    assert Device.get_by_id(guest).status == "active"


def test_a_guest_whose_lesson_is_gone_is_seen_out(house: House) -> None:
    """As after a restored store, or a defect of ours."""
    guest = house.join().id
    database.execute_sql("UPDATE lesson SET ended_at = 1")
    assert house.guests.tidy()
    assert guest not in credentials()


def test_usage_of_a_guest_is_confirmed_and_not_recorded(house: House) -> None:
    guest = house.join().id
    records = tuple(UsageRecord(number, "web:example.org", house.school.clock.now(), 60) for number in (3, 7))
    outcome = house.school.say(Batch(usage=[(guest, UsageBatch("b1", records))]))
    assert list(outcome.usage_acks) == [(guest, UsageAck("b1", 7))]
    assert database.execute_sql("SELECT count(*) FROM usage_record").fetchone() == (0,)
    assert UsageMark.select().count() == 0
    assert "usage" not in Device.get_by_id(guest).capabilities


def test_a_guest_is_none_of_the_schools_devices(house: House) -> None:
    guest, school = house.join().id, house.school
    listed = DeviceList(school.clock, JournalReader())
    devices = Devices(school.clock, nobody_listens(school.runtime_path), house.broker)
    choices = StartPage(school.lessons).choices(school.petit)
    cart = Carts(school.clock).add("Classe mobile A", school.head).id
    assert guest not in {line.id for line in listed.listed()}
    assert guest not in {one["id"] for one in choices["devices"]}
    assert all(guest not in lesson["device_ids"] for lesson in choices["held"])
    with pytest.raises(NotFound):
        listed.page(guest)
    for act in (
        lambda: devices.rename(guest, "Ma tablette", school.head),
        lambda: devices.revoke(guest, school.head),
        lambda: devices.move([guest], cart, school.head),
        lambda: house.codes.new_for_device(school.head, guest),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_guest_is_in_its_lesson_or_nowhere(house: House) -> None:
    guest, school = house.join().id, house.school
    with pytest.raises(NotFound):
        school.start(school.petit, [guest], take_from=frozenset({house.lesson}))
    assert school.lessons.ask(school.petit, [guest]) == 0
    assert held(house.lesson)[-1] == ("Invité 1", 4)


def test_only_the_lessons_teacher_sends_a_guest_away_and_only_a_guest(house: House) -> None:
    guest, school = house.join().id, house.school
    other = school.start(school.petit, [device_id(1)], take_from=frozenset({house.lesson}))
    with pytest.raises(Denied):
        house.guests.remove(school.petit, house.lesson, guest)
    with pytest.raises(NotFound):
        house.guests.remove(school.petit, other, guest)
    with pytest.raises(NotFound):
        house.guests.remove(school.durand, house.lesson, device_id(2))
    with pytest.raises(NotFound):
        house.guests.leave(device_id(2))
    house.guests.remove(school.head, house.lesson, guest)
    with pytest.raises(NotFound):
        house.guests.remove(school.head, house.lesson, guest)


def test_the_journal_counts_guests_and_names_none(house: House, gone: str) -> None:
    house.guests.forget([gone])
    rows = [(row.action, row.target) for row in Journal.select() if row.action.startswith("guest")]
    assert ("guest.join", f"lesson:{house.lesson}") in rows
    assert all(target == f"lesson:{house.lesson}" for _, target in rows)
    assert not any(gone in f"{row.actor}{row.target}{row.detail}" for row in Journal.select())


def test_rows_of_the_schools_devices_stay(house: House) -> None:
    guest = house.join().id
    house.live(guest)
    house.live(device_id(1))
    house.guests.leave(guest)
    house.guests.forget([guest])
    assert Dropped.select().count() == Inventory.select().count() == 1
    assert LessonDevice.select().count() == 3


def test_a_guests_token_is_in_no_list_of_links(house: House) -> None:
    house.join()
    house.codes.new_for_device(house.school.head, device_id(1))
    assert Tokens(house.school.clock).listed() == []
