"""The first visit of a new appliance, and invitations."""

import pytest

from appliance.domain.people import CONSOLE
from appliance.services.people import NewPerson
from appliance.store.models import User
from tests.web.conftest import PASSWORD, Browser, Site

FORM = {"login": "martin", "name": "Mme Martin", "password": PASSWORD}


def new_code(site: Site) -> str:
    code = site.services.sign_in.setup_code()
    assert code is not None
    return code


def first_visit(site: Site, address: str = "192.168.1.10") -> Browser:
    browser = site.browser(address)
    assert browser.get("/").location == "/sign-in"
    assert browser.get("/sign-in").location == "/setup"
    assert browser.get("/setup").status_code == 200
    return browser


def test_the_first_visit_makes_the_administrator_and_opens_the_appliance(site: Site) -> None:
    browser = first_visit(site)
    answer = browser.post("/setup", code=new_code(site), **FORM)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Mme Martin" in browser.get("/account").text
    assert browser.get("/setup").location == "/sign-in"


def test_the_code_ends_once_it_was_used(site: Site) -> None:
    code = new_code(site)
    first_visit(site).post("/setup", code=code, **FORM)
    other = site.browser()
    other.get("/sign-in")
    answer = other.post("/setup", code=code, login="intrus", name="Intrus", password=PASSWORD)
    assert answer.status_code == 409
    assert User.select().count() == 1


def test_a_wrong_code_keeps_what_was_typed_but_the_password(site: Site) -> None:
    new_code(site)
    answer = first_visit(site).post("/setup", code="AAAA-AAAA-AAAA", **FORM)
    assert answer.status_code == 401
    assert 'value="Mme Martin"' in answer.text
    assert PASSWORD not in answer.text
    assert User.select().count() == 0


def test_the_code_is_not_guessed(site: Site) -> None:
    code = new_code(site)
    browser = first_visit(site, "192.168.1.66")
    statuses = [browser.post("/setup", code=f"AAAA-AAAA-{n:04d}", **FORM).status_code for n in range(30)]
    assert statuses == [401] * 10 + [429] * 20
    assert browser.post("/setup", code=code, **FORM).status_code == 429
    assert User.select().count() == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("password", "court", "Dix caractères"), ("login", "a b", "caractère"), ("name", "Durand\u202egnp", "caractère")],
)
def test_a_mistake_is_shown_beside_its_field_and_uses_no_try(site: Site, field: str, value: str, said: str) -> None:
    code = new_code(site)
    browser = first_visit(site)
    for _ in range(15):
        answer = browser.post("/setup", **{"code": code, **FORM, field: value})
        assert answer.status_code == 422
        assert said in answer.text.split(f'id="{field}-error"')[1]
    assert browser.post("/setup", code=code, **FORM).status_code == 303


def invitation(site: Site) -> str:
    person = site.services.people.add(CONSOLE, NewPerson("petit", "M. Petit"))
    return site.services.people.invite(CONSOLE, person.id)


def test_the_invited_chooses_a_password_and_is_in(site: Site) -> None:
    token = invitation(site)
    browser = site.browser()
    assert "M. Petit" in browser.get(f"/invitation/{token}").text
    assert browser.post(f"/invitation/{token}", password="court").status_code == 422
    assert browser.post(f"/invitation/{token}", password=PASSWORD).location == "/"
    assert "M. Petit" in browser.get("/account").text
    assert site.browser().sign_in("petit").status_code == 303


def test_an_invitation_is_used_once(site: Site) -> None:
    token = invitation(site)
    first, second = site.browser(), site.browser()
    first.get(f"/invitation/{token}")
    second.get(f"/invitation/{token}")
    first.post(f"/invitation/{token}", password=PASSWORD)
    answer = second.post(f"/invitation/{token}", password="quatre girafes bleues")
    assert answer.status_code == 404
    assert "invitation" in answer.text
    assert second.get("/account").status_code == 303
    assert site.browser().sign_in("petit").status_code == 303


def test_an_invitation_opened_on_someone_elses_computer_opens_the_invited_ones_session(site: Site) -> None:
    site.add("durand")
    token = invitation(site)
    browser = site.browser()
    browser.sign_in("durand")
    browser.get(f"/invitation/{token}")
    browser.post(f"/invitation/{token}", password=PASSWORD)
    assert "M. Petit" in browser.get("/account").text


def test_invitations_are_not_guessed(site: Site) -> None:
    token = invitation(site)
    browser = site.browser("192.168.1.66")
    statuses = [browser.get(f"/invitation/guess-{n}").status_code for n in range(40)]
    assert statuses == [404] * 30 + [429] * 10
    assert browser.get(f"/invitation/{token}").status_code == 429
    assert site.browser("192.168.1.10").get(f"/invitation/{token}").status_code == 200
