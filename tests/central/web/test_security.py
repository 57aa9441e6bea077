"""Headers, requests of other sites, other hosts' names, sessions: on every route that exists."""

import pytest

from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.store.desk_models import Session
from tests.central.web.conftest import ORIGIN, OWN, PASSWORD, Site
from tests.central.web.routes import UNSAFE, routes


@pytest.fixture
def city_url() -> str:
    """One engine is enough: what is shown here is no query."""
    return ""


# W1: requests from other sites


def test_every_unsafe_route_wants_the_forms_token(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    unsafe = [one for one in routes(site.app, OWN) if one[0] in UNSAFE]
    assert len(unsafe) > 20
    for method, path, _endpoint in unsafe:
        for data, mimetype in [({}, None), ("{}", "application/json"), ("a=b", "text/plain")]:
            answer = browser.client.open(path, method=method, base_url=ORIGIN, data=data, content_type=mimetype)
            assert answer.status_code == 403, (method, path, mimetype, answer.status_code)
    assert browser.get("/account").status_code == 200


OTHER_SITES = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:81"},
    {"Origin": "https://localhost:8090"},
    {"Origin": "http://localhost.evil.example:8090"},
    {"Origin": "http://["},
]


def test_every_unsafe_route_refuses_other_sites_even_with_the_token(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    for method, path, _endpoint in routes(site.app, OWN):
        for headers in OTHER_SITES if method in UNSAFE else []:
            told = {**headers, "X-CSRFToken": browser.token}
            answer = browser.client.open(path, method=method, base_url=ORIGIN, headers=told)
            assert answer.status_code == 403, (method, path, headers, answer.status_code)


@pytest.mark.parametrize("headers", [{}, {"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}])
def test_the_pages_own_requests_pass(site: Site, headers: dict[str, str]) -> None:
    browser = site.browser_of(Role.TECHNICIAN)
    told = {**headers, "X-CSRFToken": browser.token}
    answer = browser.client.post("/language", base_url=ORIGIN, data={"lang": "en"}, headers=told)
    assert answer.status_code == 303
    assert 'lang="en"' in browser.get("/account").text


def test_no_safe_method_changes_who_is_signed_in(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    assert browser.get("/sign-out").status_code == 405
    assert browser.get("/account").status_code == 200


# Headers


def test_every_page_carries_the_strict_headers(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    for method, path, _endpoint in routes(site.app, OWN):
        if method != "GET":
            continue
        answer = browser.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert answer.status_code < 500, path
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Cache-Control"] == "no-store", path
        if answer.mimetype == "text/html":
            assert " style=" not in answer.text, path
            assert "<script>" not in answer.text, path
        answer.close()


# W3: the Host header


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:81", "localhost:8090.evil.example", "", "["])
def test_another_hosts_name_gets_nothing(site: Site, host: str) -> None:
    answer = site.app.test_client().post("/sign-in", headers={"Host": host})
    assert answer.status_code == 421
    assert "Set-Cookie" not in answer.headers


def test_a_link_is_made_of_the_canonical_name_alone(site: Site) -> None:
    browser = site.browser_of(Role.ADMINISTRATOR)
    told = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    form = {"csrf_token": browser.token, "login": "neuf", "name": "Neuf", "role": "technician"}
    page = browser.client.post("/accounts/new", base_url=ORIGIN, headers=told, data=form)
    assert f"{ORIGIN}/invitation/" in page.text
    assert "evil" not in page.text


def test_the_machines_own_address_is_sent_to_the_name(site: Site) -> None:
    answer = site.app.test_client().get("/account", headers={"Host": "127.0.0.1:8090"})
    assert (answer.status_code, answer.location) == (302, f"{ORIGIN}/")


# W5: sessions


def test_a_session_prepared_by_someone_else_is_not_taken_over(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    browser = site.browser()
    browser.client.set_cookie("preau-city-8090", "a-word-that-the-attacker-knows", domain="localhost")
    browser.sign_in("martin")
    assert browser.cookie() != "a-word-that-the-attacker-knows"
    thief = site.browser("192.0.2.66")
    thief.client.set_cookie("preau-city-8090", "a-word-that-the-attacker-knows", domain="localhost")
    assert thief.get("/account").status_code == 303


def test_the_sessions_word_is_long_and_only_its_hash_is_kept(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    browser = site.browser()
    cookie = browser.sign_in("martin").headers.getlist("Set-Cookie")[0]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    word = browser.cookie()
    assert word is not None
    assert len(word) >= 40
    assert Session.select().where(Session.id_hash == word).count() == 0


def test_a_session_ends_when_nobody_uses_it_and_after_twelve_hours_in_any_case(site: Site) -> None:
    browser = site.browser_of(Role.TECHNICIAN)
    site.clock.pass_by(minutes=59)
    assert browser.get("/account").status_code == 200
    site.clock.pass_by(minutes=61)
    assert browser.get("/account").status_code == 303
    other = site.browser_of(Role.ADMINISTRATOR)
    for _ in range(24):
        assert other.get("/account").status_code == 200
        site.clock.pass_by(minutes=30)
    assert other.get("/account").status_code == 303


def test_a_clock_that_was_put_back_revives_no_session(site: Site) -> None:
    browser = site.browser_of(Role.TECHNICIAN)
    site.clock.pass_by(hours=2)
    assert browser.get("/account").status_code == 303
    site.clock.pass_by(hours=-2)
    assert browser.get("/account").status_code == 303
    later = site.browser_of(Role.ERUN)
    site.clock.pass_by(days=-1)
    assert later.get("/account").status_code == 303


def test_signing_out_everywhere_ends_every_session_of_the_person(site: Site) -> None:
    account = site.add("martin", Role.DIRECTOR, OWN)
    one, other = site.browser_for(account), site.browser_for(account)
    one.post("/sign-out", everywhere="1")
    assert other.get("/account").status_code == 303


def test_a_new_role_ends_the_sessions_of_the_old_one(site: Site) -> None:
    browser = site.browser_of(Role.TECHNICIAN)
    account = site.services.accounts.find("user-technician")
    site.services.accounts.change(CONSOLE, account.id, NewAccount("", "X", Role.ERUN))
    assert browser.get("/account").status_code == 303


def test_the_forms_token_changes_at_sign_in(site: Site) -> None:
    site.add("martin", Role.DIRECTOR, OWN)
    browser = site.browser()
    browser.get("/sign-in")
    before = browser.token
    browser.post("/sign-in", login="martin", password=PASSWORD)
    answer = browser.client.post("/sign-out", base_url=ORIGIN, data={"csrf_token": before})
    assert answer.status_code == 403
    assert browser.get("/account").location.startswith("/sign-in/second")
