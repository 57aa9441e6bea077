"""Numbers that no store holds and days that no calendar has are answered in words, never by a traceback."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from appliance.services.people import Person
from tests.web.conftest import Browser, Site

HUGE = ("9223372036854775808", "99999999999999999999999", "9" * 5000)


@pytest.fixture
def browser(site: Site, director: Person) -> Browser:
    browser = site.browser()
    browser.sign_in("martin")
    browser.get("/account")
    return browser


def numbered(app: Flask) -> list[tuple[Rule, str]]:
    """Every route whose address holds a number, with a method that it takes."""
    rules = [rule for rule in app.url_map.iter_rules() if "<int" in rule.rule]
    return [(rule, sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})[0]) for rule in rules]


@pytest.mark.parametrize("number", HUGE)
def test_no_route_with_a_number_fails_on_one_that_no_store_holds(site: Site, browser: Browser, number: str) -> None:
    assert len(numbered(site.app)) > 10
    headers = {"X-CSRFToken": browser.token}
    for rule, method in numbered(site.app):
        path = "/".join(number if part.startswith("<int") else part for part in rule.rule.split("/"))
        assert browser.client.open(path, method=method, headers=headers).status_code == 404, path


@pytest.mark.parametrize("number", HUGE)
def test_a_lesson_with_a_cart_or_class_that_cannot_be_is_refused_in_the_form(browser: Browser, number: str) -> None:
    for form in ({"source": f"cart:{number}"}, {"source": f"classroom:{number}"}, {"classroom": number}):
        assert browser.post("/lessons", **{"minutes": "45", **form}).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01",
        "to=0001-01-01",
        "from=9999-12-31",
        "to=9999-12-31",
        "before=" + "9" * 30,
        "from=" + "9" * 5000,
    ],
)
def test_the_journal_takes_any_day_that_somebody_types(browser: Browser, query: str) -> None:
    for page in ("journal", "journal.csv"):
        assert browser.get(f"/admin/{page}?{query}").status_code == 200


def test_a_link_cannot_be_made_for_longer_than_there_is_time(browser: Browser) -> None:
    answer = browser.post("/admin/links", uses="30", hours="999999999")
    assert answer.status_code < 500
    assert browser.post("/admin/links", uses="999999999", hours="1").status_code < 500
