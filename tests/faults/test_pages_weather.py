"""Pages in bad weather: a proxy that cuts, a box that is killed, clocks that lie, a week-end in a cupboard."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route, expect

from tests.browser import papers
from tests.browser.pages import (
    PagesDesk,
    PagesSchool,
    PupilPage,
    gesture,
    hand_in,
    lesson_of_pages,
    pages_school,
    wait_done,
    wait_tile,
)
from tests.faults.books import assert_sound, open_receipts, rows
from tests.faults.processes import kill_everything
from tests.pupil.wire import Wire
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client

pytestmark = pytest.mark.timeout(240)
EYES = "Les yeux vers moi"
DAY_MS = 86_400_000
CUTS = 5
# Both clocks of a page and of its worker are the test's: how far the wall clock is wrong, how far both have run ahead.
CLOCK = """{
    const wall = Date.now.bind(Date), steady = performance.now.bind(performance);
    let clock = %s;
    new BroadcastChannel("clock").onmessage = ({ data }) => { clock = data; };
    Date.now = () => wall() + clock.wall;
    performance.now = () => steady() + clock.steady;
    const Plain = Date;
    globalThis.Date = class extends Plain {
        constructor(...given) { super(...(given.length ? given : [Plain.now()])); }
    };
}
"""
SET_CLOCK = """(clock) => {
    const channel = new BroadcastChannel("clock");
    channel.postMessage(clock);
    channel.close();
}"""


@dataclass
class Weather:
    """A school whose pages reach the broker by the wire only, and know nothing of it."""

    school: PagesSchool
    wire: Wire

    @property
    def durand(self) -> Client:
        return self.school.durand

    @property
    def box(self) -> Appliance:
        return self.school.box


@pytest.fixture(scope="module")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weather]:
    wires: list[Wire] = []

    def by_wire(box: Appliance) -> list[str]:
        wires.append(Wire(box.websocket_port))
        by_wire = f"--host-resolver-rules=MAP 127.0.0.1:{box.websocket_port} 127.0.0.1:{wires[0].port}"
        # A script that a test has put its hand on comes from no address, and may not connect to this machine.
        return [by_wire, "--disable-features=LocalNetworkAccessChecks"]

    with pages_school(tmp_path_factory.mktemp("pages"), by_wire) as school:
        yield Weather(school, wires[0])
        wires[0].close()


@pytest.fixture
def desk(weather: Weather) -> Iterator[PagesDesk]:
    with weather.school.desk() as desk:
        yield desk
    weather.wire.is_dead = False
    if weather.box.process is None or weather.box.process.poll() is not None:
        weather.box.start()


def wrong_clock(desk: PagesDesk, wall: int = 0) -> PupilPage:
    """A browser whose clock is wrong by `wall` ms, in the page and in the worker."""
    pupil = desk.blank()
    start = CLOCK % json.dumps({"wall": wall, "steady": 0})
    pupil.context.add_init_script(start)

    def prepend(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=start + answer.text())

    pupil.context.route("**/pupil/agent/worker.js", prepend)
    return pupil


def sleep(pupil: PupilPage, milliseconds: int) -> None:
    """The device slept for so long; nothing of it ran."""
    pupil.page.evaluate(SET_CLOCK, {"wall": milliseconds, "steady": 0})


def come_back(pupil: PupilPage) -> None:
    """The browser says that it has a network again, so that nobody waits for the page's own next look."""
    pupil.page.evaluate("dispatchEvent(new Event('online'))")
    pupil.wait_online(60)


def read_all(pupil: PupilPage) -> list[str]:
    """Every message that waits on the screen, in order, as a child reads them."""
    found = []
    while pupil.message.is_visible():
        found.append(pupil.message.inner_text())
        pupil.page.locator("#message-read").click()
    return found


def hold(durand: Client, lesson: str, up: bool) -> str:
    if up:
        return gesture(durand, lesson, "eyes_up", message=EYES)
    return gesture(durand, lesson, "eyes_free")


def wait_for_cut(wire: Wire) -> None:
    """Until the page has had to connect again."""
    before = wire.connections
    wait_for(lambda: wire.connections > before, 20, "a cut")


def test_a_proxy_that_cuts_again_and_again_loses_nothing_and_doubles_nothing(weather: Weather, desk: PagesDesk) -> None:
    pupil, durand = desk.device(weather.school.link), weather.durand
    with lesson_of_pages(durand, pupil) as lesson:
        with weather.wire.cut_every(3.6):
            for number in range(CUTS):
                gesture(durand, lesson, "message", text=f"Message {number}")
                hold(durand, lesson, up=number % 2 == 0)
                wait_for_cut(weather.wire)
            pupil.wait_locked()
            hold(durand, lesson, up=False)
            pupil.wait_free()
            texts: list[str] = []
            while len(texts) < CUTS:
                pupil.message.wait_for()
                texts += read_all(pupil)
            hold(durand, lesson, up=True)
            wait_for(lambda: not open_receipts(weather.box), 60, "every order has its end")
        pupil.wait_locked()
        assert texts == [f"Message {number}" for number in range(CUTS)]
        sent = "SELECT r.state FROM receipt r JOIN gesture g ON g.id = r.gesture_id WHERE g.kind = 'message'"
        assert rows(weather.box, sent) == [("succeeded",)] * CUTS
        hold(durand, lesson, up=False)
        pupil.wait_free()
        assert read_all(pupil) == [], "none of them came twice"


def test_a_box_killed_in_a_lesson_leaves_the_page_locked_and_finds_it_so(weather: Weather, desk: PagesDesk) -> None:
    pupil, durand = desk.device(weather.school.link), weather.durand
    with lesson_of_pages(durand, pupil) as lesson:
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_up", message=EYES))
        pupil.wait_locked()
        kill_everything(weather.box)
        wait_for(lambda: pupil.look()["connection"] in ("offline", "connecting"), 20, "it noticed")
        pupil.wait_locked()
        weather.box.start()
        pupil.wait_online(60).wait_locked()
        wait_tile(durand, lesson, pupil.id, 20, presence="online", applied=True)
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_free"))
        pupil.wait_free()
    assert_sound(weather.box)


def test_what_was_pressed_before_the_kill_is_found_by_the_page_that_comes_back(
    weather: Weather, desk: PagesDesk
) -> None:
    pupil, durand = desk.device(weather.school.link), weather.durand
    with lesson_of_pages(durand, pupil) as lesson:
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_up", message=EYES))
        weather.wire.is_dead = True
        weather.wire.cut()
        wait_for(lambda: pupil.look()["connection"] == "offline", 20, "it noticed")
        free = gesture(durand, lesson, "eyes_free")
        said = gesture(durand, lesson, "message", text="De retour")
        kill_everything(weather.box)
        weather.box.start()
        assert pupil.look()["lock"] == EYES
        weather.wire.is_dead = False
        come_back(pupil)
        pupil.wait_free()
        wait_done(durand, lesson, said)
        assert read_all(pupil) == ["De retour"]
        ((state,),) = rows(weather.box, "SELECT state FROM receipt WHERE gesture_id = ?", (free,))
        assert state == "succeeded"


def test_a_lease_that_ends_while_the_box_is_dead_frees_the_page_which_keeps_what_it_was_given(
    weather: Weather, desk: PagesDesk
) -> None:
    pupil, durand = wrong_clock(desk), weather.durand
    pupil.join(desk.here(weather.school.link))
    with lesson_of_pages(durand, pupil) as lesson:
        paper = hand_in(durand, "Fractions.pdf", papers.pdf())
        wait_done(durand, lesson, gesture(durand, lesson, "open_document", sha256=paper))
        pupil.page.locator("#viewer-back").click()
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_up", message=EYES))
        pupil.wait_locked()
        kill_everything(weather.box)
        sleep(pupil, 44 * 60_000)
        pupil.wait_locked()
        sleep(pupil, 46 * 60_000)
        pupil.wait_free(15)
        pupil.page.locator(".given-item").click()
        expect(pupil.page.locator("#viewer-body canvas").first).to_be_visible()
        weather.box.start()
        come_back(pupil)
        pupil.wait_locked()


@pytest.mark.parametrize("wrong", [-DAY_MS, DAY_MS])
def test_a_clock_wrong_by_a_day_changes_nothing(weather: Weather, desk: PagesDesk, wrong: int) -> None:
    pupil, durand = wrong_clock(desk, wrong), weather.durand
    pupil.join(desk.here(weather.school.link))
    with lesson_of_pages(durand, pupil) as lesson:
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_up", message=EYES))
        pupil.wait_locked()
        ends_at = datetime.fromisoformat(durand.board(lesson)["lesson"]["ends_at"]).astimezone(ZoneInfo("Europe/Paris"))
        shown = pupil.page.locator("#lock-until").inner_text()
        assert f"{ends_at.hour}" in shown
        assert f"{ends_at.minute:02d}" in shown
        wait_done(durand, lesson, gesture(durand, lesson, "message", text="À l’heure"))
        pupil.page.reload()
        pupil.wait_online().wait_locked()
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_free"))
        pupil.wait_free()


def test_a_page_left_open_over_a_week_end_takes_part_on_monday(weather: Weather, desk: PagesDesk) -> None:
    """Last of all: from here on it is Monday for the box."""
    pupil, durand = wrong_clock(desk), weather.durand
    pupil.join(desk.here(weather.school.link))
    with lesson_of_pages(durand, pupil) as lesson:
        wait_done(durand, lesson, gesture(durand, lesson, "eyes_up", message=EYES))
        pupil.wait_locked()
        weather.box.stop()
        sleep(pupil, 3 * DAY_MS)
        pupil.wait_free(15)
        floor = weather.box.data_path / "clock-floor"
        floor.write_text(f"{float(floor.read_text()) + 3 * DAY_MS / 1000:.3f}\n")
        weather.box.start()
        come_back(pupil)
        pupil.wait_free()
        assert pupil.look()["scene"] in ("over", "free")
    monday = weather.box.browser("durand")
    with lesson_of_pages(monday, pupil) as lesson:
        wait_done(monday, lesson, gesture(monday, lesson, "message", text="Bonjour"))
        assert read_all(pupil) == ["Bonjour"]
        wait_done(monday, lesson, gesture(monday, lesson, "eyes_up", message=EYES))
        pupil.wait_locked()
