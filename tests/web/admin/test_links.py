import re

import pytest

from appliance.services.people import Person
from tests.web.admin.conftest import banners
from tests.web.conftest import PASSWORD, Browser, Site


def test_the_sheet_shows_a_link_that_opens_the_enrollment_and_is_never_shown_again(
    site: Site, browser: Browser, director: Person
) -> None:
    cart = site.services.carts.add("Classe mobile A", director.actor)

    sheet = browser.post("/admin/links", cart=str(cart.id), uses="3", hours="24")

    found = re.search(r"http://localhost(/t/([\w-]+))", sheet.text)
    assert found is not None
    assert "<svg" in sheet.text and "style=" not in sheet.text
    assert "Classe mobile A" in sheet.text
    assert sheet.headers["Cache-Control"] == "no-store"
    assert site.services.enrollment.token_opens(found[2]).uses == 3
    assert found[2] not in browser.get("/admin/links").text


@pytest.mark.parametrize(
    ("address", "is_warned"), [("http://localhost", True), ("http://boitier.ecole.fr:8080", False)]
)
def test_at_the_box_itself_the_sheet_warns_that_tablets_cannot_follow(
    site: Site, director: Person, address: str, is_warned: bool
) -> None:
    browser = site.browser()
    browser.get("/sign-in", base_url=address)
    form = {"csrf_token": browser.token, "login": "martin", "password": PASSWORD}
    browser.client.post("/sign-in", data=form, base_url=address)
    browser.get("/admin/links", base_url=address)

    form = {"csrf_token": browser.token, "uses": "1", "hours": "1"}
    sheet = browser.client.post("/admin/links", data=form, base_url=address)

    assert f"{address}/t/" in sheet.text
    assert ("que sur le boîtier" in sheet.text) is is_warned


def test_limits_are_told(site: Site, browser: Browser) -> None:
    for form in ({"uses": "0", "hours": "1"}, {"uses": "99999", "hours": "1"}, {"uses": "x", "hours": "y"}):
        assert browser.post("/admin/links", **form).location == "/admin/links"
        assert "entre" in banners(browser, "/admin/links")
    assert site.services.tokens.listed() == []


def test_a_revoked_link_says_so(site: Site, browser: Browser) -> None:
    browser.post("/admin/links", uses="1", hours="1")
    (token,) = site.services.tokens.listed()
    browser.get("/admin/links")
    browser.post(f"/admin/links/{token.id}/revoke")

    assert not site.services.tokens.listed()[0].is_open
    assert "révoqué" in browser.get("/admin/links").text
