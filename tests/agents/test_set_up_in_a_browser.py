"""One kiosk tablet, from the switch to the lesson: an administrator's browser, the tablet's, and the agent beside it.

By name, on plain http: no secure context, so no clipboard API, as in a school.
"""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from simulator.webview_kiosk.agent import Agent
from tests.agents.plant import OUTSIDE, Kiosk, Plant
from tests.support.chromium import Desk, Size, axe_findings, quiet_desk, running_chromium

pytestmark = pytest.mark.timeout(240)
NAME = "preau.local"
TABLET = Size(800, 1280, finger=True)
PHONE_AT_NIGHT = Size(360, 780, finger=True, dark=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium(f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def desk(chromium: Browser, plant: Plant) -> Iterator[Desk]:
    with quiet_desk(chromium, f"http://{NAME}:{plant.box.http_port}") as desk:
        desk.witness.forgive("Cross-Origin-Opener-Policy")  # what the browser says of every plain page with a name
        yield desk


def prepare(page: Page) -> tuple[str, str]:
    """From the list to the sheet of a new tablet: the address to type there, and its id."""
    page.goto("/admin/agents")
    page.get_by_role("button", name="Préparer cette tablette").click()
    expect(page.get_by_role("heading", name="À faire sur la tablette")).to_be_visible()
    link = page.locator("code.typed").inner_text()
    return link, str(page.locator("[data-checks]").get_attribute("data-checks")).split("/")[3]


def copied(page: Page) -> str:
    """What a person would paste after the touch."""
    page.get_by_role("button", name="Copier les réglages").click()
    expect(page.locator("[data-copy-status]")).to_have_text("Copié")
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'paste'}))")
    page.locator("#paste").focus()
    page.keyboard.press("Control+V")
    return page.locator("#paste").input_value()


def started(plant: Plant, text: str) -> Agent:
    """Imported on the tablet; `preau.local` is this machine there, too."""
    return plant.start({**json.loads(text), "mqtt.connection.server_host": "127.0.0.1"})


def must_be_good(page: Page, *names: str) -> None:
    for name in names:
        expect(page.locator(f'[data-check="{name}"]')).to_have_attribute("data-state", "good")


def test_the_sheet_leads_from_nothing_to_a_tablet_that_is_locked_on_its_page(plant: Plant, desk: Desk) -> None:
    sheet = desk.open(client=plant.head)
    link, device_id = prepare(sheet)
    assert sheet.evaluate("isSecureContext") is False
    expect(sheet.locator('[data-check="connected"]')).to_have_attribute("data-state", "waiting")

    tablet = desk.open(TABLET)
    tablet.goto(link)
    settings = copied(tablet)
    agent = started(plant, settings)
    must_be_good(sheet, "door", "connected", "answered", "owner", "may_lock", "locked")

    tablet.goto(json.loads(settings)["web_content.home_url"])
    must_be_good(sheet, "page")
    devices = plant.head.get("/admin/devices.csv").text
    assert devices.count(device_id) == 1
    plant.stop(Kiosk(device_id, json.loads(settings), agent))


def test_two_channels_are_one_tile_and_each_gesture_takes_the_better_one(plant: Plant, desk: Desk) -> None:
    link, device_id = prepare(desk.open(client=plant.head))
    tablet = desk.open(TABLET)
    tablet.goto(link)
    settings = json.loads(copied(tablet))
    kiosk = Kiosk(device_id, settings, started(plant, json.dumps(settings)))
    plant.wait_for_presence(kiosk, "ready")
    tablet.goto(settings["web_content.home_url"])
    watching = desk.open(client=plant.head)
    watching.goto(f"/admin/agents/{device_id}")
    must_be_good(watching, "page")

    with plant.lesson(kiosk) as lesson:
        assert len(plant.teacher.board(lesson)["tiles"]) == 1
        receipt = plant.wait_for_receipt(kiosk, plant.gesture(lesson, "message", text="Bonjour"), "succeeded")
        assert (receipt.channel, receipt.evidence) == ("own", "confirmed"), "the page shows it and says so"
        desk.witness.forgive("WebSocket")
        tablet.close()
        expect(watching.locator('[data-check="page"]')).to_have_attribute("data-state", "waiting")
        receipt = plant.wait_for_receipt(kiosk, plant.gesture(lesson, "open_link", url=OUTSIDE), "succeeded")
        assert (receipt.channel, receipt.evidence) == ("agent", "observed"), "the agent goes there, and it is seen"
    plant.stop(kiosk)


@pytest.fixture
def reader(plant: Plant, size: Size) -> Iterator[None]:
    """The administrator reads this language for a while."""
    plant.head.post_form("/language", {"lang": size.language[:2]})
    yield
    plant.head.post_form("/language", {"lang": "fr"})


@pytest.mark.parametrize("size", [Size(), PHONE_AT_NIGHT, Size(language="en-GB")], ids=["desk", "night", "english"])
@pytest.mark.usefixtures("reader")
def test_every_page_of_it_can_be_read_by_everybody(plant: Plant, desk: Desk, size: Size) -> None:
    page = desk.open(size, client=plant.head)
    page.goto("/admin/agents")
    page.locator("details.unfold:has([name=wifi]) summary").click()
    assert axe_findings(page) == []
    page.locator("[name=wifi]").fill("École")
    page.locator("form[action='/admin/agents'] button").click()
    expect(page.locator(".setup-steps")).to_be_visible()
    assert axe_findings(page) == []
    link = page.locator("code.typed").inner_text()
    device_id = str(page.locator("[data-checks]").get_attribute("data-checks")).split("/")[3]
    page.goto(f"/admin/agents/{device_id}")
    for summary in page.locator("main details > summary").all():
        if summary.is_visible():
            summary.click()
    assert axe_findings(page) == []
    tablet = desk.open(size)
    for address in (link, f"{link[:-1]}-"):
        desk.witness.forgive("status of 404")
        tablet.goto(address)
        expect(tablet.locator("h1")).to_have_count(1)
        assert axe_findings(tablet) == [], address


def test_a_kiosk_that_opens_its_link_at_each_start_uses_nothing_up(plant: Plant, desk: Desk) -> None:
    link, device_id = prepare(desk.open(client=plant.head))
    tablet = desk.open(TABLET)
    tablet.goto(link)
    home = json.loads(copied(tablet))["web_content.home_url"]

    tablet.goto(home)
    expect(tablet).to_have_url(re.compile("/pupil$"))
    identity = tablet.evaluate("localStorage.getItem('preau.identity')")
    assert json.loads(identity)["id"] == device_id
    for _ in range(3):
        tablet.goto(home)
        expect(tablet).to_have_url(re.compile("/pupil$"))
    assert tablet.evaluate("localStorage.getItem('preau.identity')") == identity
    (used,) = plant.rows("SELECT used FROM enrollment_token WHERE device_id = ?", device_id)[0]
    assert used == 1

    tablet.evaluate("localStorage.clear()")
    tablet.goto(home)
    expect(tablet).to_have_url(re.compile("/pupil$"))
    assert json.loads(tablet.evaluate("localStorage.getItem('preau.identity')"))["id"] == device_id, "itself again"

    (token,) = plant.rows("SELECT id FROM enrollment_token WHERE device_id = ?", device_id)[0]
    plant.head.post_form(f"/admin/links/{token}/revoke", {})
    desk.witness.forgive("status of 404")
    tablet.goto(home)
    expect(tablet).to_have_url(re.compile("/pupil$"))
