"""A device joins with a token, once or again, and is who it says it is afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.errors import NotSignedIn, Unavailable
from appliance.services.enrollment import Door, Enrollment, credentials, hash_token, school_code
from appliance.services.settings import write_setting
from appliance.store.live import Live
from appliance.store.models import Cart, Device, EnrollmentToken, Journal
from protocol.device import Capability, EnrollmentAnswer, EnrollmentRequest, Kind, is_device_id
from tests.support.classroom import School, device_id

REQUEST = EnrollmentRequest(
    token="open-sesame", serial="R52T90ABCDE", manufacturer="samsung", model="SM-X200", kind=Kind.TABLET,
    os="Android 14", agent="preau-sim/1.0", capabilities=frozenset({Capability.LOCK, Capability.SOUND}),
)  # fmt: skip


class Broker:
    """Notes what the store says each time the broker is told to look."""

    def __init__(self) -> None:
        self.known: list[dict[str, str]] = []

    def apply(self) -> None:
        self.known.append(credentials())


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def enrollment(school: School, broker: Broker) -> Enrollment:
    return Enrollment(school.clock, Door(1883, 9001), broker.apply)


def make_token(school: School, **changes: object) -> EnrollmentToken:
    facts: dict[str, object] = {
        "token_hash": hash_token("open-sesame"),
        "uses": 10,
        "created_at": school.clock.now(),
        "created_by": "user:3",
        "expires_at": school.clock.now() + timedelta(days=1),
    }
    return EnrollmentToken.create(**{**facts, **changes})


def enroll(enrollment: Enrollment, **changes: object) -> EnrollmentAnswer:
    return enrollment.enroll(replace(REQUEST, **changes), "192.168.1.2")  # type: ignore[arg-type]  # any of its fields, by name


def device(answer: EnrollmentAnswer) -> Device:
    return Device.get_by_id(answer.id)


@pytest.mark.contract("1.post_answers_201", "1.ca_is_null_where_tls_is_off", "1.host_is_the_one_the_device_reached")
def test_a_device_gets_an_id_a_name_and_a_way_to_the_broker(school: School, enrollment: Enrollment) -> None:
    write_setting("school_code", "0880123K")
    make_token(school)
    answer = enroll(enrollment)
    assert is_device_id(answer.id)
    assert (answer.school, answer.time, answer.ca) == ("0880123K", school.clock.now(), None)
    assert (answer.mqtt.host, answer.mqtt.port, answer.mqtt.username) == ("192.168.1.2", 1883, answer.id)
    assert answer.mqtt.websocket == "ws://192.168.1.2:9001/mqtt"
    assert device(answer).host == "192.168.1.2"


def test_an_ipv6_address_is_written_in_brackets_and_tls_makes_it_wss(school: School) -> None:
    access = Door(8883, 9001, tls=True, ca="-----BEGIN").access("fd00::2", "d-aaaaaaaa", "x")
    assert (access.host, access.websocket, access.tls) == ("fd00::2", "wss://[fd00::2]:9001/mqtt", True)


def test_the_broker_knows_the_device_before_the_device_is_answered(
    school: School, enrollment: Enrollment, broker: Broker
) -> None:
    make_token(school)
    answer = enroll(enrollment)
    assert answer.id in broker.known[0]
    assert enrollment.authenticate(answer.id, answer.mqtt.password) == answer.id


@pytest.mark.contract("1.same_serial_keeps_the_id_and_the_record", "1.same_serial_gets_a_new_password")
def test_the_same_serial_keeps_its_record_and_gets_a_new_password(
    school: School, enrollment: Enrollment, broker: Broker
) -> None:
    make_token(school)
    first = enroll(enrollment)
    Device.update(name="La tablette de Léa", number=7).where(Device.id == first.id).execute()
    before = school.states.versions()[first.id]
    second = enroll(enrollment, os="Android 15")
    assert (second.id, second.name, device(second).number, device(second).os) == (
        first.id,
        "La tablette de Léa",
        7,
        "Android 15",
    )
    assert broker.known[1][first.id] != broker.known[0][first.id], "who was connected with the old password is out"
    assert school.states.versions()[first.id] > before
    with pytest.raises(NotSignedIn):
        enrollment.authenticate(first.id, first.mqtt.password)
    assert enrollment.authenticate(second.id, second.mqtt.password) == first.id


def test_two_machines_with_one_serial_are_a_conflict_for_the_administrator_to_see(
    school: School, enrollment: Enrollment
) -> None:
    make_token(school)
    answer = enroll(enrollment)
    Live.create(device_id=answer.id, presence="online", seen_at=school.clock.now())
    enroll(enrollment)
    line = Journal.get(Journal.action == "device.serial_conflict")
    assert (line.target, line.detail) == (f"device:{answer.id}", {"serial": "R52T90ABCDE"})


@pytest.mark.contract("1.bad_token_is_401", "1.token_has_an_expiry", "1.token_has_a_number_of_uses")
def test_a_token_that_is_unknown_expired_revoked_or_used_up_opens_nothing(
    school: School, enrollment: Enrollment
) -> None:
    now = school.clock.now()
    make_token(school, token_hash=hash_token("expired"), expires_at=now)
    make_token(school, token_hash=hash_token("revoked"), revoked_at=now)
    make_token(school, token_hash=hash_token("used"), uses=3, used=3)
    before = Device.select().count()
    for token in ("expired", "revoked", "used", "unknown", ""):
        with pytest.raises(NotSignedIn) as caught:
            enroll(enrollment, token=token)
        assert caught.value.code == "bad_token", "which of the four is not told"
    assert Device.select().count() == before


def test_each_enrollment_takes_one_use(school: School, enrollment: Enrollment) -> None:
    token = make_token(school, uses=2)
    enroll(enrollment, serial="A")
    enroll(enrollment, serial="B")
    with pytest.raises(NotSignedIn):
        enroll(enrollment, serial="C")
    assert EnrollmentToken.get_by_id(token.id).used == 2


def test_a_device_whose_answer_was_lost_asks_again_with_the_same_use(school: School, enrollment: Enrollment) -> None:
    token = make_token(school, uses=1)
    first = enroll(enrollment, serial="A")
    school.clock.pass_by(minutes=50)
    again = enroll(enrollment, serial="A")
    assert again.id == first.id
    assert enrollment.authenticate(again.id, again.mqtt.password) == first.id
    assert EnrollmentToken.get_by_id(token.id).used == 1
    with pytest.raises(NotSignedIn):
        enroll(enrollment, serial="B")


def test_a_used_up_token_is_no_second_key_for_its_device(school: School, enrollment: Enrollment) -> None:
    make_token(school, uses=1)
    answer = enroll(enrollment, serial="A")
    Device.update(status="removed", credential=None).where(Device.id == answer.id).execute()
    with pytest.raises(NotSignedIn):
        enroll(enrollment, serial="A")
    Device.update(status="active").where(Device.id == answer.id).execute()
    school.clock.pass_by(hours=1)
    with pytest.raises(NotSignedIn):
        enroll(enrollment, serial="A")


@pytest.mark.contract("1.token_may_name_a_group")
def test_the_token_names_the_cart_and_numbers_count_from_one_in_each(school: School, enrollment: Enrollment) -> None:
    for name in ("A", "B"):
        cart = Cart.create(name=name, created_at=school.clock.now())
        make_token(school, token_hash=hash_token(name), cart=cart)
    names = [(enroll(enrollment, token=token, serial=token + str(n))).name for n in range(2) for token in ("A", "B")]
    assert names == ["Tablette 01", "Tablette 01", "Tablette 02", "Tablette 02"]


def test_a_device_that_comes_back_into_service_gets_a_free_number(school: School, enrollment: Enrollment) -> None:
    make_token(school, cart=Cart.create(name="A", created_at=school.clock.now()))
    first = enroll(enrollment, serial="A")
    Device.update(status="retired", credential=None).where(Device.id == first.id).execute()
    second = enroll(enrollment, serial="B")
    assert (second.name, device(second).number) == ("Tablette 01", 1)
    back = enroll(enrollment, serial="A")
    assert (back.id, back.name, device(back).number, device(back).status) == (first.id, "Tablette 02", 2, "active")


def test_a_device_in_service_stays_in_its_cart_whatever_the_token_says(school: School, enrollment: Enrollment) -> None:
    carts = [Cart.create(name=name, created_at=school.clock.now()) for name in ("A", "B")]
    for cart in carts:
        make_token(school, token_hash=hash_token(cart.name), cart=cart)
    answer = enroll(enrollment, token="A")
    enroll(enrollment, token="B")
    assert device(answer).cart_id == carts[0].id


@pytest.mark.contract("1.removed_device_loses_its_password_at_once", "8.only_enrolled_devices_read")
def test_a_device_that_was_removed_is_nobody(school: School, enrollment: Enrollment) -> None:
    make_token(school)
    answer = enroll(enrollment)
    Device.update(status="removed", credential=None).where(Device.id == answer.id).execute()
    assert answer.id not in credentials()
    for name, password in ((answer.id, answer.mqtt.password), ("d-nobody00", "x"), (answer.id, ""), ("", "")):
        with pytest.raises(NotSignedIn):
            enrollment.authenticate(name, password)


def test_a_broker_that_does_not_answer_leaves_a_record_that_the_next_try_uses(school: School) -> None:
    def broken() -> None:
        raise Unavailable("broker_unavailable")

    make_token(school)
    with pytest.raises(Unavailable):
        enroll(Enrollment(school.clock, Door(1883, 9001), broken))
    known = Device.get(Device.serial == REQUEST.serial).id
    assert enroll(Enrollment(school.clock, Door(1883, 9001), Broker().apply)).id == known


def test_tokens_and_passwords_are_kept_as_hashes_only(school: School, enrollment: Enrollment) -> None:
    make_token(school)
    answer = enroll(enrollment)
    assert device(answer).credential != answer.mqtt.password
    assert answer.mqtt.password not in str(device(answer).__data__)
    assert not EnrollmentToken.select().where(EnrollmentToken.token_hash.contains("open-sesame")).exists()


def test_without_a_school_code_there_is_none(school: School) -> None:
    assert school_code() == ""
    assert device_id(1) in credentials()


# A token that names a device: whoever enrolls with it is that device from then on.


def named(school: School, **changes: object) -> EnrollmentToken:
    return make_token(school, device_id=device_id(2), **changes)


def test_a_token_that_names_a_device_gives_its_place_whatever_the_serial(
    school: School, enrollment: Enrollment, broker: Broker
) -> None:
    lesson = school.start()
    Device.update(cart=Cart.create(name="Classe mobile A", created_at=school.clock.now())).where(
        Device.id == device_id(2)
    ).execute()
    before = Device.get_by_id(device_id(2))
    named(school)
    capabilities = frozenset({Capability.MESSAGE})
    answer = enroll(enrollment, serial="a-browser-that-forgot", kind=Kind.CHROMEBOOK, capabilities=capabilities)
    after = device(answer)
    assert (answer.id, answer.name) == (before.id, before.name)
    assert (after.number, after.cart_id, after.status) == (before.number, before.cart_id, "active")
    assert (after.kind, after.capabilities) == ("chromebook", ["message"])
    assert broker.known[-1][after.id] not in (before.credential, None)
    assert after.version > before.version
    assert [part.lesson_id for part in school.lessons.held([after.id])] == [lesson]
    assert Device.select().count() == 3


def test_the_password_before_ends_when_the_place_is_taken(school: School, enrollment: Enrollment) -> None:
    named(school)
    first = enroll(enrollment, serial="browser-1")
    second = enroll(enrollment, serial="browser-2")
    assert enrollment.authenticate(second.id, second.mqtt.password) == first.id
    with pytest.raises(NotSignedIn):
        enrollment.authenticate(first.id, first.mqtt.password)


def test_the_machine_that_took_the_place_is_known_by_its_serial_afterwards(
    school: School, enrollment: Enrollment
) -> None:
    named(school)
    enroll(enrollment, serial="browser-1")
    make_token(school, token_hash=hash_token("for-any"))
    assert enroll(enrollment, serial="browser-1", token="for-any").id == device_id(2)


def test_a_serial_that_another_device_has_stays_with_that_one(school: School, enrollment: Enrollment) -> None:
    named(school)
    assert enroll(enrollment, serial="S3").id == device_id(2)
    assert Device.get_by_id(device_id(3)).serial == "S3"
    assert Device.get_by_id(device_id(2)).serial == "S2"


def test_one_use_is_one_machine_which_may_ask_again(school: School, enrollment: Enrollment) -> None:
    named(school, uses=1)
    first = enroll(enrollment, serial="browser-1")
    assert enroll(enrollment, serial="browser-1").id == first.id
    with pytest.raises(NotSignedIn):
        enroll(enrollment, serial="browser-2")
    assert EnrollmentToken.get().used == 1


@pytest.mark.parametrize("status", ["retired", "removed"])
def test_a_device_out_of_service_does_not_come_back_by_a_token_that_names_it(
    school: School, enrollment: Enrollment, status: str
) -> None:
    named(school)
    Device.update(status=status, credential=None).where(Device.id == device_id(2)).execute()
    with pytest.raises(NotSignedIn) as caught:
        enroll(enrollment)
    assert caught.value.code == "bad_token"
    assert EnrollmentToken.get().used == 0
    assert Device.get_by_id(device_id(2)).status == status


def test_a_token_for_one_machine_that_names_a_device_is_no_conflict_of_serials(
    school: School, enrollment: Enrollment
) -> None:
    Live.create(device_id=device_id(2), presence="online", seen_at=school.clock.now(), force_insert=True)
    token = named(school, uses=1)
    enroll(enrollment, serial="browser-1")
    told = [(row.actor, row.action, row.target) for row in Journal.select()]
    assert told == [(f"token:{token.id}", "device.reenrolled", f"device:{device_id(2)}")]


def test_a_kiosks_link_that_another_machine_uses_while_the_kiosk_is_there_is_told(
    school: School, enrollment: Enrollment
) -> None:
    Live.create(device_id=device_id(2), presence="online", seen_at=school.clock.now(), force_insert=True)
    named(school, uses=1000)
    enroll(enrollment, serial="S2")
    assert Journal.select().where(Journal.action == "device.serial_conflict").count() == 0, "it is itself"
    enroll(enrollment, serial="browser-1")
    line = Journal.get(Journal.action == "device.serial_conflict")
    assert (line.target, line.detail) == (f"device:{device_id(2)}", {"serial": "browser-1"})


def test_the_mark_of_a_credential_changes_with_it_and_is_not_it(school: School, enrollment: Enrollment) -> None:
    named(school)
    marks = {enrollment.credential_mark(device_id(2))}
    for number in (1, 2):
        enroll(enrollment, serial=f"browser-{number}")
        marks.add(enrollment.credential_mark(device_id(2)))
    assert len(marks) == 3
    assert not any(mark in credentials()[device_id(2)] for mark in marks)
    Device.update(status="removed").where(Device.id == device_id(2)).execute()
    assert enrollment.credential_mark(device_id(2)) == enrollment.credential_mark("d-nosuchid") == ""
