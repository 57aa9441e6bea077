"""Administration's pages, all of them: who may, that each one comes, and what the first one says."""

import re
from collections.abc import Iterator

from flask import Flask

from appliance.services.people import Person
from tests.web.conftest import Browser, Site, remembered, signed_out


def admin_pages(app: Flask, device_id: str) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        is_of_one = "<name>" in rule.rule or "<int:number>" in rule.rule
        if rule.rule.startswith("/admin") and "GET" in (rule.methods or set()) and not is_of_one:
            yield rule.rule.replace("<int:classroom_id>", "1").replace("<device_id>", device_id)


def test_each_page_comes_filled_and_escapes_names(site: Site, browser: Browser, filled: str) -> None:
    pages = list(admin_pages(site.app, filled))
    assert len(pages) > 12
    for path in pages:
        answer = browser.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        if path.endswith(".csv"):
            continue
        ids = re.findall(r'\sid="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids)), (path, "an id stands twice")
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


def test_the_first_page_says_what_is_wrong_before_all_else(site: Site, browser: Browser) -> None:
    text = browser.get("/admin").text

    assert "Les tablettes ne peuvent pas se connecter" in text  # no broker runs in this test
    assert "Aucune sauvegarde" in text
    assert text.index("Les tablettes ne peuvent") < text.index("Aucune sauvegarde") < text.index("Pour commencer")


def test_health_tells_what_is_good_too(site: Site, browser: Browser) -> None:
    text = browser.get("/admin/health").text

    assert "Les données sont intactes" in text
    assert text.index("Les tablettes ne peuvent") < text.index("Les données sont intactes")


def test_anybody_may_ask_for_one_word_and_gets_no_more(site: Site) -> None:
    answer = site.browser().get("/api/health")

    assert (answer.status_code, answer.json) == (503, {"state": "down"})


def test_a_sign_in_by_pin_is_not_enough_for_administration(site: Site, director: Person) -> None:
    browser = remembered(site, login="martin")
    assert browser.get("/admin").status_code == 200
    signed_out(browser)
    assert browser.post("/sign-in", login="martin", pin="4951").status_code == 303

    assert "/confirm" in (browser.get("/admin").location or "")
