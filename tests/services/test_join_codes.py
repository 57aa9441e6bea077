"""Short codes are exchanged for tokens: for a lesson's guests until it is closed, for a device once."""

from datetime import timedelta

import pytest

from appliance.domain.people import Actor, Role
from appliance.errors import Conflict, Denied, Invalid, NotFound, NotSignedIn, TooMany
from appliance.services.enrollment import hash_token
from appliance.services.guests import MOST_GUESTS
from appliance.services.join_codes import JoinCodes
from appliance.store.models import Device, EnrollmentToken, JoinCode, Journal
from tests.support.classroom import School, device_id


@pytest.fixture
def codes(school: School) -> JoinCodes:
    return JoinCodes(school.clock)


def opens_nothing(codes: JoinCodes, code: str) -> None:
    with pytest.raises(NotSignedIn) as caught:
        codes.exchange(code)
    assert (caught.value.code, caught.value.params) == ("bad_code", {})


def test_a_lesson_has_one_code_and_it_lets_several_in(school: School, codes: JoinCodes) -> None:
    lesson = school.start()
    opened = codes.open_for_lesson(school.durand, lesson)
    assert codes.open_for_lesson(school.durand, lesson) == opened == codes.of_lesson(lesson)
    assert opened.expires_at == school.clock.now() + timedelta(minutes=45)
    joined = [codes.exchange(opened.code) for _ in range(3)]
    assert [(one.guest, one.kind) for one in joined] == [(True, None)] * 3
    assert len({one.token.reveal() for one in joined}) == 3
    token = EnrollmentToken.get(EnrollmentToken.token_hash == hash_token(joined[0].token.reveal()))
    assert (token.lesson_id, token.device_id, token.uses, token.used) == (lesson, None, 1, 0)
    assert token.expires_at == school.clock.now() + timedelta(minutes=5)


def test_a_longer_lesson_has_the_same_code_for_longer(school: School, codes: JoinCodes) -> None:
    lesson = school.start()
    opened = codes.open_for_lesson(school.durand, lesson)
    school.lessons.extend(school.durand, lesson, 60)
    school.clock.pass_by(minutes=100)
    assert codes.exchange(opened.code).guest
    assert codes.open_for_lesson(school.durand, lesson).code == opened.code


def test_a_closed_code_opens_nothing_and_tokens_on_their_way_neither(school: School, codes: JoinCodes) -> None:
    lesson = school.start()
    code = codes.open_for_lesson(school.durand, lesson).code
    codes.exchange(code)
    codes.close_for_lesson(school.durand, lesson)
    codes.close_for_lesson(school.durand, lesson)
    assert codes.of_lesson(lesson) is None
    assert EnrollmentToken.select().count() == 0
    opens_nothing(codes, code)


def test_a_code_is_over_with_its_lesson(school: School, codes: JoinCodes) -> None:
    lesson = school.start()
    code = codes.open_for_lesson(school.durand, lesson).code
    codes.exchange(code)
    school.lessons.end(school.durand, lesson)
    opens_nothing(codes, code)
    assert JoinCode.select().count() == EnrollmentToken.select().count() == 0
    with pytest.raises(Conflict):
        codes.open_for_lesson(school.durand, lesson)
    assert codes.of_lesson(lesson) is None


def test_whose_lesson_it_is_opens_and_closes_its_door(school: School, codes: JoinCodes) -> None:
    lesson = school.start()
    for refused in (school.petit, Actor(99, "M. Autre", Role.TEACHER)):
        with pytest.raises(Denied):
            codes.open_for_lesson(refused, lesson)
        with pytest.raises(Denied):
            codes.close_for_lesson(refused, lesson)
    assert codes.open_for_lesson(school.head, lesson).code
    with pytest.raises(NotFound):
        codes.open_for_lesson(school.durand, "no-such-lesson")


def test_a_devices_code_works_once_and_for_a_quarter_of_an_hour(school: School, codes: JoinCodes) -> None:
    Device.update(kind="chromebook").where(Device.id == device_id(2)).execute()
    opened = codes.new_for_device(school.head, device_id(2))
    assert opened.expires_at == school.clock.now() + timedelta(minutes=15)
    joined = codes.exchange(opened.code)
    assert (joined.guest, joined.kind) == (False, "chromebook")
    token = EnrollmentToken.get(EnrollmentToken.token_hash == hash_token(joined.token.reveal()))
    assert (token.device_id, token.lesson_id, token.uses) == (device_id(2), None, 1)
    opens_nothing(codes, opened.code)
    late = codes.new_for_device(school.head, device_id(2))
    school.clock.pass_by(minutes=15)
    opens_nothing(codes, late.code)


def test_a_new_code_for_a_device_ends_the_one_before(school: School, codes: JoinCodes) -> None:
    first, second = (codes.new_for_device(school.head, device_id(1)).code for _ in range(2))
    opens_nothing(codes, first)
    assert codes.exchange(second).kind == "tablet"


def test_a_device_that_left_service_meanwhile_does_not_come_back_by_its_code(school: School, codes: JoinCodes) -> None:
    code = codes.new_for_device(school.head, device_id(1)).code
    Device.update(status="removed").where(Device.id == device_id(1)).execute()
    opens_nothing(codes, code)
    with pytest.raises(NotFound):
        codes.new_for_device(school.head, device_id(1))


def test_a_teacher_brings_back_a_device_of_her_own_lesson_only(school: School, codes: JoinCodes) -> None:
    school.start(devices=[device_id(1)])
    school.start(school.petit, [device_id(2)])
    assert codes.new_for_device(school.durand, device_id(1)).code
    for other in (device_id(2), device_id(3), "d-nosuchid"):
        with pytest.raises(NotFound):
            codes.new_for_device(school.durand, other)


def test_what_is_no_code_is_told_apart_from_a_code_that_opens_nothing(codes: JoinCodes) -> None:
    with pytest.raises(Invalid):
        codes.exchange("12")
    opens_nothing(codes, "480502")


def test_a_full_lesson_says_so(school: School, codes: JoinCodes) -> None:
    lesson = school.start()
    code = codes.open_for_lesson(school.durand, lesson).code
    for number in range(MOST_GUESTS):
        school.add_device(100 + number, guest_lesson_id=lesson)
    with pytest.raises(Conflict) as caught:
        codes.exchange(code)
    assert (caught.value.code, caught.value.params) == ("guests_full", {"most": MOST_GUESTS})


def test_a_flood_of_exchanges_fills_no_store(school: School, codes: JoinCodes) -> None:
    code = codes.open_for_lesson(school.durand, school.start()).code
    with pytest.raises(TooMany):
        for _ in range(200):
            codes.exchange(code)
    assert EnrollmentToken.select().count() == 100


def test_codes_of_the_past_are_cleared_away(school: School, codes: JoinCodes) -> None:
    codes.new_for_device(school.head, device_id(1))
    school.clock.pass_by(minutes=20)
    codes.new_for_device(school.head, device_id(2))
    assert [row.device_id for row in JoinCode.select()] == [device_id(2)]


def test_the_journal_says_who_opened_a_door_and_never_the_code(school: School, codes: JoinCodes) -> None:
    lesson = school.start()
    code = codes.open_for_lesson(school.durand, lesson).code
    token = codes.exchange(code).token.reveal()
    codes.close_for_lesson(school.durand, lesson)
    way_back = codes.new_for_device(school.head, device_id(1)).code
    codes.exchange(way_back)
    rows = list(Journal.select().where(Journal.action != "lesson.start").order_by(Journal.id))
    assert [(row.actor, row.action, row.target) for row in rows] == [
        (school.durand.label, "join.open", f"lesson:{lesson}"),
        ("code", "join.use", f"lesson:{lesson}"),
        (school.durand.label, "join.close", f"lesson:{lesson}"),
        (school.head.label, "device.code", f"device:{device_id(1)}"),
        ("code", "join.use", f"device:{device_id(1)}"),
    ]
    told = " ".join(f"{row.actor} {row.detail}" for row in rows)
    assert not any(secret in told for secret in (code, token, way_back))
