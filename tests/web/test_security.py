"""Headers, other sites' requests, other hosts' names: on every route that exists."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Rule

from appliance.config import Config
from appliance.own_names import OwnNames, host_of
from appliance.services.people import Person
from tests.web.conftest import PASSWORD, Browser, Site

TLS_FOLDER = Path("tls")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def unsafe_routes(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in UNSAFE & (rule.methods or set()):
            yield method, path_of(app, rule)


def path_of(app: Flask, rule: Rule) -> str:
    """Some address of the rule: what stands for the variables exists or not, refusal comes before."""
    values = {name: 1 if "Integer" in type(kind).__name__ else "x" for name, kind in rule._converters.items()}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=sorted(rule.methods or {"GET"})[0])


def signed_in(site: Site) -> Browser:
    browser = site.browser()
    assert browser.sign_in("martin").status_code == 303
    browser.get("/account")
    return browser


# W1: requests from other sites


def test_every_unsafe_route_wants_the_forms_token(site: Site, director: Person) -> None:
    browser = signed_in(site)
    routes = [one for one in unsafe_routes(site.app) if one[1] != "/api/devices"]
    assert len(routes) > 15
    for method, path in routes:
        for data, mimetype in [({}, None), ("{}", "application/json"), ("a=b", "text/plain")]:
            answer = browser.client.open(path, method=method, data=data, content_type=mimetype)
            assert answer.status_code in (401, 403), (method, path, mimetype, answer.status_code)
    assert browser.get("/account").status_code == 200


def test_a_token_of_someone_else_opens_nothing(site: Site, director: Person) -> None:
    browser, thief = signed_in(site), site.browser()
    thief.get("/sign-in")
    answer = browser.client.post("/sign-out", data={"csrf_token": thief.token})
    assert answer.status_code == 403
    assert "Rien n’a été changé" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:81"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://["},
        {"Origin": "http://localhost:99999"},
    ],
)
def test_every_unsafe_route_refuses_other_sites_even_with_the_token(
    site: Site, director: Person, headers: dict[str, str]
) -> None:
    browser = signed_in(site)
    for method, path in unsafe_routes(site.app):
        answer = browser.client.open(path, method=method, headers={**headers, "X-CSRFToken": browser.token})
        assert answer.status_code in (401, 403), (method, path, answer.status_code)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://LOCALHOST:80"}],
)
def test_the_pages_own_requests_pass(site: Site, director: Person, headers: dict[str, str]) -> None:
    browser = signed_in(site)
    for name in ("X-CSRFToken", "X-CSRF-Token"):
        answer = browser.client.post("/language", data={"lang": "en"}, headers={**headers, name: browser.token})
        assert answer.status_code == 303


def test_a_wall_clock_that_goes_back_does_not_break_open_pages(site: Site, director: Person) -> None:
    """The form's cookie was signed in the future: its date is not looked at."""
    browser = signed_in(site)
    serializer = site.app.session_interface.get_signing_serializer(site.app)  # type: ignore[attr-defined]  # Flask's own class has it
    name = "preau-8080-form"
    cookie = browser.client.get_cookie(name)
    assert cookie is not None
    content = serializer.loads(cookie.value)

    class Future(type(serializer.make_signer())):  # type: ignore[misc]  # a class known only while it runs
        def get_timestamp(self) -> int:
            return int(super().get_timestamp()) + 400 * 24 * 3600

    serializer.signer = Future
    browser.client.set_cookie(name, serializer.dumps(content))
    assert browser.post("/language", lang="en").status_code == 303


# Headers


def test_every_page_carries_the_strict_headers(site: Site, director: Person) -> None:
    browser = signed_in(site)
    seen = 0
    for rule in site.app.url_map.iter_rules():
        if "GET" not in (rule.methods or set()) or rule.endpoint == "static":
            continue
        answer = browser.get(path_of(site.app, rule))
        policy = answer.headers["Content-Security-Policy"]
        assert answer.status_code != 500, rule
        assert "default-src 'none'" in policy, rule
        assert "unsafe" not in policy, rule
        assert "frame-ancestors 'none'" in policy, rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.headers["Cache-Control"] == "no-store", rule
        assert "Strict-Transport-Security" not in answer.headers
        assert "style=" not in answer.text.split("<svg")[0], rule
        seen += 1
    assert seen > 12


def test_scripts_and_styles_come_from_the_appliance_only(site: Site, director: Person) -> None:
    policy = site.browser().get("/sign-in").headers["Content-Security-Policy"]
    parts = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert parts["script-src"] == ["'self'"]
    assert parts["style-src"] == ["'self'"]
    assert parts["connect-src"] == ["'self'", "ws://localhost", "wss://localhost"]
    assert parts["base-uri"] == ["'none'"]
    assert parts["form-action"] == ["'self'"]


def test_static_files_are_checked_again_and_carry_the_headers(site: Site) -> None:
    answer = site.browser().client.get("/static/css/base.css")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"
    again = site.browser().client.get("/static/css/base.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"])
def test_static_files_do_not_lead_out_of_their_folder(site: Site, path: str) -> None:
    assert site.browser().client.get(path).status_code in (400, 404)


def test_with_certificates_cookies_are_bound_to_tls_and_to_this_host(
    config: Config, make_site: Callable[[Config], Site], tmp_path: Path
) -> None:
    site = make_site(replace(config, tls_certificate=tmp_path / "cert", tls_key=tmp_path / "key"))
    site.add("durand")
    client = site.browser().client
    page = client.get("/sign-in", base_url="https://localhost")
    token = page.text.split('name="csrf-token" content="')[1].split('"')[0]
    answer = client.post(
        "/sign-in", base_url="https://localhost", data={"login": "durand", "password": PASSWORD, "csrf_token": token}
    )
    assert answer.status_code == 303
    for cookie in (*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")):
        assert cookie.startswith("__Host-preau-8080")
        assert "Secure" in cookie
        assert "Path=/" in cookie
    assert page.headers["Strict-Transport-Security"] == "max-age=2592000"


# W3: names


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "evil.example:8080", "127.0.0.1.nip.io", "8.8.8.8", "[2001:db8::1]", "",
     "localhost:8080:1", "localhost:x", "preau.local@evil.example", "localhost,evil.example", "préau.local"],
)  # fmt: skip
def test_other_names_get_nothing_on_any_route(site: Site, director: Person, host: str) -> None:
    client = site.browser().client
    paths = [path_of(site.app, r) for r in site.app.url_map.iter_rules() if "GET" in (r.methods or set())]
    for path in ["/", "/socket.io/?EIO=4&transport=polling", *paths]:
        answer = client.get(path, environ_overrides={"HTTP_HOST": host.encode().decode("latin-1")})
        assert answer.status_code == 421, (path, host)
        assert "evil" not in answer.text
        assert answer.headers.get("Set-Cookie") is None


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:9", "127.0.0.1:8080", "[::1]:8080", "preau.local", "boitier.ecole.fr", "preau.local."],
)
def test_own_names_are_answered_on_any_port(site: Site, host: str) -> None:
    assert site.browser().client.get("/api/time", headers={"Host": host}).status_code == 200


def test_a_forwarded_host_is_not_believed(site: Site, director: Person) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "https"}
    answer = site.browser().client.get("/account", headers=headers)
    assert answer.location == "/sign-in?next=/account"
    page = site.browser().client.get("/sign-in", headers=headers)
    assert "evil" not in page.text + str(page.headers)


def test_a_new_address_of_the_machine_is_known_after_a_few_seconds(config: Config) -> None:
    addresses = {"192.168.1.5"}
    names = OwnNames(config, lambda: addresses)
    assert names.is_own("192.168.1.5:8080")
    assert not names.is_own("192.168.1.6")
    names._looked_at -= 5
    addresses.add("192.168.1.6")
    assert names.is_own("192.168.1.6")


def test_an_ipv6_address_is_known_however_it_is_written(config: Config) -> None:
    names = OwnNames(config, lambda: {"fd00::1"})
    assert names.is_own("[fd00:0:0:0:0:0:0:1]:8080")
    assert names.is_own("[FD00::0001]")
    assert not names.is_own("[fd00::2]")


@pytest.mark.parametrize("header", ["localhost%;x", "localhost%25", "127.0.0.1%eth0", "localhost:" + "1" * 5000])
def test_only_an_ipv6_address_in_brackets_has_a_zone(config: Config, header: str) -> None:
    names = OwnNames(config, lambda: {"fe80::1"})
    assert names.is_own("[fe80::1%eth0]:8080")
    assert not names.is_own(header)


@given(st.text(max_size=60))
def test_any_host_header_is_a_name_or_nothing(header: str) -> None:
    name = host_of(header)
    assert name is None or name == name.lower()


# Sizes


def test_a_form_is_64_kilobytes_at_most(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    answer = browser.post("/sign-in", login="durand", password="x" * 65_536)
    assert answer.status_code == 413
    assert "trop volumineux" in answer.text
    assert browser.post("/sign-in", login="durand", password=PASSWORD).status_code == 303
