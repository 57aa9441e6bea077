"""What a pupil does to his page: closes it, opens it twice, clears it, turns it, and opens the developer tools."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.classroom import open_board, press_primary
from tests.browser.pages import (
    PagesDesk,
    PagesSchool,
    PupilPage,
    gesture,
    hand_in,
    lesson_of_pages,
    pages_school,
    tile_of,
    wait_done,
    wait_tile,
)
from tests.faults.books import rows
from tests.support.appliance import wait_for
from tests.support.chromium import is_wider_than_screen

pytestmark = pytest.mark.timeout(240)
EYES = "Les yeux vers moi"
REFUSED = 0x87

_CONNECT = """
    const { default: mqtt } = await import("/static/vendor/mqtt.esm.js");
    const client = await mqtt.connectAsync(own.websocket, { clientId: own.id, username: own.id, password: own.password,
        protocolVersion: 5, reconnectPeriod: 0, timerVariant: "native" });
    const tell = (topic, payload) =>
        client.publishAsync(topic, payload, { qos: 1 }).then(() => "taken", (one) => one.code);
"""
SPY = f"""async ({{ own, victim }}) => {{
    {_CONNECT}
    const heard = [];
    client.on("message", (topic) => heard.push(topic));
    const asked = ["#", "devices/+/desired", `devices/${{victim}}/commands`, `devices/${{victim}}/reported`];
    await client.subscribeAsync(asked, {{ qos: 1 }}).catch(() => undefined);
    const answers = [];
    for (const leaf of ["presence", "acks", "reported", "events", "desired", "commands"])
        answers.push(await tell(`devices/${{victim}}/${{leaf}}`, leaf === "presence" ? "offline" : '{{"version": 1}}'));
    client.end(true);
    return {{ heard: heard.filter((topic) => topic.includes(victim)), answers }};
}}"""
ACK = f"""async ({{ own, command }}) => {{
    {_CONNECT}
    const ack = {{ id: command, status: "done", error: null, at: new Date().toISOString() }};
    await tell(`devices/${{own.id}}/acks`, JSON.stringify(ack));
    client.end(true);
}}"""
STATUSES = """async (paths) => {
    const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf };
    const ask = async ([method, path]) => {
        const body = method === "POST" ? "{}" : undefined;
        const answer = await fetch(path, { method, headers, redirect: "manual", body });
        return [path, answer.type === "opaqueredirect" ? 302 : answer.status];
    };
    return Promise.all(paths.map(ask));
}"""
FRAMED = """(path) => new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.src = path;
    frame.onload = () => {
        let text = "";
        try { text = frame.contentDocument.body.textContent; } catch { /* an error page is nobody's own */ }
        frame.remove();
        done(text);
    };
    document.body.append(frame);
})"""
FORGE_VERSION = """async (id) => {
    const result = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const base = await result(indexedDB.open(`preau-${id}`));
    const facts = base.transaction("facts", "readwrite").objectStore("facts");
    const wish = await result(facts.get("desired"));
    await result(facts.put({ ...wish, version: 4_000_000_000 }, "desired"));
    base.close();
}"""


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesSchool]:
    with pages_school(tmp_path_factory.mktemp("pages")) as school:
        yield school


@pytest.fixture(scope="module")
def desk(school: PagesSchool) -> Iterator[PagesDesk]:
    with school.desk() as desk:
        # What a pupil tries is refused, and the browser says so in its own log.
        desk.witness.forgive("status of 4[0-9][0-9]|frame-ancestors|Refused to frame")
        yield desk


@pytest.fixture(scope="module")
def pupil(school: PagesSchool, desk: PagesDesk) -> PupilPage:
    """Of this module: no test leaves it other than it was."""
    return desk.device(school.link)


@pytest.fixture
def lesson(school: PagesSchool, pupil: PupilPage) -> Iterator[str]:
    with lesson_of_pages(school.durand, pupil) as lesson_id:
        yield lesson_id
    pupil.wait_free()


@pytest.fixture
def spoiled(school: PagesSchool, desk: PagesDesk) -> Iterator[PupilPage]:
    """One that the test spoils."""
    pupil = desk.device(school.link)
    yield pupil
    pupil.context.close()


@pytest.fixture
def last_lesson(school: PagesSchool, spoiled: PupilPage) -> Iterator[str]:
    with lesson_of_pages(school.durand, spoiled) as lesson_id:
        yield lesson_id


def bring_in(school: PagesSchool, lesson: str, pupil: PupilPage) -> None:
    school.durand.post(f"/lessons/{lesson}/devices", {"devices": [pupil.id]})
    wait_tile(school.durand, lesson, pupil.id, presence="online")


def test_a_tab_that_is_closed_is_offline_on_its_tile_within_five_seconds(
    school: PagesSchool, spoiled: PupilPage, last_lesson: str
) -> None:
    spoiled_id = spoiled.id
    spoiled.page.close()
    wait_tile(school.durand, last_lesson, spoiled_id, 5, presence="offline")


def test_a_page_that_is_left_for_another_tab_is_said_to_be_left(
    school: PagesSchool, desk: PagesDesk, spoiled: PupilPage, last_lesson: str
) -> None:
    wait_tile(school.durand, last_lesson, spoiled.id, whereabouts=None)
    other = desk.tab(spoiled)
    other.page.goto("/join")
    spoiled.page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )  # headless Chromium hides no tab by itself
    wait_tile(school.durand, last_lesson, spoiled.id, 5, whereabouts="left_page")


def test_turning_zooming_and_going_back_leave_the_lock_where_it_is(
    school: PagesSchool, pupil: PupilPage, lesson: str
) -> None:
    gesture(school.durand, lesson, "eyes_up", message=EYES)
    pupil.wait_locked()
    pupil.page.set_viewport_size({"width": 1280, "height": 800})
    pupil.wait_locked()
    pupil.page.set_viewport_size({"width": 320, "height": 240})
    pupil.wait_locked()
    assert not is_wider_than_screen(pupil.page)
    tools = pupil.context.new_cdp_session(pupil.page)
    tools.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 4})
    pupil.wait_locked()
    for _ in range(3):
        pupil.page.evaluate("history.back()")
        pupil.wait_locked()
    pupil.page.goto("about:blank")
    pupil.page.go_back()
    pupil.wait_locked()


def test_what_the_inspector_takes_away_is_back_within_a_moment(
    school: PagesSchool, pupil: PupilPage, lesson: str
) -> None:
    gesture(school.durand, lesson, "eyes_up", message=EYES)
    pupil.wait_locked()
    pupil.page.evaluate("document.getElementById('lock').hidden = true; document.body.removeAttribute('data-locked')")
    pupil.wait_locked(seconds=3)
    pupil.page.evaluate("document.querySelectorAll('[data-layer]').forEach((one) => { one.inert = false; })")
    wait_for(lambda: pupil.page.evaluate("document.getElementById('app').inert"), 3, "nothing below can be reached")
    pupil.page.evaluate("document.getElementById('lock-text').textContent = 'Vacances'")
    pupil.wait_locked(seconds=3)


def test_of_two_tabs_one_is_the_device_and_the_other_says_so_until_it_is_asked(
    school: PagesSchool, desk: PagesDesk, spoiled: PupilPage, last_lesson: str
) -> None:
    second = desk.tab(spoiled)
    second.page.goto("/pupil")
    second.wait_online()
    spoiled.wait(scene="elsewhere")
    said = gesture(school.durand, last_lesson, "message", text="Un seul")
    wait_done(school.durand, last_lesson, said)
    assert second.message.inner_text() == "Un seul"
    assert spoiled.message.is_hidden()
    second.page.locator("#message-read").tap()
    spoiled.page.locator("#take-over").tap()
    spoiled.wait_online().wait(scene="lesson")
    second.wait(scene="elsewhere")
    gesture(school.durand, last_lesson, "eyes_up", message=EYES)
    spoiled.wait_locked()
    spoiled.page.close()
    second.wait_locked(seconds=10)


def test_a_browser_that_forgot_everything_is_the_same_device_again_by_its_code(
    school: PagesSchool, desk: PagesDesk, spoiled: PupilPage, last_lesson: str
) -> None:
    before = spoiled.identity
    gesture(school.durand, last_lesson, "eyes_up", message=EYES)
    spoiled.wait_locked()
    spoiled.page.evaluate(
        "indexedDB.databases().then((all) => all.forEach(({ name }) => indexedDB.deleteDatabase(name)))"
    )
    spoiled.page.evaluate("localStorage.clear()")
    spoiled.page.reload()
    spoiled.wait(scene="none")
    school.box.add_user("martin", "administrator")
    office = school.box.browser("martin")
    answer = office.post_form(f"/admin/devices/{before['id']}/code", {})
    assert answer.status_code == 200, answer.text[:300]
    found = re.search(r"return-digits\">(\d{3}) (\d{3})<", answer.text)
    assert found is not None
    code = found[1] + found[2]
    spoiled.join_by_code(code)
    assert (spoiled.id, spoiled.identity["name"]) == (before["id"], before["name"])
    assert spoiled.identity["password"] != before["password"]
    spoiled.wait_locked()
    again = desk.blank()
    again.page.goto("/join")
    again.page.locator("#code").fill(code)
    again.page.locator("#join-go").click()
    wait_for(lambda: again.page.locator("#join-error").inner_text(), 10, "a code is good once")
    assert again.identity == {}


def test_a_password_that_is_changed_in_the_browser_opens_nothing_and_the_tile_says_offline(
    school: PagesSchool, desk: PagesDesk, spoiled: PupilPage, last_lesson: str
) -> None:
    spoiled.change_identity(password="x" * 27)
    spoiled.page.reload()
    spoiled.wait(scene="refused")
    wait_tile(school.durand, last_lesson, spoiled.id, 5, presence="offline")


def test_a_page_that_calls_itself_a_screen_to_escape_is_not_said_to_be_locked(
    school: PagesSchool, desk: PagesDesk, spoiled: PupilPage, last_lesson: str
) -> None:
    spoiled.change_identity(kind="screen")
    spoiled.page.reload()
    spoiled.wait_online()
    board = open_board(desk.open(client=school.durand), last_lesson)
    press_primary(board)
    receipt = wait_for(
        lambda: _final(tile_of(school.durand, last_lesson, spoiled.id)["receipt"]), 15, "what the board says"
    )
    assert spoiled.look()["lock"] is None
    assert receipt["status"] == "rejected"
    assert "lock" in receipt["unsupported"]
    expect(board.locator(".tile-text")).to_contain_text("verrouillage non géré")
    expect(board.locator(".tile")).to_have_attribute("data-state", "free")
    expect(board.locator(".tile-word")).to_be_empty()


def test_a_version_far_ahead_in_the_browser_is_overtaken_and_the_page_obeys(
    school: PagesSchool, spoiled: PupilPage, last_lesson: str
) -> None:
    spoiled.page.evaluate(FORGE_VERSION, spoiled.id)
    spoiled.page.reload()
    spoiled.wait_online()
    gesture(school.durand, last_lesson, "eyes_up", message=EYES)
    spoiled.wait_locked()
    wait_tile(school.durand, last_lesson, spoiled.id, applied=True)


def _final(receipt: dict[str, Any] | None) -> dict[str, Any] | None:
    return receipt if receipt and receipt["status"] not in ("offline", "sent", "acknowledged") else None


def test_with_its_own_password_a_pupil_reaches_no_other_device(
    school: PagesSchool, pupil: PupilPage, spoiled: PupilPage, lesson: str
) -> None:
    victim = spoiled
    bring_in(school, lesson, victim)
    found: dict[str, Any] = pupil.page.evaluate(SPY, {"own": pupil.identity, "victim": victim.id})
    assert found == {"heard": [], "answers": [REFUSED] * 6}
    gesture(school.durand, lesson, "eyes_up", [victim.id], message=EYES)
    victim.wait_locked()
    assert tile_of(school.durand, lesson, victim.id)["presence"] == "online"
    pupil.wait_online()


def test_a_forged_ack_counts_for_nobody_else(
    school: PagesSchool, pupil: PupilPage, spoiled: PupilPage, lesson: str
) -> None:
    """For itself a page may say what it likes; the command of another is not its own to say."""
    bring_in(school, lesson, spoiled)
    victim_id = spoiled.id
    spoiled.page.close()
    wait_tile(school.durand, lesson, victim_id, 5, presence="offline")
    said = gesture(school.durand, lesson, "message", [victim_id], text="Bonjour")
    ((command,),) = rows(school.box, "SELECT id FROM receipt WHERE gesture_id = ?", (said,))
    pupil.page.evaluate(ACK, {"own": pupil.identity, "command": command})
    pupil.wait_online()
    after = gesture(school.durand, lesson, "message", [pupil.id], text="Après")
    wait_done(school.durand, lesson, after)
    ((state,),) = rows(school.box, "SELECT state FROM receipt WHERE id = ?", (command,))
    assert state == "queued"


def test_the_teachers_addresses_are_closed_to_a_pupils_page(
    school: PagesSchool, desk: PagesDesk, pupil: PupilPage, lesson: str
) -> None:
    paths = [
        ("GET", f"/lessons/{lesson}"), ("GET", f"/lessons/{lesson}/board.json"), ("GET", "/documents"),
        ("GET", "/admin"), ("GET", "/admin/devices"), ("POST", f"/lessons/{lesson}/gestures"),
        ("POST", f"/lessons/{lesson}/end"), ("POST", f"/lessons/{lesson}/welcome"), ("POST", "/lessons"),
        ("POST", f"/admin/devices/{pupil.id}/code"), ("GET", "/documents/" + "0" * 64), ("GET", "/pupil/lesson"),
    ]  # fmt: skip
    answers = pupil.page.evaluate(STATUSES, paths)
    assert {path: status for path, status in answers if status not in (302, 400, 401, 403)} == {}
    assert school.durand.board(lesson)["lesson"]["ended_at"] is None


def test_the_appliances_own_pages_open_in_no_frame_of_a_pupil(desk: PagesDesk, pupil: PupilPage) -> None:
    for path in ("/admin", "/sign-in", "/pupil", "/join"):
        assert pupil.page.evaluate(FRAMED, path) == ""


def test_a_document_is_read_by_its_own_device_only_with_a_password_that_is_still_good(
    school: PagesSchool, pupil: PupilPage, lesson: str
) -> None:
    sha256 = hand_in(school.durand, "Liste.txt", b"un, deux, trois")
    address = f"{school.box.url}/documents/{sha256}"
    own = (pupil.id, pupil.identity["password"])
    assert requests.get(address, auth=own, timeout=10).content == b"un, deux, trois"
    for wrong in (None, (pupil.id, "x"), ("d-00000000", pupil.identity["password"])):
        assert requests.get(address, auth=wrong, timeout=10).status_code == 401


def test_a_tablet_asks_neither_who_is_there_nor_about_sites_that_it_was_not_told_to_open(
    school: PagesSchool, pupil: PupilPage, lesson: str
) -> None:
    own = (pupil.id, pupil.identity["password"])
    for path in ("/pupil/lesson", "/pupil/frame?url=http://192.168.1.1/", f"/pupil/frame?url={school.box.url}/admin"):
        assert requests.get(f"{school.box.url}{path}", auth=own, timeout=10).status_code == 404
