"""The short PIN: on the browser that chose it, and only there."""

from appliance.services.people import Person
from tests.web.conftest import PASSWORD, Site, is_in, remembered, signed_out


def test_a_pin_is_enough_on_the_browser_that_chose_it(site: Site, teacher: Person) -> None:
    browser = signed_out(remembered(site))
    assert "Mme Durand" in browser.get("/sign-in").text
    answer = browser.post("/sign-in", login="durand", pin="4951", next="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert is_in(browser)


def test_another_browser_shows_nobody_and_takes_no_pin(site: Site, teacher: Person) -> None:
    signed_out(remembered(site))
    other = site.browser()
    assert "Mme Durand" not in other.get("/sign-in").text
    assert other.post("/sign-in", login="durand", pin="4951").status_code == 401
    assert not is_in(other)


def test_five_wrong_pins_end_the_pin_and_the_password_is_asked(site: Site, teacher: Person) -> None:
    browser = signed_out(remembered(site))
    for _ in range(4):
        answer = browser.post("/sign-in", login="durand", pin="0071")
        assert answer.status_code == 401
        assert "pas le bon code" in answer.text
    last = browser.post("/sign-in", login="durand", pin="0071")
    assert "mot de passe" in last.text
    assert "Mme Durand" not in last.text
    assert browser.post("/sign-in", login="durand", pin="4951").status_code == 401
    assert browser.sign_in("durand").status_code == 303


def test_pins_are_not_tried_one_after_the_other(site: Site, teacher: Person) -> None:
    browser = signed_out(remembered(site))
    statuses = [browser.post("/sign-in", login="durand", pin=f"{n:04d}").status_code for n in range(100, 200)]
    assert set(statuses) <= {401, 429}
    assert not is_in(browser)
    assert browser.post("/sign-in", login="durand", pin="4951").status_code in (401, 429)


def test_a_browser_forgets_whom_it_is_told_to_forget(site: Site, teacher: Person) -> None:
    browser = signed_out(remembered(site))
    browser.post("/sign-in/forget", login="durand")
    assert "Mme Durand" not in browser.get("/sign-in").text
    assert browser.post("/sign-in", login="durand", pin="4951").status_code == 401


def test_two_teachers_share_one_computer(site: Site, teacher: Person) -> None:
    site.add("petit", name="M. Petit")
    browser = signed_out(remembered(site))
    browser.sign_in("petit", choose_pin="1")
    browser.get("/account/pin")
    browser.post("/account/pin", pin="8306")
    page = signed_out(browser).get("/sign-in").text
    assert "Mme Durand" in page
    assert "M. Petit" in page


def test_a_weak_pin_is_refused_on_the_page(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/account/pin")
    answer = browser.post("/account/pin", pin="1234")
    assert answer.status_code == 422
    assert "facile à deviner" in answer.text
    assert browser.cookie("-browser") is None


def test_administration_asks_for_the_password_after_a_pin(site: Site, director: Person) -> None:
    browser = signed_out(remembered(site, login="martin"))
    browser.post("/sign-in", login="martin", pin="4951")
    asked = browser.get("/admin")
    assert (asked.status_code, asked.location) == (303, "/confirm?next=/admin")
    browser.get(asked.location)
    by_pin = browser.cookie("")
    assert browser.post("/confirm", password="pas le bon mot", next="/admin").status_code == 401
    assert browser.post("/confirm", password=PASSWORD, next="/admin").location == "/admin"
    assert browser.cookie("") != by_pin
    assert browser.get("/admin").status_code == 200


def test_a_pin_cannot_choose_the_next_pin(site: Site, teacher: Person) -> None:
    browser = signed_out(remembered(site))
    browser.post("/sign-in", login="durand", pin="4951")
    browser.get("/account/pin")
    answer = browser.post("/account/pin", pin="8306")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/confirm")


def test_confirming_is_limited_like_signing_in(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/confirm")
    statuses = [browser.post("/confirm", password=f"essai-{n}").status_code for n in range(15)]
    assert statuses == [401] * 10 + [429] * 5
