"""Lessons' pages: whose they are, and what they carry."""

import pytest

from appliance.domain.people import Role
from appliance.services.lessons import Plan
from appliance.services.people import Person
from appliance.store.models import Inventory
from tests.services.school import AT, add_device
from tests.web.conftest import Browser, Site


@pytest.fixture
def devices(site: Site) -> list[str]:
    return [add_device(number) for number in (1, 2)]


@pytest.fixture
def lesson(site: Site, teacher: Person, devices: list[str]) -> str:
    """Mme Durand's, with the first device."""
    return site.services.lessons.start(teacher.actor, Plan("Lecture", 45, devices[:1]))


def browser_of(site: Site, login: str) -> Browser:
    browser = site.browser()
    browser.sign_in(login)
    return browser


def inventory(device_id: str, packages: list[str]) -> None:
    document = {"packages": [{"name": name, "version_code": 1, "version_name": "1"} for name in packages]}
    Inventory.create(device=device_id, document=document, received_at=AT, force_insert=True)


def start(site: Site, login: str, **form: object) -> tuple[int, str]:
    """The start page's form, sent: the status, and the page that answers."""
    browser = browser_of(site, login)
    browser.get("/")
    answer = browser.client.post("/lessons", data={"minutes": "45", "csrf_token": browser.token, **form})
    return answer.status_code, answer.text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.fixture(params=["during", "after"])
def some_lesson(request: pytest.FixtureRequest, site: Site, teacher: Person, lesson: str) -> str:
    if request.param == "after":
        site.services.lessons.end(teacher.actor, lesson)
    return lesson


@pytest.mark.parametrize("path", ["", "/board.json"])
def test_a_board_with_pupils_names_is_for_its_teacher_and_administrators(
    site: Site, director: Person, some_lesson: str, path: str
) -> None:
    site.add("petit", Role.TEACHER)
    address = f"/lessons/{some_lesson}{path}"
    assert browser_of(site, "durand").get(address).status_code == 200
    assert browser_of(site, "martin").get(address).status_code == 200
    refused = browser_of(site, "petit").get(address, headers={"Accept": "application/json"})
    assert refused.status_code == 403
    assert refused.get_json()["error"]["code"] == "not_your_lesson"
    assert "regarder" not in refused.get_json()["error"]["text"]


def test_a_colleague_cannot_read_a_gesture_by_repeating_its_id(site: Site, teacher: Person, lesson: str) -> None:
    site.add("petit", Role.TEACHER)
    said = {"id": "01a20913-0000-7000-8000-000000000001", "kind": "message", "args": {"text": "Bravo"}}
    hers, his = browser_of(site, "durand"), browser_of(site, "petit")
    for browser, status in ((hers, 201), (hers, 201), (his, 403)):
        browser.get("/")
        answer = browser.client.post(f"/lessons/{lesson}/gestures", json=said, headers={"X-CSRFToken": browser.token})
        assert answer.status_code == status
        assert ("Bravo" in answer.text) is (status == 201)


def test_the_apps_of_the_lessons_devices_are_in_the_page_and_in_board_json_on_demand(
    site: Site, devices: list[str], lesson: str
) -> None:
    inventory(devices[0], ["org.kde.gcompris"])
    inventory(devices[1], ["org.of.another.tablet"])
    browser = browser_of(site, "durand")
    assert "apps" not in browser.get(f"/lessons/{lesson}/board.json").get_json()
    asked = browser.get(f"/lessons/{lesson}/board.json?apps=1").get_json()["apps"]
    assert asked == [{"package": "org.kde.gcompris", "label": "GCompris"}]
    page = browser.get(f"/lessons/{lesson}").text
    assert "org.kde.gcompris" in page
    assert "org.of.another.tablet" not in page


def test_one_device_cannot_fill_the_list_of_apps(site: Site, devices: list[str], teacher: Person) -> None:
    inventory(devices[0], [f"aa.junk.n{number}" for number in range(2000)])
    inventory(devices[1], ["org.tuxpaint"])
    lesson = site.services.lessons.start(teacher.actor, Plan("Lecture", 45, devices))
    apps = browser_of(site, "durand").get(f"/lessons/{lesson}/board.json?apps=1").get_json()["apps"]
    assert len(apps) == 300
    assert {"package": "org.tuxpaint", "label": "Tux Paint"} in apps


def test_who_leaves_all_that_is_held_reads_with_whom_it_is_and_keeps_the_form(
    site: Site, devices: list[str], lesson: str
) -> None:
    site.add("petit", Role.TEACHER)
    form = {"source": "devices", "devices": devices[0], f"held-{lesson}": "leave", "title": "Calcul"}
    status, page = start(site, "petit", **form)
    assert status == 409
    assert "Elles sont toutes avec Mme Durand : demandez-les, ou reprenez-les." in page
    assert f'value="{devices[0]}" checked' in page
    assert 'value="Calcul"' in page
    status, page = start(site, "durand", **form)
    assert status == 409
    assert "Elles sont déjà toutes dans votre séance" in page
    assert start(site, "petit", source="devices")[0] == 422


def test_asking_without_anything_to_ask_for_is_no_request(site: Site, devices: list[str], lesson: str) -> None:
    asked = {"source": "devices", "devices": devices[0], f"held-{lesson}": "ask"}
    assert start(site, "durand", **asked)[0] == 409, "nobody asks himself"


def test_the_class_of_the_start_page_is_the_only_one_or_none_and_names_the_lesson(
    site: Site, director: Person, devices: list[str]
) -> None:
    site.add("petit", Role.TEACHER)
    site.services.rosters.add("CE1 A", director.actor)
    page = browser_of(site, "petit").get("/").text
    assert 'data-name="CE1 A" checked' in page
    assert 'placeholder="CE1 A"' in page
    site.services.rosters.add("CE2 B", director.actor)
    page = browser_of(site, "petit").get("/").text
    assert 'data-name="CE1 A" checked' not in page
    assert 'value="" data-name="" checked' in page
    assert 'placeholder="Séance"' in page


def test_a_body_that_names_no_display_empties_no_screen(site: Site, lesson: str) -> None:
    browser = browser_of(site, "durand")
    browser.get("/")
    answer = browser.client.post(f"/lessons/{lesson}/display", json={}, headers={"X-CSRFToken": browser.token})
    assert answer.status_code == 422
    assert answer.get_json()["error"]["code"] == "bad_display"
