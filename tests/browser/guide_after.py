"""The guide's steps after the first lesson: a device that forgot who it is, and a tablet that a kiosk holds."""

import json

from playwright.sync_api import expect

from simulator.webview_kiosk.agent import Start
from simulator.webview_kiosk.fleet import InBackground
from simulator.webview_kiosk.settings import Settings
from tests.browser.guide import School, step
from tests.browser.pages import TABLET


@step("Faire revenir un appareil qui a tout oublié")
def bring_back(school: School) -> None:
    page, reader, lost = school.director, school.reader, school.tablets[0]
    before = lost.identity
    lost.page.evaluate("localStorage.clear()")
    lost.page.goto("/pupil")
    page.goto("/")
    reader.open(page, "Administration")
    reader.open(page.locator(".admin-nav"), "Appareils")
    page.get_by_role("link", name=before["name"]).click()
    reader.see(page, "Redonner sa place à cet appareil")
    reader.press(page, "Faire un code")
    address = page.locator(".return-address").inner_text()
    lost.page.goto(f"http://{address}" if "://" not in address else address)
    lost.page.locator("#code").fill(page.locator(".return-digits").inner_text())
    reader.press(lost.page, "Entrer")
    lost.arrive()
    assert (lost.id, lost.identity["name"]) == (before["id"], before["name"])


@step("Variante : une tablette tenue en kiosque")
def hold_in_kiosk(school: School) -> None:
    """The tablet is the fake agent, with a real page inside: Android's own steps are the sheet's, not ours to try."""
    page, reader = school.director, school.reader
    page.goto("/")
    reader.open(page, "Administration")
    reader.open(page.locator(".admin-nav"), "Tablettes kiosque")
    reader.press(page, "J’ai compris, ouvrir la porte")
    reader.press(page, "Préparer cette tablette")
    told = json.loads(page.locator("#settings").input_value())
    kiosk = Settings(told | {"mqtt.connection.server_host": "127.0.0.1"})
    with InBackground([Start(kiosk)]):
        inside = school.desk.blank(TABLET)
        inside.page.goto(told["web_content.home_url"])
        inside.arrive()
        checks = page.locator("[data-check]")
        expect(checks.first).to_be_visible()
        expect(page.locator('[data-check][data-state="good"]')).to_have_count(checks.count())
