"""Signing in through an identity provider: a real one over HTTP, with true and with false answers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from central.config import Config
from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.store.desk_models import Account
from tests.central.web.conftest import OWN, Browser, Site, make_site
from tests.support.identity_provider import CLIENT, SECRET, Provider, running_provider

PERSON = {"sub": "u-42", "email": "Durand@Ville.fr", "email_verified": True}


@pytest.fixture
def city_url() -> str:
    """One engine is enough: the provider is what is tried."""
    return ""


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.person, running.lies, running.shown = dict(PERSON), {}, None
    running.codes.clear()
    return running


@pytest.fixture
def oidc(config: Config, tmp_path: Path, provider: Provider) -> Iterator[Site]:
    secret = tmp_path / "client-secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    asked = replace(config, oidc_issuer=provider.url, oidc_client=CLIENT, oidc_secret_path=secret)
    with make_site(asked) as site:
        yield site


def invite(site: Site, role: Role = Role.DIRECTOR) -> None:
    school = OWN if role is Role.DIRECTOR else ""
    site.services.accounts.add(CONSOLE, NewAccount("durand", "Mme Durand", role, school, "durand@ville.fr"))


def there_and_back(browser: Browser, path: str = "/sign-in/oidc") -> TestResponse:
    """As a browser follows the redirections."""
    begun = browser.get(path)
    assert begun.status_code == 302, begun.text
    back = requests.get(begun.location, allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(back)
    return browser.get(f"{parts.path}?{parts.query}")


def test_an_invited_address_enters_and_is_known_by_its_subject_afterwards(oidc: Site, provider: Provider) -> None:
    invite(oidc)
    provider.person["amr"] = ["mfa"]
    browser = oidc.browser()
    assert "annuaire" in browser.get("/sign-in").text
    assert there_and_back(browser, "/sign-in/oidc?next=/account").location == "/account"
    assert browser.get("/account").status_code == 200
    assert Account.get(Account.login == "durand").oidc_subject == f"{provider.url}|u-42"
    provider.person = {"sub": "u-42", "email": "autre@ville.fr", "email_verified": True}
    assert there_and_back(oidc.browser()).status_code == 303
    provider.person = {"sub": "u-43", "email": "durand@ville.fr", "email_verified": True}
    assert there_and_back(oidc.browser()).location.startswith("/sign-in")


@pytest.mark.parametrize("claims", [{"sub": "u-1", "email": "inconnu@ville.fr", "email_verified": True},
                                    {"sub": "u-1", "email": "durand@ville.fr"},
                                    {"sub": "u-1", "email": "durand@ville.fr", "email_verified": "true"}])  # fmt: skip
def test_nobody_enters_by_an_address_that_is_not_invited_or_not_verified(
    oidc: Site, provider: Provider, claims: dict[str, object]
) -> None:
    invite(oidc)
    provider.person = claims
    browser = oidc.browser()
    assert there_and_back(browser).location.startswith("/sign-in")
    assert browser.get("/account").location.startswith("/sign-in?")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    ("amr", "is_enough"), [(["pwd", "otp"], True), (["mfa"], True), (["pwd"], False), (["hwk"], False), (None, False)]
)
def test_everybody_is_asked_for_more_unless_the_provider_has_asked(
    oidc: Site, provider: Provider, role: Role, amr: list[str] | None, is_enough: bool
) -> None:
    invite(oidc, role)
    provider.person["amr"] = amr
    browser = oidc.browser()
    there_and_back(browser)
    assert (browser.get("/account").status_code == 200) is is_enough


@pytest.mark.parametrize("lies", [{"iss": "https://evil.example"}, {"aud": "autre"}, {"exp": 1}, {"nonce": "x"}])
def test_a_token_that_is_not_for_us_opens_nothing(oidc: Site, provider: Provider, lies: dict[str, object]) -> None:
    invite(oidc)
    provider.lies = lies
    browser = oidc.browser()
    assert there_and_back(browser).status_code == 403
    assert browser.get("/account").status_code == 303


def test_a_token_signed_by_another_key_opens_nothing(oidc: Site, provider: Provider) -> None:
    invite(oidc)
    provider.shown = RSAKey.generate_key(2048, {"kid": "one"})
    assert there_and_back(oidc.browser()).status_code == 403


def test_an_answer_that_this_browser_did_not_ask_for_opens_nothing(oidc: Site, provider: Provider) -> None:
    invite(oidc)
    begun = oidc.browser().get("/sign-in/oidc")
    back = requests.get(begun.location, allow_redirects=False, timeout=5).headers["Location"]
    victim = oidc.browser()
    victim.get("/sign-in")
    parts = urlsplit(back)
    assert victim.get(f"{parts.path}?{parts.query}").status_code == 403
    assert victim.get("/account").status_code == 303


def test_without_a_provider_nothing_is_offered(site: Site) -> None:
    assert "annuaire de la ville" not in site.browser().get("/sign-in").text
    assert site.browser().get("/sign-in/oidc").status_code == 404


def test_a_provider_that_is_away_is_said_in_words(config: Config) -> None:
    with make_site(replace(config, oidc_issuer="http://127.0.0.1:1", oidc_client=CLIENT)) as site:
        answer = site.browser().get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "ne répond pas" in answer.text
