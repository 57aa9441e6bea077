import html
import json
import re

import pytest

from appliance.domain.agents import AgentMemory, Alarm
from appliance.domain.webview_kiosk_setup import APK_ADDRESS, SIGNATURE
from appliance.services.agent_links import write_memory
from appliance.services.people import Person
from appliance.store.models import AgentLink, Device, database
from tests.services.school import add_device
from tests.web.admin.conftest import banners
from tests.web.conftest import Browser, Site

ADDRESS = "http://boitier.ecole.fr:8080"


def prepare(browser: Browser, **form: str) -> str:
    """The sheet's page."""
    answer = browser.post("/admin/agents", profile="owner", **form)
    assert answer.status_code == 200, answer.location
    return answer.text


def settings_of(page: str) -> dict[str, object]:
    found = re.search(r"<textarea[^>]*data-copy-source[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    read: dict[str, object] = json.loads(html.unescape(found[1]))
    return read


def code_of(page: str) -> str:
    found = re.search(r"/kiosk/([a-z0-9]{8})\b", page)
    assert found is not None
    return found[1]


def test_the_door_is_shut_and_its_risk_stands_beside_the_switch(site: Site, browser: Browser) -> None:
    page = browser.get("/admin/agents").text
    assert not site.services.agent_links.is_enabled()
    assert "fermée" in page
    assert page.index("Ce que vous risquez") < page.index('name="open" value="1"')
    for word in ("en clair", "écoute le réseau", "lui donner des ordres", "Wi-Fi pour les tablettes seules"):
        assert word in page.replace("\u202f", " ").replace("\xa0", " "), word


def test_the_door_opens_and_shuts(site: Site, browser: Browser) -> None:
    browser.post("/admin/agents/door", open="1")
    assert site.services.agent_links.is_enabled()
    assert "1884" in browser.get("/admin/agents").text
    browser.post("/admin/agents/door", open="0")
    assert not site.services.agent_links.is_enabled()


def test_one_page_has_all_that_a_tablet_needs_and_is_shown_once(site: Site, browser: Browser) -> None:
    answer = browser.client.post(
        "/admin/agents", data={"csrf_token": browser.token, "profile": "owner", "wifi": "École", "wifi_password": "clé"}
    )
    page, settings = answer.text, settings_of(answer.text)
    link = AgentLink.get()
    assert answer.headers["Cache-Control"] == "no-store"
    assert settings["mqtt.connection.username"] == link.username
    assert settings["mqtt.connection.server_port"] == 1884
    assert str(settings["web_content.home_url"]).startswith("http://localhost/t/")
    assert link.exit_code in page
    assert "<svg" in page and "style=" not in page
    for check in ("connected", "answered", "owner", "may_lock", "locked", "page"):
        assert f'data-check="{check}"' in page
    for secret in (str(settings["mqtt.connection.password"]), "clé"):
        for path in ("/admin/agents", f"/admin/agents/{link.device_id}", "/admin/journal"):
            assert secret not in browser.get(path).text
    assert "clé" not in page, "the Wi-Fi's password is in the drawing only"


def test_the_tablet_copies_its_settings_without_signing_in(site: Site, browser: Browser) -> None:
    page = prepare(browser)
    tablet = site.browser("192.168.10.77")
    shown = tablet.get(f"/kiosk/{code_of(page)}")
    assert settings_of(shown.text) == settings_of(page)
    file = tablet.get(f"/kiosk/{code_of(page)}/settings.json")
    assert json.loads(file.text) == settings_of(page)
    assert "attachment" in file.headers["Content-Disposition"]


def test_a_wrong_code_shows_nothing_and_cannot_be_guessed_fast(site: Site, browser: Browser) -> None:
    code = code_of(prepare(browser))
    stranger = site.browser("192.168.10.66")
    answers = [stranger.get(f"/kiosk/aaaaaa{number:02d}").status_code for number in range(31)]
    assert answers[:30] == [404] * 30
    assert answers[30] == 429
    assert stranger.get(f"/kiosk/{code}").status_code == 429
    assert site.browser("192.168.10.77").get(f"/kiosk/{code}").status_code == 200


def test_under_another_owner_the_keys_to_manage_are_shown_and_no_android_code(site: Site, browser: Browser) -> None:
    page = browser.post("/admin/agents", profile="managed").text
    assert settings_of(page)["web_lifecycle.lock_on_launch"] is False
    assert "managedConfig" in page
    assert SIGNATURE not in page and '<svg class="qr"' not in page
    assert 'data-check="owner"' not in page


def test_a_known_tablet_can_be_chosen(site: Site, browser: Browser) -> None:
    device_id = add_device(4)
    assert f'value="{device_id}"' in browser.get("/admin/agents").text
    assert "Tablette 04" in prepare(browser, device=device_id)
    assert Device.select().count() == 1


def test_new_secrets_on_demand(site: Site, browser: Browser) -> None:
    first = settings_of(prepare(browser))
    device_id = AgentLink.get().device_id
    second = settings_of(browser.post(f"/admin/agents/{device_id}/renew").text)
    assert first["mqtt.connection.username"] == second["mqtt.connection.username"]
    assert first["mqtt.connection.password"] != second["mqtt.connection.password"]


def test_a_tablet_s_page_says_what_is_wrong_and_what_to_do(site: Site, browser: Browser) -> None:
    prepare(browser)
    device_id = AgentLink.get().device_id
    with database.atomic():
        write_memory(device_id, AgentMemory(alarms=frozenset({Alarm.NOT_OWNER, Alarm.REINSTALLED}), is_owner=False))
    page = browser.get(f"/admin/agents/{device_id}").text
    assert "ne possède pas cette tablette" in page
    browser.post(f"/admin/agents/{device_id}/accept")
    assert "réinstallée" not in browser.get(f"/admin/agents/{device_id}").text.split("<main")[1].split("facts")[0]
    checks = browser.get(f"/admin/agents/{device_id}/checks").json
    assert checks is not None
    assert {one["name"]: one["state"] for one in checks["checks"]}["owner"] == "wrong"


def test_a_new_password_can_be_given_from_afar(site: Site, browser: Browser) -> None:
    prepare(browser)
    device_id = AgentLink.get().device_id
    browser.post(f"/admin/agents/{device_id}/rotate")
    assert "dès que la tablette répond" in browser.get(f"/admin/agents/{device_id}").text


def test_a_tablet_leaves_the_kiosk(site: Site, browser: Browser) -> None:
    prepare(browser)
    device_id = AgentLink.get().device_id
    browser.post(f"/admin/agents/{device_id}/unlink")
    assert AgentLink.select().count() == 0
    assert browser.get(f"/admin/agents/{device_id}").status_code == 404
    assert browser.get(f"/admin/agents/{device_id}/checks").status_code == 404


@pytest.mark.parametrize("path", ["/admin/agents", "/admin/agents/x", "/admin/agents/x/checks"])
def test_only_an_administrator_sees_this(site: Site, teacher: Person, path: str) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    assert browser.get(path).status_code == 403


def test_what_cannot_be_done_is_said(site: Site, browser: Browser) -> None:
    assert browser.post("/admin/agents", profile="owner", cart="99").location == "/admin/agents"
    assert "n’existe pas" in banners(browser, "/admin/agents")


def test_the_app_s_licence_and_source_are_told(site: Site, browser: Browser) -> None:
    page = browser.get("/admin/agents").text
    assert "AGPL-3.0" in page
    assert "https://github.com/nktnet1/webview-kiosk" in page
    assert APK_ADDRESS in page
