"""Asking a site for its headers: over the real network stack, never where it must not lead."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from appliance.config import Config
from appliance.own_names import OwnNames
from appliance.services import site_headers
from appliance.services.site_headers import Unreachable, ask_site, resolve
from tests.support.ports import free_ports


class Site:
    """Answers by a table: path -> status and headers. Notes what was asked, with its headers."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.asked: list[tuple[str, str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append((self.path, self.headers["Host"], str(self.headers.get("Cookie"))))
                status, headers = site.answers.get(self.path, (200, {}))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port

    def resolve(self, host: str, port: int) -> list[str]:
        """As a name server that knows two sites; both are here."""
        if host.endswith(".example"):
            return ["127.0.0.1"]
        return resolve(host, port)

    def url(self, path: str, host: str = "site.example") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def served() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as one:
        yield one


def nowhere(_address: str) -> bool:
    return False


def ask(site: Site, path: str, host: str = "site.example") -> tuple[str, dict[str, str]]:
    where, headers = ask_site(site.url(path, host), nowhere, site.resolve)
    return where, dict(headers)


def test_a_site_is_asked_by_its_name_and_without_a_cookie(site: Site) -> None:
    site.answers["/a?b=c"] = 200, {"X-Frame-Options": "DENY", "Set-Cookie": "a=b"}
    where, headers = ask(site, "/a?b=c#d")
    assert headers["x-frame-options"] == "DENY"
    assert where == site.url("/a?b=c#d")
    assert site.asked == [("/a?b=c", f"site.example:{site.port}", "None")]


def test_redirects_are_followed_three_times_each_looked_at_anew(site: Site) -> None:
    for number in range(5):
        site.answers[f"/{number}"] = 302, {"Location": site.url(f"/{number + 1}", "other.example"), "Set-Cookie": "a=b"}
    where, _ = ask(site, "/2")
    assert where == site.url("/5", "other.example")
    assert [cookie for _, _, cookie in site.asked] == ["None"] * 4
    with pytest.raises(Unreachable):
        ask(site, "/1")


def test_a_relative_redirect_leads_on(site: Site) -> None:
    site.answers["/old/a"] = 301, {"Location": "../new"}
    assert ask(site, "/old/a")[0] == site.url("/new")


def test_an_answer_that_refuses_is_an_answer(site: Site) -> None:
    site.answers["/"] = 503, {"X-Frame-Options": "DENY"}
    assert ask(site, "/")[1]["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://site.example/",
        "http://",
        "http://a b/",
        "//",
        "http://[::g]/",
    ],
)
def test_a_redirect_to_what_is_no_web_address_ends_it(site: Site, target: str) -> None:
    site.answers["/"] = 302, {"Location": target}
    with pytest.raises(Unreachable):
        ask(site, "/")
    assert len(site.asked) <= 4


def test_neither_an_address_of_ours_nor_a_redirect_to_one_is_asked(site: Site, tmp_path: Path) -> None:
    """The real rule: this test's site is on loopback, as the appliance is."""
    own = OwnNames(Config(tmp_path))
    for host in ("127.0.0.1", "localhost", "site.example", "127.1", "[::ffff:127.0.0.1]"):
        with pytest.raises(Unreachable):
            ask_site(site.url("/", host), own.is_own_address, site.resolve)
    assert site.asked == []


def test_a_redirect_towards_the_appliance_is_not_taken(site: Site) -> None:
    site.answers["/"] = 302, {"Location": f"http://box.internal:{site.port}/admin"}

    def resolve(host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if host == "site.example" else ["127.0.0.2"]

    with pytest.raises(Unreachable):
        ask_site(site.url("/"), lambda address: address == "127.0.0.2", resolve)
    assert [path for path, _, _ in site.asked] == ["/"]


def test_a_site_of_the_internet_leads_nowhere_into_the_schools_network(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No site of the internet answers a test: the first one of this machine plays it."""
    site.answers["/"] = 302, {"Location": site.url("/printer", "other.example")}
    public = iter([True, False])
    monkeypatch.setattr(site_headers, "is_public", lambda _address: next(public, False))
    with pytest.raises(Unreachable):
        ask(site, "/")
    assert [path for path, _, _ in site.asked] == ["/"]


def test_a_server_of_the_school_may_lead_to_another_one(site: Site) -> None:
    site.answers["/"] = 302, {"Location": site.url("/there", "other.example")}
    assert ask(site, "/")[0] == site.url("/there", "other.example")


@pytest.mark.parametrize("address", ["192.168.1.20", "10.0.0.1", "127.0.0.1", "169.254.1.1", "fd00::2", "fe80::1%eth0"])
def test_which_addresses_are_of_the_internet(address: str) -> None:
    assert site_headers.is_public("93.184.215.14") and site_headers.is_public("2606:2800:21f:cb07::1")
    assert not site_headers.is_public(address)


def test_a_name_with_one_forbidden_address_among_others_is_not_asked(site: Site) -> None:
    with pytest.raises(Unreachable):
        ask_site(site.url("/"), lambda address: address == "192.168.1.2", lambda *_: ["127.0.0.1", "192.168.1.2"])
    assert site.asked == []


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(site: Site) -> None:
    """A name that points elsewhere at the second question (DNS rebinding) is asked once only."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    ask_site(site.url("/"), lambda address: address != "127.0.0.1", lambda *_: next(answers))
    assert next(answers) == ["127.0.0.2"]


def test_a_name_of_both_kinds_is_asked_at_its_ipv4_address_first() -> None:
    found = resolve("localhost", 80)
    assert [":" in address for address in found] == sorted(":" in address for address in found)
    assert "127.0.0.1" in found


def test_no_line_no_name_and_no_listener_are_unreachable() -> None:
    (port,) = free_ports(1)

    def no_name(_host: str, _port: int) -> list[str]:
        raise OSError("no name server")

    for there in (no_name, lambda *_: ["127.0.0.1"], lambda *_: []):
        with pytest.raises(Unreachable):
            ask_site(f"http://site.example:{port}/", nowhere, there)


def test_a_site_without_the_certificate_of_its_name_is_unreachable(site: Site) -> None:
    with pytest.raises(Unreachable):
        ask_site(f"https://site.example:{site.port}/", nowhere, site.resolve)
    assert site.asked == []


def test_a_body_of_any_length_is_not_read(site: Site) -> None:
    site.answers["/"] = 200, {"Content-Length": str(10**12), "X-Frame-Options": "DENY"}
    assert ask(site, "/")[1]["x-frame-options"] == "DENY"
