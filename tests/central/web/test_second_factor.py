"""The second step: codes of a telephone, recovery codes, and what a password alone opens."""

import re

import pyotp
import pytest

from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.store.desk_models import Account, Journal
from tests.central.web.conftest import OWN, PASSWORD, Browser, Site


def with_telephone(site: Site, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Sets the codes up in the pages, as a person does."""
    browser.get("/account") if browser.get("/sign-in/second").status_code == 303 else None
    assert browser.post("/account/totp/new").location == "/account/totp"
    page = browser.get("/account/totp").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret is not None
    totp = pyotp.TOTP(secret[1].replace(" ", ""))
    done = browser.post("/account/totp", code=totp.at(site.clock.now()))
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
    assert len(codes) == 8
    return totp, codes


def school_of(role: Role) -> str:
    return OWN if role is Role.DIRECTOR else ""


def half_way(site: Site, login: str = "durand") -> Browser:
    browser = site.browser()
    assert browser.sign_in(login).status_code == 303
    return browser


@pytest.mark.parametrize("role", list(Role))
def test_a_first_sign_in_opens_nothing_but_the_set_up_of_a_second_proof_until_there_is_one(
    site: Site, role: Role
) -> None:
    account = site.services.accounts.add(CONSOLE, NewAccount("durand", "Durand", role, school_of(role)))
    token, browser = site.services.accounts.invite(CONSOLE, account), site.browser()
    browser.get(f"/invitation/{token}")
    assert browser.post(f"/invitation/{token}", password=PASSWORD).status_code == 303
    for path in ("/", "/account", "/fleet", "/devices", "/statistics", f"/schools/{OWN}", "/journal"):
        assert browser.get(path).location.startswith("/sign-in/second"), path
    page = browser.get("/sign-in/second").text
    assert "Protéger votre compte" in page
    assert 'class="site-nav"' not in page
    before = browser.cookie()
    totp, _codes = with_telephone(site, browser)
    assert browser.cookie() != before
    assert browser.get("/account").status_code == 200
    site.clock.pass_by(minutes=1)
    again = half_way(site)
    assert again.get("/account").location.startswith("/sign-in/second")
    again.get("/sign-in/second")
    assert again.post("/sign-in/second", code=totp.at(site.clock.now())).status_code == 303
    assert again.get("/account").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_an_administrator_gives_somebody_a_fresh_start_when_everything_is_lost(site: Site, role: Role) -> None:
    account = site.add("durand", role, school_of(role))
    first = half_way(site)
    totp, codes = with_telephone(site, first)
    administrator = site.browser_of(Role.ADMINISTRATOR)
    administrator.get(f"/accounts/{account}")
    link = administrator.post(f"/accounts/{account}/invite", forget="1").text
    token = re.search(r"/invitation/([\w-]+)", link)
    assert token is not None
    assert first.get("/account").location.startswith("/sign-in")  # every session has ended
    assert site.browser().sign_in("durand").status_code == 401
    fresh = site.browser()
    fresh.get(f"/invitation/{token[1]}")
    fresh.post(f"/invitation/{token[1]}", password="quatre lapins bleus")
    fresh.get("/sign-in/second")
    for old in (totp.at(site.clock.now()), codes[0]):
        assert fresh.post("/sign-in/second", code=old).status_code == 401
    assert "Protéger votre compte" in fresh.get("/sign-in/second").text


def test_the_secret_is_not_readable_in_the_database(site: Site) -> None:
    site.add("durand", Role.TECHNICIAN)
    totp, _codes = with_telephone(site, half_way(site))
    kept = Account.get(Account.login == "durand").totp_secret
    assert kept is not None
    assert totp.secret not in kept


def test_a_code_opens_once(site: Site) -> None:
    site.add("durand", Role.TECHNICIAN)
    totp, _codes = with_telephone(site, half_way(site))
    site.clock.pass_by(minutes=1)
    code = totp.at(site.clock.now())
    one, other = half_way(site), half_way(site)
    one.get("/sign-in/second")
    other.get("/sign-in/second")
    assert one.post("/sign-in/second", code=f"{code[:3]} {code[3:]}").status_code == 303
    again = other.post("/sign-in/second", code=code)
    assert again.status_code == 401
    assert "déjà servi" in again.text
    assert one.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_a_recovery_code_opens_once_and_is_journaled(site: Site) -> None:
    site.add("durand", Role.TECHNICIAN)
    _totp, codes = with_telephone(site, half_way(site))
    for expected in (303, 401):
        browser = half_way(site)
        browser.get("/sign-in/second")
        assert browser.post("/sign-in/second", code=codes[0].upper()).status_code == expected
    assert Journal.select().where(Journal.action == "session.recovery").count() == 1


def test_a_stolen_password_cannot_add_a_second_factor_of_its_own(site: Site) -> None:
    site.add("durand", Role.TECHNICIAN)
    with_telephone(site, half_way(site))
    thief = half_way(site)
    thief.get("/sign-in/second")
    assert thief.post("/account/totp/new").status_code == 303
    assert thief.get("/account/totp").location.startswith("/sign-in/second")
    assert thief.post_json("/account/passkeys/question", {}).status_code == 401


def test_ten_wrong_codes_close_the_second_step_for_a_while(site: Site) -> None:
    site.add("durand", Role.TECHNICIAN)
    totp, _codes = with_telephone(site, half_way(site))
    thief = half_way(site)
    thief.get("/sign-in/second")
    answers = [thief.post("/sign-in/second", code="000000").status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2
    site.clock.pass_by(minutes=16)
    browser = half_way(site)
    browser.get("/sign-in/second")
    assert browser.post("/sign-in/second", code=totp.at(site.clock.now())).status_code == 303


def test_half_a_sign_in_ends_after_a_quarter_of_an_hour(site: Site) -> None:
    site.add("durand", Role.TECHNICIAN)
    browser = half_way(site)
    site.clock.pass_by(minutes=16)
    assert browser.get("/sign-in/second").location.startswith("/sign-in?")


@pytest.mark.parametrize("role", list(Role))
def test_everybody_keeps_one_strong_way_in(site: Site, role: Role) -> None:
    site.add("durand", role, school_of(role))
    browser = half_way(site)
    with_telephone(site, browser)
    browser.get("/account")
    assert browser.post("/account/totp/remove").status_code == 409
