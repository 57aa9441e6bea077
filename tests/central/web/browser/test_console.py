"""The console in Chromium, on a real server with two workers: first steps, passkey, every page read by axe.

And orders from end to end, by the keyboard alone: asked for, signed by the officer's passkey or by the key that is kept
offline and a second person, believed by a real box over the real line; or canceled.
"""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from appliance.store.city_models import Instruction
from appliance.store.models import Device
from tests.services.school import add_device
from tests.support.central import HOST, Central, running_central
from tests.support.chromium import (
    DESK,
    PHONE,
    WALL,
    Desk,
    Size,
    axe_findings,
    press,
    quiet_desk,
    running_chromium,
)
from tests.uplink.hand_box import HandBox, asked

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
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
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


@dataclass
class OrderedSchool:
    """A box of a school in this city, and two of its devices."""

    box: HandBox
    revoked: str
    wiped: str

    def hears(self) -> None:
        """Two minutes of its day: it asks, believes or not, acts, and tells."""
        for _ in range(2):
            self.box.turn(1.0)
            while self.box.services.instructions.step():
                pass
        self.box.turn(1.0)


@pytest.fixture(scope="module")
def school(city: Central, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrderedSchool]:
    uai = city.new_school(2, "École des Ordres")
    with HandBox(tmp_path_factory.mktemp("box"), f"{HOST}:{city.uplink_port}").opened() as box:
        school = OrderedSchool(box.listen(), add_device(1), add_device(2))
        box.join(city, uai)
        box.until(lambda: len(asked(city, "SELECT id FROM device WHERE school_id = ?", uai)) == 2)
        yield school


@pytest.fixture(scope="module")
def vault(admin: Page, city: Central, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The officer's passkey and a key that is kept offline are in the ring; that key's file."""
    folder = tmp_path_factory.mktemp("vault")
    made = city.done("operator-key", "--out", str(folder / "vault.key"), "--json")
    public = json.loads(made)["public"]
    city.done("key-add", "--public", public, "--holder", "coffre", "--class", "destructive")
    look(admin, DESK)
    admin.goto("/orders/keys")
    press(admin, admin.locator("form[action='/orders/keys/passkey'] button"))
    expect(admin.locator(".banner-good")).to_be_visible()
    assert axe_findings(admin) == []
    with admin.expect_download() as download:
        press(admin, admin.locator("a[download]"))
    ring = folder / "ring.json"
    download.value.save_as(ring)
    city.done("ring-sign", "--root", str(city.data_path.parent / "root.key"), "--yes", str(ring))
    upload(admin, folder / "ring.json.signe")
    assert axe_findings(admin) == []
    return folder / "vault.key"


@pytest.fixture(scope="module")
def second(desk: Desk, city: Central) -> Page:
    """Somebody else of the city's IT, who reads English, on a telephone in the dark."""
    page = with_authenticator(desk.open(LOOKS[1]))
    page.goto(invite(city, "lenoir", "technician"))
    press(page, page.locator("[data-passkey-button]"))
    expect(page.locator(".site-nav")).to_be_attached()
    page.locator("form[action='/language'] button").evaluate("button => button.form.submit()")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    return page


def upload(page: Page, file: Path) -> None:
    """The system's own window to choose a file is not a page's."""
    page.locator("input[type=file]").set_input_files(file)
    press(page, page.locator("form:has(input[type=file]) button"))
    expect(page.locator(".banner-good")).to_be_visible()


def order(page: Page, device: str, kind: str) -> str:
    """From the device's page, by the keyboard; the order's address."""
    page.goto(f"/devices/{device}")
    press(page, page.locator("details.unfold-danger summary"))
    press(page, page.locator(f"form:has(input[value={kind}]) button"))
    page.wait_for_url("**/orders/*")
    return page.url


def test_an_officer_s_passkey_signs_an_order_and_the_box_believes_it(
    admin: Page, school: OrderedSchool, vault: Path
) -> None:
    assert vault.exists()
    address = order(admin, school.revoked, "revoke")
    assert axe_findings(admin) == []
    school.hears()
    assert Device.get_by_id(school.revoked).status == "active", "nothing leaves unsigned"
    press(admin, admin.locator("[data-passkey-button]"))
    expect(admin.locator("#sign")).to_have_count(0)
    school.hears()
    assert Device.get_by_id(school.revoked).status == "removed"
    admin.goto(address)
    expect(admin.locator("#instructions tbody .badge")).to_have_text("fait")
    assert axe_findings(admin) == []


def test_what_erases_is_signed_offline_and_confirmed_by_a_second_person_then_called_back(
    admin: Page, second: Page, city: Central, school: OrderedSchool, vault: Path
) -> None:
    address = order(admin, school.wiped, "wipe")
    with admin.expect_download() as download:
        press(admin, admin.locator("a[download]"))
    file = vault.with_name("ordre.json")
    download.value.save_as(file)
    city.done("sign", "--key", str(vault), "--yes", str(file))
    upload(admin, vault.with_name("ordre.json.signe"))
    expect(admin.locator("form[action$='/confirm']")).to_have_count(0)  # not by who has asked for it
    assert axe_findings(admin) == []
    school.hears()
    assert not Instruction.select().where(Instruction.kind == "wipe").exists(), "one person is not enough"
    second.goto(address)
    assert axe_findings(second) == []
    press(second, second.locator("form[action$='/confirm'] button"))
    expect(second.locator(".banner-good")).to_be_visible()
    school.hears()
    assert state_of("wipe") == ("received", "device_away"), "believed; the tablet is in a drawer"
    press(second, second.locator("form[action$='/cancel'] button"))
    expect(second.locator(".banner-good")).to_be_visible()
    school.hears()
    assert state_of("wipe")[0] == "canceled"
    for path in ("/orders", "/orders?open=1", address):
        second.goto(path)
        assert axe_findings(second) == [], path


def state_of(kind: str) -> tuple[str, str]:
    row = Instruction.get(Instruction.kind == kind)
    return row.state, row.refusal or row.detail


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
