"""The console in Chromium, on a real server with two workers: first steps, passkey, every page read by axe."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.support.central import Central, running_central
from tests.support.chromium import DESK, PHONE, WALL, Desk, Size, axe_findings, quiet_desk, running_chromium

PASSWORD = "trois tortues vertes"
PAGES = ("/account", "/accounts", "/accounts/new", "/accounts/1", "/journal", "/journal/schools", "/about")
LOOKS = (DESK, Size(360, 780, dark=True, finger=True, language="en-GB"), WALL)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with running_central(tmp_path_factory.mktemp("console"), "--workers", "2") as city:
        city.new_school(1, 'École <b>"A"</b> & =1+1')
        yield city


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(chromium: Browser, city: Central) -> Iterator[Desk]:
    with quiet_desk(chromium, city.console_url) as desk:
        yield desk


def with_authenticator(page: Page) -> Page:
    """A finger that is always the right one, over the DevTools protocol."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def invite(city: Central, login: str, role: str = "admin") -> str:
    return city.done("accounts", "add", login, "--role", role, "--name", login.title()).splitlines()[-1]


@pytest.fixture(scope="module")
def admin(desk: Desk, city: Central) -> Page:
    """Invited from the command line; entered with a passkey, without a password."""
    page = with_authenticator(desk.open())
    page.goto(invite(city, "durand"))
    assert axe_findings(page) == []
    page.locator("[data-passkey-button]").click()
    expect(page.locator(".site-nav")).to_be_visible()
    return page


def look(page: Page, size: Size) -> None:
    page.set_viewport_size({"width": size.width, "height": size.height})
    page.emulate_media(color_scheme="dark" if size.dark else "light")


@pytest.mark.parametrize("size", LOOKS)
def test_every_page_of_the_shell_is_readable_by_all(admin: Page, size: Size) -> None:
    look(admin, size)
    for path in PAGES:
        admin.goto(path)
        assert axe_findings(admin) == [], path


def test_a_passkey_enters_again_without_a_login(admin: Page) -> None:
    look(admin, DESK)
    admin.goto("/account")
    admin.locator(".site-tools form[action='/sign-out'] button").click()
    expect(admin.locator("[data-passkey-button]")).to_be_visible()
    assert axe_findings(admin) == []
    admin.locator("[data-passkey-button]").click()
    expect(admin.locator(".site-nav")).to_be_visible()


def test_a_technician_sets_up_a_telephone_and_sees_the_codes_once(desk: Desk, city: Central) -> None:
    page = desk.open(PHONE)
    desk.witness.forgive("status of 422")
    page.goto(invite(city, "petit", "technician"))
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) .button").click()
    expect(page.locator("#by-phone")).to_be_visible()
    assert axe_findings(page) == []
    page.locator("form[action='/account/totp/new'] button").click()
    expect(page.locator(".qr-frame svg")).to_be_visible()
    assert axe_findings(page) == []
    page.locator("#code").fill("000000")
    page.locator("form:has(#code) .button").click()
    expect(page.locator("#code-error")).to_be_visible()
    assert axe_findings(page) == []


def test_a_hostile_name_is_text_in_pages(admin: Page, city: Central) -> None:
    city.done("accounts", "add", "pirate", "--role", "erun", "--name", "<img src=x onerror=alert(1)>")
    admin.goto("/accounts")
    expect(admin.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    admin.goto("/accounts/new")
    expect(admin.locator("#school")).to_contain_text('École <b>"A"</b> & =1+1')


def test_a_thousand_wrong_passwords_are_refused_by_both_workers_together(city: Central) -> None:
    """Ten are looked at, whoever answers; the account's own passkey opens all the same (above)."""
    counts: dict[int, int] = {}
    lock = threading.Lock()

    def guess(times: int) -> None:
        browser = requests.Session()
        token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get(f"{city.console_url}/sign-in").text)
        assert token is not None
        for number in range(times):
            form = {"csrf_token": token[1], "login": "durand", "password": f"mauvais mot {number}"}
            status = browser.post(f"{city.console_url}/sign-in", data=form, timeout=30).status_code
            with lock:
                counts[status] = counts.get(status, 0) + 1

    threads = [threading.Thread(target=guess, args=(250,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert counts == {401: 10, 429: 990}


def test_health_measures_work_done(city: Central) -> None:
    answer = requests.get(f"http://127.0.0.1:{city.http_port}/health", timeout=10)
    assert answer.json()["status"] == "ok"
    assert answer.json()["database_ms"] >= 0
    assert Path(city.data_path / "city.db").exists()
