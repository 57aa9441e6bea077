"""The pages of the city: joining, the link in words, and what left the school to the letter."""

import json

import pytest

from appliance.services.exchange_log import ExchangeLog, Sent
from appliance.services.outbox import put
from appliance.store.city_models import CityLink, Instruction
from appliance.store.models import Device
from appliance.web.admin.city_words import STANDINGS, STORAGE
from appliance.web.city_troubles import CITY_TROUBLES
from protocol.uplink_words import Lane, RecordType, Standing, StorageWord
from tests.services.link import join_city
from tests.services.school import add_device
from tests.services.test_city import CODE
from tests.web.admin.conftest import banners
from tests.web.conftest import Browser, Site


@pytest.fixture
def joined(site: Site, browser: Browser) -> Site:
    join_city(site.clock.now())
    return site


def test_what_will_be_sent_is_said_before_and_a_wrong_code_keeps_what_was_typed(browser: Browser) -> None:
    assert "Ce qui sera envoyé" in browser.get("/admin/city").text
    answer = browser.post("/admin/city/claim", code="ABCD", address="ville.example.fr")
    assert answer.status_code == 422
    assert "ville.example.fr" in answer.text
    assert "dix groupes de quatre" in answer.text


def test_a_request_is_shown_until_something_comes_of_it(site: Site, browser: Browser) -> None:
    browser.post("/admin/city/claim", code=CODE, address="ville.example.fr")
    page = browser.get("/admin/city").text
    assert "Demande en cours" in page
    assert CODE not in page  # it opens the city to whoever reads it
    site.services.city.claim_stopped("claim_used", "HTTP 409", is_final=True)
    assert "Ce code a déjà servi" in browser.get("/admin/city").text
    browser.post("/admin/city/withdraw")
    assert "Demande en cours" not in browser.get("/admin/city").text


@pytest.mark.parametrize("code", sorted(set(CITY_TROUBLES) - set(STANDINGS)))
def test_every_trouble_is_said_with_its_beginning(joined: Site, browser: Browser, code: str) -> None:
    joined.services.city.stopped(code, "detail for experts")
    page = browser.get("/admin/city").text
    assert "Depuis 1 minute" in page.replace("\xa0", " ")
    assert "detail for experts" in page
    assert "Rien n" in page


@pytest.mark.parametrize("standing", sorted(STANDINGS))
def test_a_box_that_is_set_apart_says_so_loudly(joined: Site, browser: Browser, standing: str) -> None:
    joined.services.city.heard("t", Standing(standing))
    assert STANDINGS[standing][0].split(" :")[0].replace("’", "") in banners(browser, "/admin/city").replace("’", "")


def test_a_box_that_has_a_double_shows_its_word_and_whether_the_other_was_chosen(
    joined: Site, browser: Browser
) -> None:
    joined.services.city.heard("t", Standing.FENCED, "merle-24")
    page = browser.get("/admin/city").text
    assert "merle-24" in page
    assert "deux boîtiers" in page
    joined.services.city.heard("t", Standing.FENCED, "merle-24", other_chosen=True)
    assert "La ville a choisi l’autre boîtier" in banners(browser, "/admin/city")
    joined.services.city.heard("t", Standing.ACTIVE)
    assert "merle-24" not in browser.get("/admin/city").text


def test_whoever_asks_now_sees_that_the_city_is_called_until_something_came_of_it(
    joined: Site, browser: Browser
) -> None:
    browser.post("/admin/city/ask")
    assert "data-asking" in browser.get("/admin/city").text
    joined.clock.pass_by(seconds=1)
    joined.services.city.stopped("busy")
    page = browser.get("/admin/city").text
    assert "data-asking" not in page
    assert "Demander maintenant" in page


@pytest.mark.parametrize(
    ("note", "said"),
    [("note_snapshot", "trop volumineuse pour la ville"), ("note_takeover", "tout est à recommencer")],
)
def test_what_the_city_lacks_of_this_school_is_said(joined: Site, browser: Browser, note: str, said: str) -> None:
    assert said not in browser.get("/admin/city").text
    getattr(joined.services.city, note)({"note_snapshot": "too_large", "note_takeover": "no_snapshot"}[note])
    assert said in browser.get("/admin/city").text


@pytest.mark.parametrize(
    ("why", "said"), [("no_snapshot", "tout est à recommencer"), ("disk_nearly_full", "n’a pas pu y être remise")]
)
def test_what_was_not_taken_over_is_said_while_no_device_is_enrolled(
    joined: Site, browser: Browser, why: str, said: str
) -> None:
    joined.services.city.note_takeover(why)
    assert said in browser.get("/admin/city").text
    add_device(1)
    assert said not in browser.get("/admin/city").text


def test_what_came_of_an_order_is_said_in_words_and_its_device_by_name(joined: Site, browser: Browser) -> None:
    device = add_device(4)
    order = json.dumps({"args": {"device": device}})
    Instruction.create(
        id="i-1", kind="report", by="dsi", envelope={"order": order}, state="done", detail="devices=1",
        received_at=joined.clock.now(), not_after=joined.clock.now(), force_insert=True,
    )  # fmt: skip
    page = browser.get("/admin/city").text
    assert "1 appareil<" in page and "devices=1" not in page
    assert f">{Device.get_by_id(device).name}</a>" in page


def test_every_word_that_is_told_has_a_sentence() -> None:
    assert set(STANDINGS) == set(Standing) - {Standing.ACTIVE}
    assert set(STORAGE) == set(StorageWord)


def test_a_long_catch_up_shows_how_far_it_is_and_promises_nothing_it_cannot_know(
    joined: Site, browser: Browser
) -> None:
    for number in range(600):
        put(joined.clock.now(), RecordType.AUDIT, {"actor": "x", "action": "user.add", "target": f"user:{number}"})
    page = browser.get("/admin/city").text
    assert "Rattrapage" in page
    assert "Trop peu est parti" in page


def test_how_long_it_will_take_is_guessed_only_while_the_city_takes_something(joined: Site, browser: Browser) -> None:
    put(joined.clock.now(), RecordType.AUDIT, {"actor": "x", "action": "user.add", "target": "user:1"})
    log, city, now = ExchangeLog(), joined.services.city, joined.services.clock.now()
    for _ in range(5):
        log.answered(log.sent(Sent("batch", b"x" * 10, 10, 10), now), "200", now)
    assert "encore environ" in browser.get("/admin/city").text
    city.stopped("timeout", "")
    assert "encore environ" not in browser.get("/admin/city").text
    city.heard("t", Standing.ACTIVE)
    assert "encore environ" in browser.get("/admin/city").text
    city.heard("t", Standing.FENCED, "merle-24")
    assert "encore environ" not in browser.get("/admin/city").text


def test_what_was_sent_can_be_read_and_taken_away_to_the_letter(joined: Site, browser: Browser) -> None:
    body = json.dumps({"appliance": "a-1", "records": ["<script>"]}).encode()
    log = ExchangeLog()
    number = log.sent(Sent("batch", body, len(body), 10, Lane.STATE), joined.clock.now())
    log.answered(number, "200", joined.clock.now())
    assert "reçu par la ville" in browser.get("/admin/city/sent").text
    page = browser.get(f"/admin/city/sent/{number}").text
    assert "&lt;script&gt;" in page
    assert "<script>" not in page.split("to-the-letter")[1].split("</pre>")[0]
    answer = browser.get(f"/admin/city/sent/{number}.json")
    assert answer.data == body
    assert "attachment" in answer.headers["Content-Disposition"]
    assert browser.get("/admin/city/sent/999").status_code == 404


def test_orders_are_shown_with_who_gave_them_and_what_came_of_them(joined: Site, browser: Browser) -> None:
    order = json.dumps({"kind": "wipe", "args": {"device": "d-1"}})
    now = joined.clock.now()
    Instruction.create(
        id="o-1", kind="wipe", by="Nadia Benali", envelope={"order": order, "signatures": []}, state="refused",
        refusal="wrong_key", received_at=now, not_after=now, force_insert=True,
    )  # fmt: skip
    page = browser.get("/admin/city").text
    assert "Nadia Benali" in page
    assert "effacer" in page
    assert "signé par une clé qui" in page


def test_leaving_empties_the_page(joined: Site, browser: Browser) -> None:
    browser.post("/admin/city/leave")
    assert CityLink.select().count() == 0
    assert "Rejoindre la ville" in browser.get("/admin/city").text
