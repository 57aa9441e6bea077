"""A person's own page."""

from appliance.services.people import Person
from tests.web.conftest import PASSWORD, Site, is_in, remembered, signed_out


def test_a_teacher_is_kept_out_of_administration(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    answer = browser.get("/admin")
    assert answer.status_code == 403
    assert "administrateur" in answer.text


def test_changing_the_password_ends_other_sessions_and_pins(site: Site, teacher: Person) -> None:
    other, browser = signed_out(remembered(site)), site.browser()
    browser.sign_in("durand")
    browser.get("/account")
    answer = browser.post("/account/password", current=PASSWORD, password="quatre girafes bleues")
    assert answer.status_code == 303
    assert is_in(browser)
    assert other.post("/sign-in", login="durand", pin="4951").status_code == 401
    assert other.sign_in("durand").status_code == 401
    assert other.sign_in("durand", "quatre girafes bleues").status_code == 303


def test_a_stolen_session_cannot_guess_the_password(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/account")
    form = {"password": "quatre girafes bleues"}
    statuses = [browser.post("/account/password", current=f"essai-{n}", **form).status_code for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2


def test_a_weak_new_password_is_refused_in_words(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/account")
    answer = browser.post("/account/password", current=PASSWORD, password="court")
    assert answer.status_code == 422
    assert "Dix caractères" in answer.text
    assert site.browser().sign_in("durand").status_code == 303
