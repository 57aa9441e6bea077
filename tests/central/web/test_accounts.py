"""Accounts administered in pages: inviting, resetting, turning off, and what protects the last administrator."""

import re

from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.store.desk_models import Account, Journal, Session
from tests.central.web.conftest import OWN, PASSWORD, Site


def link_in(page: str) -> str:
    found = re.search(r"http://localhost:8090(/invitation/[\w-]+)", page)
    assert found is not None
    return found[1]


def test_an_administrator_invites_somebody_whose_link_works_once(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    page = browser.post("/accounts/new", login="martin", name="Mme Martin", role="director", school=OWN)
    link = link_in(page.text)
    invited = site.browser()
    invited.get(link)
    assert invited.post(link, password=PASSWORD).status_code == 303
    assert site.browser().get(link).status_code == 404
    assert "Mme Martin" in browser.get("/accounts").text


def test_a_new_link_ends_the_one_before_and_a_link_ends_after_a_week(site: Site) -> None:
    account = site.services.accounts.add(CONSOLE, NewAccount("martin", "M", Role.ERUN))
    first, second = (site.services.accounts.invite(CONSOLE, account) for _ in range(2))
    assert site.browser().get(f"/invitation/{first}").status_code == 404
    assert site.browser().get(f"/invitation/{second}").status_code == 200
    site.clock.pass_by(days=7)
    assert site.browser().get(f"/invitation/{second}").status_code == 404


def test_links_cannot_be_guessed_for_long(site: Site) -> None:
    answers = [site.browser().get(f"/invitation/{number}").status_code for number in range(32)]
    assert answers == [404] * 30 + [429] * 2


def test_resetting_ends_every_way_in_and_every_session(site: Site) -> None:
    account = site.add("martin", Role.DIRECTOR, OWN)
    lost = site.browser_for(account)
    browser = site.browser_of(Role.ADMINISTRATOR)
    page = browser.post(f"/accounts/{account}/invite", forget="1")
    assert link_in(page.text)
    assert lost.get("/account").status_code == 303
    assert Account.get_by_id(account).password_hash is None
    assert Journal.select().where(Journal.action == "account.reset", Journal.actor == "user-admin").count() == 1


def test_turning_an_account_off_ends_its_sessions_at_once(site: Site) -> None:
    account = site.add("martin", Role.DIRECTOR, OWN)
    gone = site.browser_for(account)
    browser = site.browser_of(Role.ADMINISTRATOR)
    browser.post(f"/accounts/{account}/active", active="0")
    assert gone.get("/account").status_code == 303
    assert gone.sign_in("martin").status_code == 401
    assert Session.select().where(Session.account == account).count() == 0


def test_nobody_takes_the_own_rights_away(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    own = site.services.accounts.find("user-admin").id
    assert browser.post(f"/accounts/{own}/active", active="0").status_code == 409
    assert browser.post(f"/accounts/{own}", name="X", role="erun").status_code == 409


WRONG = (
    {"login": "x y", "name": "N", "role": "erun"},
    {"login": "ok", "name": "", "role": "erun"},
    {"login": "ok", "name": "N", "role": "root"},
    {"login": "ok", "name": "N", "role": "director"},
    {"login": "ok", "name": "N", "role": "director", "school": "0139999X"},
    {"login": "ok", "name": "N\u202e", "role": "erun"},
    {"login": "ok", "name": "N", "role": "erun", "email": "a@b\r\nBcc: x@y"},
)


def test_what_is_wrong_is_said_beside_the_field(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    for form in WRONG:
        answer = browser.post("/accounts/new", **form)
        assert answer.status_code == 422, form
        assert "field-error" in answer.text, form
    assert Account.select().where(Account.login == "ok").count() == 0


def test_a_changed_password_ends_the_other_sessions(site: Site) -> None:
    account = site.add("martin", Role.DIRECTOR, OWN)
    one, other = site.browser_for(account), site.browser_for(account)
    assert one.post("/account/password", current="faux", password="quatre lapins bleus").status_code == 422
    assert one.post("/account/password", current=PASSWORD, password="quatre lapins bleus").status_code == 303
    assert one.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_the_worst_passwords_are_refused(site: Site) -> None:
    account = site.services.accounts.add(CONSOLE, NewAccount("martin-martin", "M", Role.ERUN))
    token = site.services.accounts.invite(CONSOLE, account)
    browser = site.browser()
    browser.get(f"/invitation/{token}")
    for word in ("court", "aaaaaaaaaaaaaa", "Motdepasse2026!", "azertyuiop123", "martin-martin12", ""):
        assert browser.post(f"/invitation/{token}", password=word).status_code == 422, word
