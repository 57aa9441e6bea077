"""Codes over HTTP: typed by a person, guessed by nobody."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.store.models import Device, EnrollmentToken, JoinCode
from tests.protocol.test_device_round_trips import ANY_JSON
from tests.web.conftest import Browser, Site
from tests.web.pupil.conftest import Lesson


@pytest.fixture
def code(lesson: Lesson) -> str:
    return lesson.site.services.join_codes.open_for_lesson(lesson.teacher, lesson.id).code


def at_the_page(site: Site, address: str = "192.168.1.10") -> Browser:
    browser = site.browser(address)
    assert browser.get("/join").status_code == 200
    return browser


def type_in(browser: Browser, code: object, **headers: str) -> Any:
    return browser.client.post("/join", json={"code": code}, headers={"X-CSRFToken": browser.token, **headers})


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_guests_code_opens_a_way_into_the_lesson(site: Site, lesson: Lesson, code: str) -> None:
    answer = type_in(at_the_page(site), f"{code[:3]} {code[3:]}")
    assert answer.status_code == 200
    assert (answer.json["guest"], answer.json["kind"]) == (True, None)
    guest = lesson.enroll(answer.json["token"], "browser-1")
    row = Device.get_by_id(guest.id)
    assert (row.guest_lesson_id, row.name, row.number) == (lesson.id, "Invité 1", 10)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_devices_code_brings_it_back(site: Site, lesson: Lesson, devices: list[str]) -> None:
    code = site.services.join_codes.new_for_device(lesson.teacher, devices[1]).code
    browser = at_the_page(site)
    answer = type_in(browser, code)
    assert (answer.json["guest"], answer.json["kind"]) == (False, "tablet")
    assert lesson.enroll(answer.json["token"], "browser-1").id == devices[1]
    assert type_in(browser, code).status_code == 401


def test_the_link_of_such_a_token_asks_nothing(site: Site, lesson: Lesson, devices: list[str], code: str) -> None:
    back = site.services.tokens.new_for_device(lesson.teacher, devices[0], 3, timedelta(days=1))
    page = at_the_page(site).get(back.path).text
    assert f'data-device="{devices[0]}"' in page
    assert 'data-kind="tablet"' in page
    assert "qr-label" not in page and back.path not in page, "whoever holds the device could take the link along"
    guest = type_in(at_the_page(site), code).json["token"]
    page = at_the_page(site).get(f"/t/{guest}").text
    assert 'data-guest="true"' in page
    assert "data-device" not in page


def test_every_code_that_opens_nothing_gets_the_same_answer(
    site: Site, lesson: Lesson, devices: list[str], code: str
) -> None:
    codes = site.services.join_codes
    used = codes.new_for_device(lesson.teacher, devices[0]).code
    codes.exchange(used)
    over = codes.new_for_device(lesson.teacher, devices[1]).code
    JoinCode.update(expires_at=1).where(JoinCode.code == over).execute()
    answers = [
        type_in(at_the_page(site, f"10.0.0.{number}"), one) for number, one in enumerate((wrong(code), used, over))
    ]
    codes.close_for_lesson(lesson.teacher, lesson.id)
    answers.append(type_in(at_the_page(site, "10.0.0.9"), code))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    names = [sorted(name for name, _ in answer.headers if name != "Set-Cookie") for answer in answers]
    assert all(one == names[0] for one in names)
    assert "Basic" not in str(answers[0].headers)


def test_one_address_may_fail_six_times_in_ten_minutes(site: Site, code: str) -> None:
    browser = at_the_page(site)
    statuses = [type_in(browser, wrong(code)).status_code for _ in range(8)]
    assert statuses == [401] * 6 + [429] * 2
    refused = type_in(browser, code)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert type_in(at_the_page(site, "192.168.1.11"), code).status_code == 200


def test_all_addresses_together_may_fail_so_seldom_that_nobody_guesses(site: Site, code: str) -> None:
    statuses = []
    for machine in range(40):
        browser = at_the_page(site, f"10.0.{machine}.1")
        statuses += [type_in(browser, wrong(code)).status_code for _ in range(5)]
    assert statuses.count(401) == 120
    assert set(statuses[120:]) == {429}


def test_who_types_the_right_code_uses_up_no_try(site: Site, code: str) -> None:
    browser = at_the_page(site)
    assert {type_in(browser, code).status_code for _ in range(30)} == {200}


def test_a_slip_that_is_no_code_is_no_guess(site: Site, code: str) -> None:
    browser = at_the_page(site)
    assert {type_in(browser, one).status_code for one in ["", "12345", "abc", None, 7] * 3} == {422}
    assert type_in(browser, code).status_code == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANY_JSON | st.fixed_dictionaries({"code": ANY_JSON}))
def test_whatever_is_sent_gets_an_answer(site: Site, body: object) -> None:
    browser = at_the_page(site)
    answer = browser.client.post(
        "/join", data=json.dumps(body), content_type="application/json", headers={"X-CSRFToken": browser.token}
    )
    assert answer.status_code in (401, 422, 429)


def test_only_our_own_page_can_send_a_code(site: Site, code: str) -> None:
    browser = at_the_page(site)
    assert browser.client.post("/join", json={"code": code}).status_code == 403
    other_site = {"Origin": "https://evil.example"}
    assert type_in(browser, code, **other_site).status_code == 403
    assert EnrollmentToken.select().count() == 0


def test_a_form_that_is_no_json_is_refused(site: Site, code: str) -> None:
    browser = at_the_page(site)
    answer = browser.post("/join", code=code)
    assert answer.status_code == 422
    assert EnrollmentToken.select().count() == 0


def test_a_lesson_that_is_full_says_so(site: Site, lesson: Lesson, code: str) -> None:
    for number in range(40):
        lesson.guest(f"guest-{number}")
    answer = type_in(at_the_page(site, "192.168.1.99"), code)
    assert answer.status_code == 409
    assert answer.json["error"]["code"] == "guests_full"
    assert "40" in answer.json["error"]["text"]
