"""Messages, the hand, finding a device: small things, each told to the agent when it is really seen."""

import pytest
from playwright.sync_api import expect

from tests.pupil.stand_in import StandIn
from tests.support.chromium import Desk, Size


def test_a_message_stays_until_it_is_read(face: StandIn) -> None:
    sent = face.do("message", text="On range les tablettes.", **{"from": "Mme Durand"})
    expect(face.page.locator("#message-title")).to_have_text("Message de Mme Durand")
    expect(face.page.locator("#message-text")).to_have_text("On range les tablettes.")
    face.wait_heard("done", id=sent, status="done")
    for key in ("Escape", "Escape", "Tab"):
        face.page.keyboard.press(key)
    expect(face.page.locator("#message-read")).to_be_focused()
    face.page.keyboard.press("Enter")
    expect(face.page.locator("#message")).to_be_hidden()


def test_several_come_one_after_the_other_and_each_is_done_when_it_is_seen(face: StandIn) -> None:
    one, two = (face.do("message", text=text, **{"from": "Mme Durand"}) for text in ("Premier", "Second"))
    expect(face.page.locator("#message-left")).to_have_text("et 1 autre message")
    face.wait_heard("done", id=one)
    assert not [said for said in face.heard if said["type"] == "done" and said["id"] == two]
    face.page.locator("#message-read").click()
    expect(face.page.locator("#message-text")).to_have_text("Second")
    face.wait_heard("done", id=two)
    face.page.locator("#message-read").click()
    expect(face.page.locator("#message")).to_be_hidden()


def test_what_was_not_read_is_there_after_a_reload(face: StandIn) -> None:
    face.do("message", text="À lire", **{"from": "Mme Durand"})
    expect(face.page.locator("#message-text")).to_be_visible()
    face.reload()
    expect(face.page.locator("#message-text")).to_have_text("À lire")
    face.page.locator("#message-read").click()
    face.reload()
    face.say()
    expect(face.page.locator("#scene-lesson")).to_be_visible()
    expect(face.page.locator("#message")).to_be_hidden()


def test_markup_in_a_message_is_text(face: StandIn) -> None:
    face.do("message", text="<img src=x onerror=alert(1)> 3 < 5", **{"from": "<b>M</b>"})
    expect(face.page.locator("#message-text")).to_have_text("<img src=x onerror=alert(1)> 3 < 5")
    assert face.page.locator("#message img, #message b").count() == 0


def test_the_hand_is_one_button_that_says_what_it_is(face: StandIn) -> None:
    hand = face.page.locator("[data-hand]:visible")
    expect(hand).to_contain_text("Lever la main")
    hand.click()
    face.wait_heard("hand", raised=True)
    face.say(hand=True)
    expect(hand).to_contain_text("Main levée")
    expect(hand).to_have_attribute("data-raised", "")
    hand.click()
    face.wait_heard("hand", raised=False)
    face.say(hand=False)
    expect(hand).to_contain_text("Lever la main")


def test_there_is_no_hand_without_a_lesson(face: StandIn) -> None:
    face.say(lesson=None)
    expect(face.page.locator("#scene-over")).to_be_visible()
    expect(face.page.locator("[data-hand]:visible")).to_have_count(0)


def test_a_device_shows_its_number_large_and_goes_on_by_itself(face: StandIn) -> None:
    found = face.do("identify")
    number = face.page.locator("#identify-number")
    expect(number).to_have_text("07")
    box = number.bounding_box()
    assert box is not None and box["height"] > 350
    face.wait_heard("done", id=found, status="done")
    expect(number).to_be_hidden()


def test_nothing_moves_where_motion_is_unwelcome_and_nothing_flashes_where_it_is_not(desk: Desk) -> None:
    face = StandIn(desk.open(Size())).open()  # reduced motion
    face.say()
    face.do("identify")
    expect(face.page.locator("#identify-number")).to_be_visible()
    running = "document.getAnimations().map((one) => one.effect.getComputedTiming().duration)"
    assert face.page.evaluate(running) == []
    face.page.emulate_media(reduced_motion="no-preference")
    durations = face.page.evaluate(running)
    assert durations and all(one > 1000 for one in durations), "slower than three times a second by far"


def test_it_is_heard_only_where_sound_is_allowed(face: StandIn) -> None:
    face.page.evaluate("""() => {
        window.tones = 0;
        const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (...rest) { window.tones += 1; return start.apply(this, rest); };
    }""")
    face.wait_heard("done", id=face.do("identify"))
    assert face.page.evaluate("window.tones") == 3
    face.say(sound="blocked")
    expect(face.page.locator("#sound")).to_be_visible()
    face.wait_heard("done", id=face.do("identify"))
    assert face.page.evaluate("window.tones") == 3


@pytest.mark.parametrize("kind", ["open_app", "dance", "constructor"])
def test_what_a_page_does_not_know_it_does_not_pretend_to_do(face: StandIn, kind: str) -> None:
    face.wait_heard("done", id=face.do(kind), status="unsupported")


def test_the_agent_hears_what_is_in_front(face: StandIn) -> None:
    face.wait_heard("front", app="web:preau")
    assert face.wait_heard("battery")["level"] in range(101)


def test_a_message_that_nobody_read_goes_with_its_lesson(face: StandIn) -> None:
    """A shared tablet: the next child must not read what was said to this one."""
    face.say()
    face.do("message", text="On range.", **{"from": "Mme Durand"})
    expect(face.page.locator("#message-text")).to_be_visible()
    face.say(lesson=None)
    expect(face.page.locator("#message-text")).to_be_hidden()
    face.say()
    face.page.reload()
    face.say()
    expect(face.page.locator("#message-text")).to_be_hidden()
