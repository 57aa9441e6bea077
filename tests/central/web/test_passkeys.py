"""Passkeys by a software authenticator: the invitation, a sign-in without a login, and wrong answers."""

import json
import re
from dataclasses import replace
from typing import Any

from webauthn.helpers import base64url_to_bytes
from werkzeug.test import TestResponse

from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.store.desk_models import Invitation
from tests.central.web.conftest import ORIGIN, Browser, Site
from tests.support.passkey import Passkey


def answered(browser: Browser, key: Passkey, path: str, act: str, question: str = "/question") -> TestResponse:
    asked = browser.post_json(f"{path}{question}", {})
    assert asked.status_code == 200, asked.text
    challenge = base64url_to_bytes(asked.json["challenge"])  # type: ignore[index]  # it is a map
    credential: dict[str, Any] = json.loads(key.register(challenge) if act == "make" else key.sign(challenge))
    return browser.post_json(path, {"credential": credential, "name": "Portable", "next": "/account?x=1"})


def invited(site: Site, login: str = "durand", role: Role = Role.ADMINISTRATOR) -> str:
    account = site.services.accounts.add(CONSOLE, NewAccount(login, login.title(), role))
    return site.services.accounts.invite(CONSOLE, account)


def enrolled(site: Site, key: Passkey) -> Browser:
    token, browser = invited(site), site.browser()
    browser.get(f"/invitation/{token}")
    answer = answered(browser, key, f"/invitation/{token}/passkey", "make")
    assert answer.json == {"next": "/"}
    browser.get("/account")
    return browser


def own_key() -> Passkey:
    return Passkey("localhost", ORIGIN)


def test_an_invited_administrator_enters_with_a_passkey_and_no_password(site: Site) -> None:
    browser = enrolled(site, own_key())
    assert "Portable" in browser.get("/account").text
    assert browser.get("/accounts").status_code == 200
    assert Invitation.select().where(Invitation.used_at.is_null()).count() == 0


def test_a_passkey_signs_in_without_a_login(site: Site) -> None:
    key = own_key()
    enrolled(site, key)
    browser = site.browser("192.0.2.77")
    browser.get("/sign-in")
    answer = answered(browser, key, "/sign-in/passkey", "use")
    assert answer.json == {"next": "/account?x=1"}
    assert browser.get("/accounts").status_code == 200


def test_an_answer_counts_once(site: Site) -> None:
    key = own_key()
    enrolled(site, key)
    browser = site.browser()
    browser.get("/sign-in")
    asked = browser.post_json("/sign-in/passkey/question", {})
    credential = json.loads(key.sign(base64url_to_bytes(asked.json["challenge"])))  # type: ignore[index]  # an answer that is no JSON fails the test
    cookie = browser.cookie("-form")
    assert cookie is not None
    assert browser.post_json("/sign-in/passkey", {"credential": credential}).status_code == 200
    copy = site.browser()
    copy.client.set_cookie("preau-city-8090-form", cookie, domain="localhost")
    copy.token = browser.token
    assert copy.post_json("/sign-in/passkey", {"credential": credential}).status_code == 401


WRONG: tuple[dict[str, Any], ...] = (
    {"origin": "http://localhost:9999"},
    {"origin": "https://evil.example"},
    {"relying_party": "evil.example"},
    {"is_verified": False},
    {"is_present": False},
    {"_key": Passkey()._key},
)


def test_a_wrong_answer_opens_nothing(site: Site) -> None:
    key = own_key()
    enrolled(site, key)
    browser = site.browser()
    browser.get("/sign-in")
    for wrong in WRONG:
        false = replace(key, **wrong)
        assert answered(browser, false, "/sign-in/passkey", "use").status_code == 401, wrong
    assert browser.get("/account").status_code == 303
    browser.get("/sign-in")
    assert answered(browser, key, "/sign-in/passkey", "use").status_code == 200


def test_a_copied_authenticator_whose_counter_goes_back_is_refused(site: Site) -> None:
    key = own_key()
    enrolled(site, key)
    key.count = 10
    browser = site.browser()
    browser.get("/sign-in")
    assert answered(browser, key, "/sign-in/passkey", "use").status_code == 200
    key.count = 3
    other = site.browser()
    other.get("/sign-in")
    assert answered(other, key, "/sign-in/passkey", "use").status_code == 401


def test_a_malformed_answer_is_refused_in_words(site: Site) -> None:
    enrolled(site, own_key())
    browser = site.browser()
    browser.get("/sign-in")
    odd: tuple[object, ...] = (None, {}, [], "x", {"id": 3}, {"id": "x", "response": {}}, {"id": "x" * 100_000})
    for credential in odd:
        browser.post_json("/sign-in/passkey/question", {})
        assert browser.post_json("/sign-in/passkey", {"credential": credential}).status_code in (401, 422)
    browser.post_json("/sign-in/passkey/question", {})
    stranger = {"id": own_key().id, "rawId": "x", "response": {"signature": 3}, "type": "public-key"}
    assert browser.post_json("/sign-in/passkey", {"credential": stranger}).status_code == 401


def test_the_last_passkey_of_an_administrator_stays(site: Site) -> None:
    key = own_key()
    browser = enrolled(site, key)
    assert browser.post("/account/passkeys/remove", id=key.id).status_code == 409
    assert answered(browser, own_key(), "/account/passkeys", "make").status_code == 200
    browser.get("/account")
    assert browser.post("/account/passkeys/remove", id=key.id).status_code == 303


def test_two_passkeys_of_one_person_are_told_apart_where_one_is_to_sign(site: Site) -> None:
    browser = enrolled(site, own_key())
    site.clock.pass_by(seconds=300)
    browser.get("/account")
    assert answered(browser, own_key(), "/account/passkeys", "make").status_code == 200
    page = browser.get("/account").text
    names = re.findall(r'<strong dir="auto">([^<]+)</strong><span>([^<]+)</span>', page)
    assert [name for name, _ in names] == ["Portable", "Portable 2"]
    made = [re.search(r"ajoutée le (\d\d/\d\d/\d{4}, \d+\W+h\W+\d\d)", told) for _, told in names]
    assert all(made) and len({found[1] for found in made if found}) == 2
    assert "jamais" not in page, "it was made, and that shows it"
    for name in ("Portable", "Portable 2"):
        assert re.search(rf"durand · {name} · ajoutée le", browser.get("/orders/keys").text)


def test_somebody_elses_passkey_cannot_be_removed(site: Site) -> None:
    key = own_key()
    enrolled(site, key)
    other = site.browser_of(Role.TECHNICIAN)
    assert other.post("/account/passkeys/remove", id=key.id).status_code == 404


def test_an_account_that_was_turned_off_enters_no_more(site: Site) -> None:
    key = own_key()
    browser = enrolled(site, key)
    site.services.accounts.add(CONSOLE, NewAccount("autre", "Autre", Role.ADMINISTRATOR))
    site.services.accounts.set_active(CONSOLE, site.services.accounts.find("durand").id, active=False)
    assert browser.get("/account").status_code == 303
    again = site.browser()
    again.get("/sign-in")
    assert answered(again, key, "/sign-in/passkey", "use").status_code == 401
