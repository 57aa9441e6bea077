"""Signing in and out in a browser, by password."""

import pytest

from appliance.services.people import Person
from appliance.store.models import Session
from tests.web.conftest import PASSWORD, Site, is_in, remembered


def test_the_right_password_leads_to_the_page_that_was_wanted(site: Site, teacher: Person) -> None:
    browser = site.browser()
    asked = browser.get("/account?tab=1")
    assert asked.status_code == 303
    page = browser.get(asked.location)
    assert 'name="next" value="/account?tab=1"' in page.text
    answer = browser.post("/sign-in", login="durand", password=PASSWORD, next="/account?tab=1")
    assert (answer.status_code, answer.location) == (303, "/account?tab=1")
    assert is_in(browser)


def test_the_session_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site, teacher: Person) -> None:
    browser = site.browser()
    (cookie,) = [c for c in browser.sign_in("durand").headers.getlist("Set-Cookie") if c.startswith("preau-8080=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


def test_a_wrong_password_says_so_and_keeps_the_login(site: Site, teacher: Person) -> None:
    browser = site.browser()
    answer = browser.sign_in("durand", "pas le bon mot")
    assert answer.status_code == 401
    assert "pas le bon" in answer.text
    assert 'value="durand"' in answer.text
    assert "pas le bon mot" not in answer.text
    assert not is_in(browser)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\evil", "/a\r\nX: y"],
)
def test_nobody_is_sent_to_another_site_after_signing_in(site: Site, teacher: Person, target: str) -> None:
    assert site.browser().sign_in("durand", next=target).location == "/"


def test_a_session_prepared_by_someone_else_is_not_taken_over(site: Site, teacher: Person) -> None:
    """Session fixation: the word in the cookie before signing in opens nothing afterwards."""
    browser = site.browser()
    browser.client.set_cookie("preau-8080", "a-word-that-the-attacker-knows")
    browser.sign_in("durand")
    assert browser.cookie("") != "a-word-that-the-attacker-knows"
    thief = site.browser("192.168.1.66")
    thief.client.set_cookie("preau-8080", "a-word-that-the-attacker-knows")
    assert not is_in(thief)


def test_signing_in_again_ends_the_session_before(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    old = browser.cookie("")
    assert old is not None
    browser.get("/account")
    browser.post("/sign-in", login="durand", password=PASSWORD)
    assert browser.cookie("") != old
    copy = site.browser()
    copy.client.set_cookie("preau-8080", old)
    assert not is_in(copy)


def test_the_form_token_changes_at_sign_in(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    before = browser.token
    browser.post("/sign-in", login="durand", password=PASSWORD)
    answer = browser.client.post("/sign-out", data={"csrf_token": before})
    assert answer.status_code == 403
    assert is_in(browser)


def test_signing_out_ends_this_session_only(site: Site, teacher: Person) -> None:
    here, there = site.browser(), site.browser()
    here.sign_in("durand")
    there.sign_in("durand")
    word = here.cookie("")
    assert word is not None
    here.get("/account")
    assert here.post("/sign-out").location == "/sign-in"
    assert not is_in(here)
    here.client.set_cookie("preau-8080", word)
    assert not is_in(here)
    assert is_in(there)


def test_signing_out_everywhere_ends_all_of_them(site: Site, teacher: Person) -> None:
    here, there = site.browser(), site.browser()
    here.sign_in("durand")
    there.sign_in("durand")
    here.get("/account")
    here.post("/sign-out", everywhere="1")
    assert not is_in(there)
    assert Session.select().count() == 0


def test_a_deactivated_person_is_out_at_the_next_click(site: Site, teacher: Person, director: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    site.services.people.deactivate(director.actor, teacher.id)
    assert browser.get("/account").status_code == 303


def test_after_eight_idle_hours_the_page_asks_again_and_says_why(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    site.clock.pass_by(hours=8)
    answer = browser.get("/account", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["error"]["code"] == "session_over"


# Guessing


def test_a_thousand_wrong_passwords_are_stopped_after_ten(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    statuses = [browser.post("/sign-in", login="durand", password=f"essai-{n}").status_code for n in range(1000)]
    assert statuses[:10] == [401] * 10
    assert set(statuses[10:]) == {429}
    last = browser.post("/sign-in", login="durand", password=PASSWORD)
    assert last.status_code == 429
    assert 0 < int(last.headers["Retry-After"]) <= 900
    assert "15\u00a0min" in last.text


def test_guessing_on_a_tablet_does_not_lock_the_teacher_out(site: Site, teacher: Person) -> None:
    pupil, owner = site.browser("192.168.1.66"), site.browser("192.168.1.10")
    for number in range(20):
        pupil.sign_in("durand", f"essai-{number}")
    assert pupil.sign_in("durand").status_code == 429
    assert owner.sign_in("durand").status_code == 303


def test_trying_many_logins_from_one_address_is_stopped(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    statuses = [browser.post("/sign-in", login=f"nom{n}", password="essai").status_code for n in range(100)]
    assert statuses.count(401) == 60
    assert browser.post("/sign-in", login="durand", password=PASSWORD).status_code == 429


def test_guessing_one_login_from_many_addresses_is_stopped_but_not_for_a_known_browser(
    site: Site, teacher: Person
) -> None:
    known = remembered(site)
    known.get("/account")
    known.post("/sign-out")
    for number in range(100):
        site.browser(f"10.0.{number}.1").sign_in("durand", "essai")
    assert site.browser("10.1.0.1").sign_in("durand").status_code == 429
    assert known.sign_in("durand").status_code == 303


def test_ipv6_neighbours_are_one_guesser(site: Site, teacher: Person) -> None:
    statuses = [site.browser(f"2001:db8::{n:x}").sign_in("durand", "essai").status_code for n in range(1, 12)]
    assert statuses == [401] * 10 + [429]
    assert site.browser("2001:db8:0:1::1").sign_in("durand").status_code == 303


def test_right_passwords_use_no_tries(site: Site, teacher: Person) -> None:
    for _ in range(70):
        assert site.browser().sign_in("durand").status_code == 303


# Hostile names


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "👩‍🏫 Zoé", "{{ 7*7 }}"])
def test_a_hostile_name_is_shown_as_text(site: Site, name: str) -> None:
    site.add("hostile", name=name)
    browser = site.browser()
    browser.sign_in("hostile")
    page = browser.get("/account").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "49" not in page.split("<h1>")[1].split("</h1>")[0]


@pytest.mark.parametrize("login", ["<script>", "\u202edurand", "x" * 10_240, "👩‍🏫", "../../etc/passwd", "dur\x00and"])
def test_a_hostile_login_is_a_wrong_login(site: Site, teacher: Person, login: str) -> None:
    answer = site.browser().sign_in(login)
    assert answer.status_code == 401
    assert "<script>" not in answer.text.split("<main")[1]


# Language


def test_french_first_then_what_the_browser_asks_then_what_was_chosen(site: Site, teacher: Person) -> None:
    browser = site.browser()
    assert '<html lang="fr"' in browser.get("/sign-in").text
    assert '<html lang="fr"' in browser.get("/sign-in", headers={"Accept-Language": "de,it"}).text
    assert '<html lang="en"' in browser.get("/sign-in", headers={"Accept-Language": "en-GB,fr;q=0.5"}).text
    browser.client.post(
        "/language",
        data={"csrf_token": browser.token, "lang": "en"},
        headers={"Referer": "http://localhost/sign-in?next=/account"},
    )
    assert '<html lang="en"' in browser.get("/sign-in").text


def test_a_persons_language_follows_to_other_browsers(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.sign_in("durand")
    browser.get("/account")
    assert browser.post("/language", lang="en").status_code == 303
    other = site.browser()
    other.sign_in("durand")
    assert '<html lang="en"' in other.get("/account").text
    assert browser.post("/language", lang="<script>").status_code == 422


def test_after_choosing_a_language_one_is_on_the_same_page(site: Site, teacher: Person) -> None:
    browser = site.browser()
    browser.get("/sign-in")
    form = {"csrf_token": browser.token, "lang": "en"}
    same = {"Referer": "http://localhost/sign-in?next=/account"}
    assert browser.client.post("/language", data=form, headers=same).location == "/sign-in?next=/account"
    other = {"Referer": "http://evil.example/sign-in"}
    assert browser.client.post("/language", data=form, headers=other).location == "/"
