"""The desk in Chromium over a seeded city: axe on every page, both languages, light and dark, keyboard, phone."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from central.bootstrap import build_services, open_databases
from central.config import Config
from central.domain.roles import CONSOLE, Role
from central.services.accounts import NewAccount
from central.services.school_users import NewUser
from central.store.desk_models import LiveView
from central.store.models import database
from central.web.app import create_app
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
    tab_to,
)
from tests.support.ports import free_port
from tests.support.seeded_city import HOSTILE, CitySize, seed_city, uai_of
from tests.support.store import HandClock

_PAGES = (
    "/fleet", f"/schools/{uai_of(2)}", f"/schools/{uai_of(9)}", "/schools/new", f"/schools/{uai_of(1)}/settings",
    "/devices", "/devices/d-00011-003", "/devices/d-00004-017", "/inventory/new", "/inventory/import", "/alerts",
    "/alerts/recipients", "/statistics", "/parked", "/settings", "/settings/scope/city",
    f"/settings/scope/school:{uai_of(2)}", "/settings/staff", "/settings/staff/1",
    "/settings/alerts", "/settings/mail", "/orders", "/orders/keys", f"/devices?school={uai_of(2)}",
)  # fmt: skip
_LOOKS = (DESK, Size(360, 780, dark=True, finger=True, language="en-GB"))


class _Quiet(WSGIRequestHandler):
    def log(self, *_words: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The console's address, and the secret of an administrator's session."""
    port = free_port()
    config = Config(tmp_path_factory.mktemp("desk"), http_port=port, city="Ville d’essai")
    open_databases(config)
    database.connect(reuse_if_open=True)
    clock = HandClock()
    services = build_services(config, clock)
    seed_city(clock.now(), CitySize(schools=24, devices=20))
    services.desk.alert_step.look(clock.now())
    wished = {"quiet_hours": [{"days": [1, 2], "begins": "08:15", "ends": "08:45"}], "retention_days": {"usage": 31}}
    services.configurations.change(CONSOLE, "city", wished)
    services.school_users.add(CONSOLE, NewUser("remplacant", "R. Plaçant", "teacher", "city"))
    account = services.accounts.add(CONSOLE, NewAccount("claire", "Claire", Role.ADMINISTRATOR))
    token = services.sessions.open(account, is_strong=True)
    database.close()
    server = make_server("127.0.0.1", port, create_app(services), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{port}", token
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def desk(chromium: Browser, address: tuple[str, str]) -> Iterator[Desk]:
    with quiet_desk(chromium, address[0]) as desk:
        yield desk


def opened(desk: Desk, address: tuple[str, str], size: Size) -> Page:
    page = desk.open(size)
    url, token = address
    name = f"preau-city-{url.rpartition(':')[2]}"
    page.context.add_cookies([{"name": name, "value": token, "url": url}])
    page.goto("/account")
    wanted = page.locator(f'form[action="/language"] button[lang="{size.language[:2]}"]')
    if wanted.count():  # the language is the account's
        wanted.evaluate("button => button.form.submit()")
        expect(page.locator("html")).to_have_attribute("lang", size.language[:2])
    return page


@pytest.mark.parametrize("size", _LOOKS, ids=["desk", "phone in the dark, in English"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    desk: Desk, address: tuple[str, str], size: Size
) -> None:
    page = opened(desk, address, size)
    found = {}
    for path in _PAGES:
        page.goto(path)
        found[path] = axe_findings(page)
    assert {path: one for path, one in found.items() if one} == {}


def test_the_board_shows_the_whole_morning_without_scrolling(desk: Desk, address: tuple[str, str]) -> None:
    page = opened(desk, address, WALL)
    page.goto("/fleet")
    last = page.locator(".troubles > li").last.bounding_box()
    assert last is not None and last["y"] + last["height"] < WALL.height


def test_every_page_of_an_administrator_is_named_on_one_line_of_a_laptop(desk: Desk, address: tuple[str, str]) -> None:
    page = opened(desk, address, DESK)
    page.goto("/fleet")
    tops = page.locator(".site-nav a, .site-tools .button:visible").evaluate_all(
        "all => all.map(one => Math.round(one.getBoundingClientRect().top + one.getBoundingClientRect().height / 2))"
    )
    assert len(tops) >= 11
    assert max(tops) - min(tops) <= 4


def test_a_list_is_sorted_with_the_keyboard_alone(desk: Desk, address: tuple[str, str]) -> None:
    page = opened(desk, address, DESK)
    page.goto("/fleet")
    page.locator("thead a.sort", has_text="École").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("École")
    names = page.locator("tbody th a").all_inner_texts()
    assert names == sorted(names)


def test_devices_are_chosen_with_the_keyboard_and_an_order_goes_out(desk: Desk, address: tuple[str, str]) -> None:
    page = opened(desk, address, DESK)
    page.goto(f"/devices?school={uai_of(20)}")
    expect(page.locator(".selection button").first).to_have_attribute("aria-disabled", "true")
    boxes = page.locator("tbody input[type=checkbox]")
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-pick-count]")).to_have_text("4 appareils choisis")
    page.locator(".selection button[value=identify]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".banner-good")).to_be_visible()


def test_the_live_view_waits_aloud_until_a_picture_comes(desk: Desk, address: tuple[str, str]) -> None:
    page = opened(desk, address, PHONE)
    page.goto(f"/schools/{uai_of(20)}")
    page.locator("[data-live-start]").click()
    expect(page.locator("[data-live-text]")).to_contain_text("prévenu")
    picture = {"devices": [{"id": "d", "name": HOSTILE, "online": True, "in_lesson": False, "battery": 40}]}
    LiveView.insert(school=uai_of(20), at=HandClock().now(), picture=picture).execute()
    expect(page.locator("[data-live-grid] strong")).to_have_text(HOSTILE)


def typed(page: Page, **fields: str) -> None:
    for name, text in fields.items():
        tab_to(page, page.locator(f"[name={name}]"))
        page.keyboard.press("Control+A")
        page.keyboard.type(text)


def test_the_console_itself_is_set_with_the_keyboard_alone(desk: Desk, address: tuple[str, str]) -> None:
    """A mail server over nothing that protects a password, then over TLS; a holiday; somebody who is told."""
    page = opened(desk, address, DESK)
    desk.witness.forgive("status of 422")
    page.goto("/settings")
    press(page, page.locator("a[href='/settings/mail']"))
    typed(page, host="smtp.ville.example", security="aucune", sender="preau@ville.example", login="preau")
    typed(page, password="un mot secret")
    page.keyboard.press("Enter")
    expect(page.locator("#security-error")).to_be_visible()
    assert axe_findings(page) == []
    typed(page, security="TLS", password="un mot secret")
    page.keyboard.press("Enter")
    expect(page.locator(".banner-good")).to_be_visible()
    assert axe_findings(page) == []
    page.goto("/settings/alerts")
    typed(page, **{"name-0": "Hiver", "first-0": "02022027", "last-0": "03032027"})
    page.keyboard.press("Enter")
    expect(page.locator("[name=first-0]")).to_have_value("2027-02-02")
    expect(page.locator(".banner-good")).to_be_visible()
    page.goto("/alerts/recipients")
    typed(page, address="nuit@ville.example")
    press(page, page.locator("[name=kinds][value=fenced]"), "Space")
    press(page, page.locator("form:has(#address) .button-primary"))
    expect(page.locator(".recipient")).to_contain_text("Deux boîtiers")
    assert axe_findings(page) == []
