"""Administration's pages, all of them: who may, that each one comes, and what the first one says."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from appliance.services.people import Person
from appliance.store.models import Dropped, Inventory
from tests.services.school import add_device
from tests.web.conftest import Browser, Site


@pytest.fixture
def browser(site: Site, director: Person) -> Browser:
    browser = site.browser()
    assert browser.sign_in("martin").status_code == 303
    browser.get("/admin")
    return browser


@pytest.fixture
def filled(site: Site, director: Person) -> str:
    """A school with one of everything; a device's id."""
    actor = director.actor
    cart = site.services.carts.add("Classe <A>", actor)
    classroom = site.services.rosters.add("CE2 B", actor, "CE2")
    pupil = site.services.rosters.add_pupil(classroom.id, "Léa", "Martin", actor)
    device_id = add_device(4, cart.id, model="SM-X200", serial="R52<b>")
    site.services.rosters.assign(pupil.id, device_id, actor)
    Dropped.create(
        device_id=device_id, reason="too_large", day="2026-11-23", count=3, last_at=site.clock.at, force_insert=True
    )
    Inventory.create(
        device=device_id,
        document={
            "serial": "R52",
            "packages": [{"name": "org.kde.gcompris", "version_code": 1, "version_name": "4<i>"}],
        },
        received_at=site.clock.at,
        force_insert=True,
    )
    site.services.tokens.new(actor, 3, timedelta(days=1), cart.id)
    site.services.backups.create(actor)
    return device_id


def admin_pages(app: Flask, device_id: str) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin") and "GET" in (rule.methods or set()) and "<name>" not in rule.rule:
            yield rule.rule.replace("<int:classroom_id>", "1").replace("<device_id>", device_id)


def test_each_page_comes_filled_and_escapes_names(site: Site, browser: Browser, filled: str) -> None:
    pages = list(admin_pages(site.app, filled))
    assert len(pages) > 12
    for path in pages:
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        if path.endswith(".csv"):
            continue
        for raw in ("<A>", "<b>", "<i>"):
            assert raw not in answer.text, (path, raw)


def test_each_page_comes_in_english_and_when_the_school_is_empty(site: Site, browser: Browser) -> None:
    for path in admin_pages(site.app, "d-none"):
        expected = 404 if "d-none" in path or path.endswith("/classrooms/1") else 200
        assert browser.get(path).status_code == expected, path


def test_no_page_of_administration_opens_for_teachers_or_strangers(site: Site, teacher: Person, filled: str) -> None:
    signed_in = site.browser()
    signed_in.sign_in("durand")
    for path in admin_pages(site.app, filled):
        assert signed_in.get(path).status_code == 403, path
        assert site.browser().get(path).status_code == 303, path
