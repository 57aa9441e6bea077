"""The administrator's browser, and a school with one of everything."""

import re
from datetime import timedelta

import pytest

from appliance.services.people import Person
from appliance.store.models import Dropped, Inventory
from tests.services.school import add_device
from tests.web.conftest import Browser, Site


@pytest.fixture
def browser(site: Site, director: Person) -> Browser:
    """Signed in as the administrator, with a form's token at hand."""
    browser = site.browser()
    assert browser.sign_in("martin").status_code == 303
    browser.get("/admin/carts")
    return browser


@pytest.fixture
def filled(site: Site, director: Person) -> str:
    """A school with one of everything, named so that forgotten escaping shows; a device's id."""
    actor = director.actor
    cart = site.services.carts.add("Classe <A>", actor)
    classroom = site.services.rosters.add("CE2 B", actor, "CE2")
    pupil = site.services.rosters.add_pupil(classroom.id, "Léa", "Martin", actor)
    device_id = add_device(4, cart.id, model="SM-X200", serial="R52<b>")
    site.services.rosters.assign(pupil.id, device_id, actor)
    Dropped.create(
        device_id=device_id, reason="too_large", day="2026-11-23", count=3, last_at=site.clock.at, force_insert=True
    )
    package = {"name": "org.kde.gcompris", "version_code": 1, "version_name": "4<i>"}
    inventory = {"serial": "R52", "packages": [package]}
    Inventory.create(device=device_id, document=inventory, received_at=site.clock.at, force_insert=True)
    site.services.agent_links.link(actor, device_id, "webview-kiosk", "owner")
    site.services.tokens.new(actor, 3, timedelta(days=1), cart.id)
    site.services.backups.create(actor)
    return device_id


def banners(browser: Browser, path: str) -> str:
    """What the page says on top after an act."""
    text = browser.get(path).text
    return " ".join(re.findall(r'class="banner-text">(.*?)</div>', text, re.DOTALL))
