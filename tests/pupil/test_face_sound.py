"""Sound: what the page plays itself is muted, whoever wants it otherwise, and stops for a lock."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import papers
from tests.pupil.handed import handed, identity_of
from tests.pupil.stand_in import StandIn
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client
from tests.support.chromium import Desk


@pytest.fixture
def child(desk: Desk, box: Appliance) -> StandIn:
    face = StandIn(desk.open(), identity_of(box)).open()
    face.say()
    return face


@pytest.fixture
def song(child: StandIn, durand: Client) -> Locator:
    """Playing."""
    paper = handed(durand, "Chanson.wav", papers.sound())
    child.wait_heard("done", id=child.do("open_document", **paper.args), status="done")
    song = child.page.locator("audio")
    child.page.get_by_role("button", name="Lancer").click()
    return song


def test_one_large_button_starts_it_and_stops_it(child: StandIn, song: Locator) -> None:
    pause = child.page.get_by_role("button", name="Pause")
    expect(pause).to_be_visible()
    assert not song.evaluate("(one) => one.paused")
    pause.click()
    expect(child.page.get_by_role("button", name="Lancer")).to_be_focused()
    assert song.evaluate("(one) => one.paused")


def test_a_film_shows_itself_while_it_runs_and_the_button_when_it_stands(child: StandIn, durand: Client) -> None:
    paper = handed(durand, "Film.webm", papers.film(child.page))
    child.wait_heard("done", id=child.do("open_document", **paper.args), status="done")
    film, start = child.page.locator("video"), child.page.get_by_role("button", name="Lancer")
    film.evaluate("(one) => { one.loop = true; }")
    expect(start).to_be_in_viewport(ratio=1)
    start.click()
    expect(start).to_be_hidden()
    expect(film).to_be_focused()
    film.evaluate("(one) => one.pause()")
    expect(start).to_be_visible()


def test_it_is_muted_and_stays_so_against_the_players_own_button(child: StandIn, song: Locator) -> None:
    child.say(sound="blocked")
    wait_for(lambda: song.evaluate("(one) => one.muted") or None, what="muted")
    song.evaluate("(one) => { one.muted = false; one.volume = 1; }")
    wait_for(lambda: song.evaluate("(one) => one.muted") or None, what="muted again")
    child.say()
    wait_for(lambda: not song.evaluate("(one) => one.muted") or None, what="heard again")


def test_what_a_pupil_had_muted_is_not_made_loud(child: StandIn, song: Locator) -> None:
    song.evaluate("(one) => { one.muted = true; }")
    child.say(name="Tablette 08")
    expect(child.page.locator("#name")).to_have_text("Tablette 08")
    assert song.evaluate("(one) => one.muted")


def test_a_lock_stops_it_and_it_goes_on_afterwards(child: StandIn, song: Locator) -> None:
    child.say(lock={"message": "Les yeux vers moi"})
    wait_for(lambda: song.evaluate("(one) => one.paused") or None, what="it stops")
    song.evaluate("(one) => one.play().catch(() => null)")
    wait_for(lambda: song.evaluate("(one) => one.paused") or None, what="it cannot be started")
    child.say()
    wait_for(lambda: not song.evaluate("(one) => one.paused") or None, what="it goes on")


def test_a_medium_that_comes_while_the_sound_is_cut_comes_muted(child: StandIn, durand: Client) -> None:
    child.say(sound="blocked")
    paper = handed(durand, "Chanson.wav", papers.sound(2))
    child.wait_heard("done", id=child.do("open_document", **paper.args), status="done")
    assert child.page.locator("audio").evaluate("(one) => one.muted")


def test_the_page_says_that_the_sound_is_cut(face: StandIn) -> None:
    expect(face.page.locator("#sound")).to_be_hidden()
    face.say(sound="blocked")
    expect(face.page.locator("#sound")).to_have_text("Son coupé")
