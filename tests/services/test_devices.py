from pathlib import Path

import pytest

from appliance.domain.devices import DeviceStatus
from appliance.domain.gestures import GestureKind
from appliance.errors import Conflict, Invalid, NotFound
from appliance.ids import new_command_id
from appliance.services.carts import Carts
from appliance.services.classrooms import Rosters
from appliance.services.desired import DesiredStates
from appliance.services.device_list import DeviceList, Filters
from appliance.services.devices import Devices
from appliance.services.enrollment import credentials
from appliance.services.gestures import Gestures, Request
from appliance.services.journal import JournalReader, record
from appliance.services.lessons import Lessons, Plan
from appliance.store.models import Device, Dropped, Lesson, LessonDevice, Receipt
from tests.services.school import ADMIN, TEACHER, Broker, add_device, add_people, deeds, nobody_listens
from tests.support.store import HandClock


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def devices(store: Path, clock: HandClock, broker: Broker) -> Devices:
    return Devices(clock, nobody_listens(store.parent), broker)


@pytest.fixture
def device_list(store: Path, clock: HandClock) -> DeviceList:
    return DeviceList(clock, JournalReader())


def fact(device_id: str) -> Device:
    found: Device = Device.get_by_id(device_id)
    return found


def test_a_new_name_reaches_the_device_as_a_new_version(devices: Devices) -> None:
    device_id = add_device(version=7)
    devices.rename(device_id, "La rouge", ADMIN)

    (wanted,) = DesiredStates().wanted([device_id])
    assert (wanted.desired.name, wanted.desired.version) == ("La rouge", 8)


def test_a_new_number_renames_a_device_that_bears_its_first_name(devices: Devices) -> None:
    first, named = add_device(4), add_device(5, name="La rouge")
    devices.renumber(first, "12", ADMIN)
    devices.renumber(named, 13, ADMIN)

    assert (fact(first).number, fact(first).name) == (12, "Tablette 12")
    assert (fact(named).number, fact(named).name) == (13, "La rouge")


def test_a_number_is_unique_within_a_cart_only(devices: Devices, clock: HandClock) -> None:
    cart = Carts(clock).add("A", ADMIN).id
    mine, _, _, elsewhere = (
        add_device(1, cart),
        add_device(2, cart),
        add_device(3, cart, status="retired"),
        add_device(9),
    )

    with pytest.raises(Conflict):
        devices.renumber(mine, 2, ADMIN)
    devices.renumber(mine, 3, ADMIN)
    devices.renumber(elsewhere, 3, ADMIN)
    assert fact(mine).number == fact(elsewhere).number == 3


@pytest.mark.parametrize("number", ["", "abc", "0", "1000", "1.5", None])
def test_a_number_that_fits_no_sticker_is_refused(devices: Devices, number: object) -> None:
    with pytest.raises(Invalid):
        devices.renumber(add_device(), number, ADMIN)


def test_moved_devices_keep_their_numbers_where_they_are_free(devices: Devices, clock: HandClock) -> None:
    cart = Carts(clock).add("A", ADMIN).id
    add_device(1, cart)
    one, two = add_device(1), add_device(2)
    devices.move([one, two, one], cart, ADMIN)

    assert (fact(one).cart_id, fact(one).number, fact(one).name) == (cart, 3, "Tablette 03")
    assert (fact(two).cart_id, fact(two).number) == (cart, 2)
    devices.move([two], None, ADMIN)
    assert fact(two).cart_id is None


def test_a_move_to_nowhere_moves_nothing(devices: Devices) -> None:
    device_id = add_device()

    with pytest.raises(NotFound):
        devices.move([device_id], 99, ADMIN)
    with pytest.raises(NotFound):
        devices.move(["d-unknown"], None, ADMIN)


def test_a_replacement_takes_number_name_cart_and_pupil(devices: Devices, clock: HandClock, broker: Broker) -> None:
    cart = Carts(clock).add("A", ADMIN).id
    old, new = add_device(4, cart, name="La rouge"), add_device(1)
    rosters = Rosters(clock)
    pupil = rosters.add_pupil(rosters.add("CP", ADMIN).id, "Léa", "M", ADMIN)
    rosters.assign(pupil.id, old, ADMIN)

    devices.replace(old, new, ADMIN)

    assert (fact(new).number, fact(new).name, fact(new).cart_id) == (4, "La rouge", cart)
    assert (fact(old).status, fact(old).credential) == (DeviceStatus.RETIRED, None)
    assert rosters.pupils(rosters.listed()[0].id)[0].device_id == new
    assert broker.known == [{new}]


def test_a_device_does_not_replace_itself_nor_by_one_out_of_service(devices: Devices) -> None:
    old, gone = add_device(1), add_device(2, status="removed")

    for other in (old, gone):
        with pytest.raises(Conflict):
            devices.replace(old, other, ADMIN)
    assert fact(old).status == DeviceStatus.ACTIVE


def test_a_revoked_device_loses_password_connection_lesson_orders_and_pupil(
    devices: Devices, clock: HandClock, broker: Broker, store: Path
) -> None:
    add_people()
    nudge = nobody_listens(store.parent)
    revoked, other = add_device(1), add_device(2)
    rosters = Rosters(clock)
    pupil = rosters.add_pupil(rosters.add("CP", ADMIN).id, "Léa", "M", ADMIN)
    rosters.assign(pupil.id, revoked, ADMIN)
    lesson_id = Lessons(clock, nudge).start(TEACHER, Plan("CP", 45, [revoked, other]))
    gesture = Request(new_command_id(clock.now()), GestureKind.MESSAGE, {"text": "Bonjour"}, None)
    Gestures(clock, nudge, lambda _url: False).perform(TEACHER, lesson_id, gesture)

    devices.revoke(revoked, ADMIN)

    assert set(credentials()) == {other}
    assert broker.known == [{other}]
    assert [part.device_id for part in LessonDevice.select().where(LessonDevice.left_at.is_null())] == [other]
    assert Lesson.get_by_id(lesson_id).ended_at is None
    assert {row.device_id: row.state for row in Receipt.select()} == {revoked: "canceled", other: "queued"}
    assert rosters.pupils(rosters.listed()[0].id)[0].device_id is None
    assert ("user:1", "device.revoke", f"device:{revoked}") in deeds()
    with pytest.raises(Conflict):
        devices.rename(revoked, "Encore", ADMIN)


def test_revoking_twice_is_once(devices: Devices, broker: Broker) -> None:
    device_id = add_device()
    devices.revoke(device_id, ADMIN)
    devices.revoke(device_id, ADMIN)

    assert [deed for _, deed, _ in deeds()] == ["device.revoke"]
    assert broker.known == [set(), set()]


def test_a_retired_device_can_still_be_revoked(devices: Devices) -> None:
    device_id = add_device()
    devices.retire(device_id, ADMIN)
    assert fact(device_id).status == DeviceStatus.RETIRED
    devices.revoke(device_id, ADMIN)
    assert fact(device_id).status == DeviceStatus.REMOVED


def test_the_list_filters_and_sorts(device_list: DeviceList, clock: HandClock) -> None:
    cart = Carts(clock).add("Bleue", ADMIN).id
    one, two = add_device(2, cart, model="SM-X200"), add_device(1, cart, name="Étoile")
    loose, retired = add_device(1, kind="screen"), add_device(5, status="retired")

    def ids(**wanted: object) -> list[str]:
        return [line.id for line in device_list.listed(Filters(**wanted))]  # type: ignore[arg-type]  # any of its fields, by name

    assert ids() == [loose, two, one]
    assert ids(cart_id=cart) == [two, one]
    assert ids(cart_id=0) == [loose]
    assert ids(status=DeviceStatus.RETIRED) == [retired]
    assert len(ids(status=None)) == 4
    assert ids(text="sm x200") == [one]
    assert ids(text="etoile") == [two]
    assert ids(cart_id=cart, descending=True) == [one, two]
    assert ids(sort="no such column") == ids()


def test_a_devices_page_tells_what_was_dropped_and_whether_serials_clash(
    device_list: DeviceList, clock: HandClock
) -> None:
    device_id = add_device()
    for day, count in (("2026-11-23", 3), ("2026-11-01", 40)):
        Dropped.create(
            device_id=device_id, reason="too_large", day=day, count=count, last_at=clock.at, force_insert=True
        )
    record(clock.at, "token:1", "device.serial_conflict", f"device:{device_id}", serial="R52")

    page = device_list.page(device_id)

    assert page.line.dropped == 3  # of the last seven days
    assert [(line.reason, line.count) for line in page.dropped] == [("too_large", 3), ("too_large", 40)]
    assert page.has_conflict
    assert page.inventory == {} and page.lesson == ""


def test_an_unknown_device_has_no_page(device_list: DeviceList) -> None:
    with pytest.raises(NotFound):
        device_list.page("d-nothere")
