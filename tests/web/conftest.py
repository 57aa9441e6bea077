"""What tests of the web share: the real application on a real store, and browsers that keep cookies and tokens."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from appliance.bootstrap import Services, build_services, open_databases
from appliance.config import Config, make_folders
from appliance.domain.people import CONSOLE, Role
from appliance.services.passwords import Passwords
from appliance.services.people import NewPerson, People, Person
from appliance.services.sign_in import SignIn
from appliance.store.live import live_database
from appliance.store.models import database
from appliance.web.app import create_app
from tests.support.store import HandClock
from tests.support.templates import keep_compiled_templates

keep_compiled_templates()

PASSWORD = "trois tortues vertes"


class Browser:
    """Keeps cookies like a browser, and sends the form token that the last page carried."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **rest: Any) -> TestResponse:
        answer = self.client.get(path, **rest)
        found = (
            re.search(r'name="csrf-token" content="([^"]+)"', answer.text) if answer.mimetype == "text/html" else None
        )
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **form})

    def cookie(self, ending: str) -> str | None:
        found = self.client.get_cookie(f"preau-8080{ending}")
        return None if found is None else found.value

    def sign_in(self, login: str, password: str = PASSWORD, **rest: str) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", login=login, password=password, **rest)


@dataclass
class Site:
    """The application, with what stands behind it."""

    app: Flask
    services: Services
    clock: HandClock

    def browser(self, address: str = "192.168.1.10") -> Browser:
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return Browser(client)

    def add(self, login: str, role: Role = Role.TEACHER, name: str = "") -> Person:
        return self.services.people.add(CONSOLE, NewPerson(login, name or f"Mme {login.title()}", role), PASSWORD)


def is_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def remembered(site: Site, pin: str = "4951", login: str = "durand") -> Browser:
    """A browser on which `login` chose a PIN; still signed in."""
    browser = site.browser()
    assert browser.sign_in(login, choose_pin="1", next="/account").location == "/account/pin?next=/account"
    browser.get("/account/pin")
    assert browser.post("/account/pin", pin=pin, next="/account").location == "/account"
    return browser


def signed_out(browser: Browser) -> Browser:
    browser.get("/account")
    browser.post("/sign-out")
    browser.get("/sign-in")
    return browser


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))  # sockets and live state leave with the test
    return Config(tmp_path / "data", http_port=8080, names=("boitier.ecole.fr",))


@pytest.fixture
def make_site(config: Config) -> Iterator[Callable[[Config], Site]]:
    def make(config: Config) -> Site:
        make_folders(config)
        open_databases(config)
        database.connect(reuse_if_open=True)
        live_database.connect(reuse_if_open=True)
        clock, passwords = HandClock(), Passwords(memory_kib=64, passes=1)
        services = replace(build_services(config), people=People(clock, passwords), sign_in=SignIn(clock, passwords))
        return Site(create_app(config, services), services, clock)

    yield make
    for each in (database, live_database):
        if not each.is_closed():
            each.close()


@pytest.fixture
def site(config: Config, make_site: Callable[[Config], Site]) -> Site:
    return make_site(config)


@pytest.fixture
def teacher(site: Site) -> Person:
    return site.add("durand")


@pytest.fixture
def director(site: Site) -> Person:
    return site.add("martin", Role.ADMINISTRATOR)
