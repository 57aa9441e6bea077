"""The screen of the class: what it shows between two orders, large enough for the last row."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import papers
from tests.pupil.handed import handed, identity_of
from tests.pupil.stand_in import StandIn
from tests.support.appliance import Appliance
from tests.support.appliance import Browser as Client
from tests.support.chromium import WALL, Desk

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def screen(desk: Desk, box: Appliance) -> StandIn:
    page = desk.open(WALL)
    page.clock.set_fixed_time(NOON)
    return StandIn(page, identity_of(box, "screen")).open()


def timer(seconds: int, label: str = "") -> dict[str, object]:
    ends_at = (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    return {"show": "timer", "ends_at": ends_at, "label": label}


def pass_by(face: StandIn, seconds: int) -> None:
    """It is so many seconds after noon."""
    face.page.clock.set_fixed_time(NOON + timedelta(seconds=seconds))


def height_of(face: StandIn, selector: str) -> float:
    size: float = face.page.locator(selector).first.evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    return size


def test_with_nothing_to_show_it_is_a_clock_in_the_schools_time(screen: StandIn) -> None:
    screen.say()
    expect(screen.page.locator(".display-time")).to_have_text("12\u00a0h\u00a000")
    expect(screen.page.locator(".display-day")).to_have_text("lundi 23 novembre")
    screen.say(now_offset=3_600_000)
    expect(screen.page.locator(".display-time")).to_have_text("13\u00a0h\u00a000")


def test_a_timer_is_read_from_afar_and_ends_calmly(screen: StandIn) -> None:
    screen.say(display=timer(270, "On range"))
    left = screen.page.locator(".display-left")
    expect(left).to_have_text("4:30")
    expect(screen.page.locator(".display-label")).to_have_text("On range")
    assert height_of(screen, ".display-left") > 200
    pass_by(screen, 215)
    expect(left).to_have_text("0:55")
    expect(screen.page.locator("#scene-display")).to_have_attribute("data-phase", "last")
    pass_by(screen, 275)
    expect(left).to_have_text("C’est fini\u202f!")
    assert screen.page.evaluate("document.getAnimations().length") == 0


def test_a_reload_does_not_fill_the_timer_again(screen: StandIn) -> None:
    screen.say(display=timer(200))
    expect(screen.page.locator(".display-left")).to_have_text("3:20")
    pass_by(screen, 100)
    expect(screen.page.locator(".ring-share")).to_have_attribute("stroke-dasharray", "0.5 1")
    screen.reload()
    screen.say(display=timer(200))
    expect(screen.page.locator(".display-left")).to_have_text("1:40")
    expect(screen.page.locator(".ring-share")).to_have_attribute("stroke-dasharray", "0.5 1")


def test_a_message_fills_it(screen: StandIn) -> None:
    screen.say(display={"show": "message", "text": "Lecture\nsilencieuse"})
    expect(screen.page.locator(".display-message")).to_have_text("Lecture\nsilencieuse")
    assert height_of(screen, ".display-message") > 100


def test_it_names_who_is_here_large_and_who_is_not_quietly(screen: StandIn) -> None:
    answers = [
        {"present": ["Inès K.", "Noé G."], "missing": ["Zoé P."]},
        {"present": ["Inès K.", "Noé G.", "Zoé P."], "missing": []},
    ]
    screen.page.route("**/pupil/lesson", lambda route: route.fulfill(json=answers[0]))
    screen.say(display={"show": "presence"})
    expect(screen.page.locator(".display-names li")).to_have_text(["Inès K.", "Noé G."])
    expect(screen.page.locator(".display-missing")).to_have_text("Pas encore là\u00a0: Zoé P.")
    assert height_of(screen, ".display-names li") > height_of(screen, ".display-missing") > 30
    answers.pop(0)
    pass_by(screen, 6)
    expect(screen.page.locator(".display-names li")).to_have_count(3)
    expect(screen.page.locator(".display-missing")).to_have_count(0)


def test_it_has_no_hand_no_lock_and_no_settings_of_a_child(screen: StandIn) -> None:
    screen.say()
    expect(screen.page.locator(".display-time")).to_be_visible()
    expect(screen.page.locator("button:visible")).to_have_count(0)


def test_what_it_does_not_know_it_does_not_show(screen: StandIn) -> None:
    for display in ({"show": "dance"}, {"show": "constructor"}):
        screen.say(display=display)
        expect(screen.page.locator(".display-time")).to_be_visible()


def test_a_document_covers_it_until_something_else_is_asked_for(desk: Desk, box: Appliance, durand: Client) -> None:
    screen = StandIn(desk.open(WALL), identity_of(box, "screen")).open()
    screen.say(display={"show": "message", "text": "Bonjour"})
    paper = handed(durand, "Carte.png", papers.drawing())
    screen.wait_heard("done", id=screen.do("open_document", **paper.args), status="done")
    expect(screen.page.get_by_role("img", name="Carte.png")).to_be_visible()
    screen.say(display={"show": "message", "text": "On range"})
    expect(screen.page.locator("#viewer")).to_be_hidden()
    expect(screen.page.locator(".display-message")).to_have_text("On range")
