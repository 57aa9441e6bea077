"""A page that stays open while the box is upgraded: it loads itself anew, once, and never in anybody's way."""

from typing import Any

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.pupil.stand_in import StandIn
from tests.support.chromium import stays

EYES = {"message": "Les yeux vers moi"}


def upgrade(page: Page) -> None:
    """The box answers as one whose page is made of other files."""
    page.route("**/pupil/version", lambda route: route.fulfill(json={"version": "of tomorrow"}))


def come_back(face: StandIn, **state: Any) -> Response:
    """What the page was answered when it asked."""
    with face.page.expect_response("**/pupil/version") as answered:
        face.say(connection="offline", **state)
        face.say(connection="online", **state)
    return answered.value


def two_looks(page: Page) -> None:
    """The page looks once a second whether it may."""
    since = page.evaluate("performance.now()")
    page.wait_for_function("(since) => performance.now() - since > 2200", arg=since)


def is_new(page: Page) -> None:
    page.wait_for_function("() => window.stillThisPage !== true")


def test_it_is_loaded_anew_once_when_the_box_is_back_and_no_lesson_is_on(face: StandIn) -> None:
    upgrade(face.page)
    same = stays(face.page)
    come_back(face, lesson=None)
    is_new(face.page)
    face.wait_heard("start")
    face.say(lesson=None)
    same = stays(face.page)
    come_back(face, lesson=None)
    two_looks(face.page)
    assert same(), "once for a version: it does not turn in a circle"


@pytest.mark.parametrize("busy", ["lesson", "lock", "comfort"])
def test_it_waits_until_nobody_needs_it(face: StandIn, busy: str) -> None:
    upgrade(face.page)
    same = stays(face.page)
    if busy == "comfort":
        face.page.locator("#comfort-open").click()
    states: dict[str, dict[str, Any]] = {"lesson": {}, "lock": {"lock": EYES, "lesson": None}}
    come_back(face, **states.get(busy, {"lesson": None}))
    two_looks(face.page)
    assert same(), f"not during {busy}"
    if busy == "comfort":
        face.page.locator("#comfort-close").click()
    face.say(lesson=None)
    is_new(face.page)


def test_what_the_box_said_before_its_upgrade_may_come_last(face: StandIn) -> None:
    page = face.page
    late: list[Route] = []
    page.route("**/pupil/version", lambda route: late.append(route))
    with page.expect_request("**/pupil/version"):
        face.say(connection="offline")
        face.say(connection="online")
    page.wait_for_function("() => true")  # the route's turn
    upgrade(page)
    same = stays(page)
    come_back(face)
    with page.expect_response("**/pupil/version"):
        late[0].fulfill(json={"version": page.locator("html").get_attribute("data-version")})
    assert same()
    face.say(lesson=None)
    is_new(page)


def test_the_same_version_changes_nothing(face: StandIn) -> None:
    page = face.page
    same = stays(page)
    assert come_back(face, lesson=None).json() == {"version": page.locator("html").get_attribute("data-version")}
    two_looks(page)
    assert same()
    expect(page.locator("#scene-over")).to_be_visible()
