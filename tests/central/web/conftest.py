"""What tests of the console share: the real application on a real database, and browsers that keep cookies."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from central.bootstrap import Services, build_services
from central.config import Config
from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.services.passwords import Passwords
from central.services.sign_in import SignIn
from central.store.models import School
from central.web.app import create_app
from tests.central.conftest import opened_city
from tests.support.store import HandClock
from tests.support.templates import keep_compiled_templates

keep_compiled_templates()

PASSWORD = "trois tortues vertes"
OWN, OTHER = "0130001A", "0130002B"
ORIGIN = "http://localhost:8090"


class Browser:
    """Keeps cookies like a browser, and sends the form token that the last page carried."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **rest: Any) -> TestResponse:
        answer = self.client.get(path, base_url=ORIGIN, **rest)
        found = (
            re.search(r'name="csrf-token" content="([^"]+)"', answer.text) if answer.mimetype == "text/html" else None
        )
        self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, **form: Any) -> TestResponse:
        return self.client.post(path, base_url=ORIGIN, data={"csrf_token": self.token, **form})

    def post_json(self, path: str, body: object) -> TestResponse:
        return self.client.post(path, base_url=ORIGIN, json=body, headers={"X-CSRFToken": self.token})

    def cookie(self, ending: str = "") -> str | None:
        found = self.client.get_cookie(f"preau-city-8090{ending}")
        return None if found is None else found.value

    def sign_in(self, login: str, password: str = PASSWORD, **rest: str) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", login=login, password=password, **rest)


@dataclass
class Site:
    """The console, with what stands behind it."""

    app: Flask
    services: Services
    clock: HandClock

    def browser(self, address: str = "192.0.2.10") -> Browser:
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return Browser(client)

    def add(self, login: str, role: Role, school: str = "", password: str = PASSWORD) -> int:
        """An account that was invited and chose a password."""
        account = self.services.accounts.add(CONSOLE, NewAccount(login, login.title(), role, school))
        self.services.sign_in.accept_by_password(self.services.accounts.invite(CONSOLE, account), password)
        return account

    def browser_of(self, role: Role, school: str = OWN) -> Browser:
        """Somebody of this role, signed in."""
        login = f"user-{role}"
        return self.browser_for(self.add(login, role, school if role is Role.DIRECTOR else ""))

    def browser_for(self, account: int) -> Browser:
        """Signed in whole: both proofs were given."""
        browser = self.browser()
        token = self.services.sessions.open(account, is_strong=True)
        browser.client.set_cookie("preau-city-8090", token, domain="localhost")
        browser.get("/account")
        return browser


@pytest.fixture
def config(tmp_path: Path, city_url: str) -> Config:
    return Config(tmp_path / "data", http_port=8090, database_url=city_url, city="Ville d’essai")


@contextmanager
def make_site(config: Config) -> Iterator[Site]:
    config.data_path.mkdir(exist_ok=True)
    with opened_city(config.database_url, config.data_path):
        clock = HandClock()
        services = build_services(config, clock)
        quick = SignIn(clock, Passwords(memory_kib=64, passes=1), services.attempts, services.accounts)
        services = replace(services, sign_in=quick)
        for uai, name in ((OWN, "École Jean-Moulin"), (OTHER, "École des Lilas")):
            School.insert(uai=uai, name=name, created_at=clock.now()).execute()
        yield Site(create_app(services), services, clock)


@pytest.fixture
def site(config: Config) -> Iterator[Site]:
    with make_site(config) as site:
        yield site
