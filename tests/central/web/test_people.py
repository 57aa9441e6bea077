"""Signing in by password, the invitation, leaving."""

from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from tests.central.web.conftest import OWN, PASSWORD, Site


def test_an_invited_director_chooses_a_password_and_is_led_on(site: Site) -> None:
    account = site.services.accounts.add(CONSOLE, NewAccount("martin", "Mme Martin", Role.DIRECTOR, OWN))
    token = site.services.accounts.invite(CONSOLE, account)
    browser = site.browser()
    assert "Mme Martin" in browser.get(f"/invitation/{token}").text
    assert browser.post(f"/invitation/{token}", password="court").status_code == 422
    assert browser.post(f"/invitation/{token}", password=PASSWORD).status_code == 303
    assert browser.get("/account").location.startswith("/sign-in/second")
    assert site.browser().get(f"/invitation/{token}").status_code == 404


def test_the_right_password_leads_to_the_page_that_was_wanted(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    browser = site.browser()
    asked = browser.get("/account?tab=1")
    assert asked.location == "/sign-in?next=/account?tab%3D1"
    browser.get(asked.location)
    answer = browser.post("/sign-in", login="Martin", password=PASSWORD, next="/account?tab=1")
    assert (answer.status_code, answer.location) == (303, "/account?tab=1")
    assert browser.get("/account?tab=1").location == "/sign-in/second?next=/account?tab%3D1"


def test_a_wrong_password_says_so_and_keeps_the_login(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    browser = site.browser()
    answer = browser.sign_in("martin", "pas le bon mot")
    assert answer.status_code == 401
    assert "pas le bon" in answer.text
    assert 'value="martin"' in answer.text
    assert browser.get("/account").status_code == 303


def test_nobody_is_sent_to_another_site_after_signing_in(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y"):
        assert site.browser().sign_in("martin", next=target).location == "/", target
