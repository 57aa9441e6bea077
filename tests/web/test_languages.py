"""The languages that the city offers here are the ones that can be chosen; without a city, all of them."""

from appliance.domain.people import Role
from appliance.services.city_wishes import write_wishes
from tests.web.conftest import Site


def offer(*languages: str) -> None:
    write_wishes({"languages": list(languages)})


def test_one_that_the_city_does_not_offer_is_neither_shown_nor_taken(site: Site) -> None:
    site.add("durand")
    browser = site.browser()
    browser.sign_in("durand")
    assert 'lang="en"' in browser.get("/account").text
    offer("fr")
    page = browser.get("/account").text
    assert 'lang="en"' not in page and 'action="/language"' not in page
    assert browser.post("/language", lang="en").status_code == 422
    offer()
    assert browser.post("/language", lang="en").status_code == 303


def test_who_has_chosen_one_that_is_offered_no_more_reads_what_is(site: Site) -> None:
    site.add("durand")
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/account")
    browser.post("/language", lang="en")
    offer("fr")
    assert '<html lang="fr"' in browser.get("/account").text
    stranger = {"Accept-Language": "en"}
    assert '<html lang="fr"' in site.browser().get("/sign-in", headers=stranger).text
    offer("en")
    assert '<html lang="en"' in site.browser().get("/sign-in").text


def test_new_people_get_one_of_those(site: Site) -> None:
    site.add("chef", Role.ADMINISTRATOR)
    browser = site.browser()
    browser.sign_in("chef")
    assert '<option value="en"' in browser.get("/admin/school").text
    offer("fr")
    assert '<option value="en"' not in browser.get("/admin/school").text
