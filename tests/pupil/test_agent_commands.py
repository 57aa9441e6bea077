"""Commands as a page's agent handles them: at most once whatever happens, never after their end."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import papers
from tests.pupil.agent_page import Bench, PupilPage
from tests.pupil.handed import handed as handed_out
from tests.pupil.hub_peer import HubPeer, playing_hub, soon
from tests.support.appliance import Appliance, wait_for
from tests.support.appliance import Browser as Client

SHA = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
DOCUMENT = {
    "url": f"https://preau.local/documents/{SHA}",
    "name": "a.pdf",
    "mime": "application/pdf",
    "size": 9,
    "sha256": SHA,
}
KEPT = """([id, command]) => new Promise((done) => {
    indexedDB.open(`preau-${id}`).onsuccess = ({ target }) => {
        const asked = target.result.transaction("commands").objectStore("commands").get(command);
        asked.onsuccess = () => { target.result.close(); done(asked.result); };
    };
})"""


@pytest.fixture(scope="module")
def hub(box: Appliance, link: str) -> Iterator[HubPeer]:
    with playing_hub(box) as hub:
        yield hub


@pytest.fixture(scope="module")
def tablet(chromium: Browser, box: Appliance, link: str) -> Iterator[PupilPage]:
    """One device for all tests that only speak with it."""
    bench = Bench(chromium, box, link)
    yield bench.device()
    bench.close()


def handed(pupil: PupilPage, *commands: str) -> list[str]:
    """Which of these the face was given, in their order."""
    return [one["id"] for one in pupil.commands if one["id"] in commands]


def test_a_command_is_handed_over_and_acknowledged_once(tablet: PupilPage, hub: HubPeer) -> None:
    command = hub.order(tablet.id, "message", {"text": "Bonjour", "from": "Mme Durand"})
    hub.wait_ack(command, "done")
    assert [one["status"] for one in hub.acks(command)] == ["done"]
    assert [one["args"] for one in tablet.commands if one["id"] == command] == [
        {"text": "Bonjour", "from": "Mme Durand"}
    ]


def test_a_slow_command_is_received_first(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device(answers=False)
    command = hub.order(pupil.id, "message", {"text": "Bonjour"})
    hub.wait_ack(command, "received")
    pupil.send(type="done", id=command, status="failed", error="no room")
    assert hub.wait_ack(command, "failed")["error"] == "no room"
    pupil.send(type="done", id=command, status="done", error=None)
    again = hub.order(pupil.id, "message", {"text": "Bonjour"}, command_id=command)
    assert hub.wait_ack(again, "failed", 2)
    assert "done" not in [one["status"] for one in hub.acks(command)]


def test_a_repeated_command_is_answered_and_not_done_again(tablet: PupilPage, hub: HubPeer) -> None:
    command = hub.order(tablet.id, "identify", {})
    for count in (2, 3):
        hub.wait_ack(command, "done", count - 1)
        hub.order(tablet.id, "identify", {}, command_id=command)
        hub.wait_ack(command, "done", count)
    assert handed(tablet, command) == [command]


def test_a_command_that_was_done_is_not_done_again_after_a_reload(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    command = hub.order(pupil.id, "message", {"text": "Bonjour"})
    hub.wait_ack(command, "done")
    pupil.reload().wait_online()
    hub.order(pupil.id, "message", {"text": "Bonjour"}, command_id=command)
    hub.wait_ack(command, "done", 2)
    assert pupil.commands == []


def test_a_command_that_a_reload_cut_short_is_not_done_again(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device(answers=False)
    command = hub.order(pupil.id, "message", {"text": "Bonjour"})
    pupil.wait_command("message")
    pupil.reload().wait_online()
    assert hub.wait_ack(command, "failed")["error"] == "interrupted"
    hub.order(pupil.id, "message", {"text": "Bonjour"}, command_id=command)
    hub.wait_ack(command, "failed", 2)
    assert pupil.commands == []


def test_a_killed_browser_does_nothing_twice(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device(answers=False)
    context = pupil.page.context
    command = hub.order(pupil.id, "message", {"text": "Bonjour"})
    pupil.wait_command("message")
    session = context.new_cdp_session(pupil.page)
    session.on("Target.targetCrashed", lambda _event: None)
    with pytest.raises(Exception, match=r"crash|closed"):
        pupil.page.goto("chrome://crash", timeout=5_000)
    back = bench.open(context)
    back.identity = pupil.identity
    back.start().wait_online()
    hub.wait_ack(command, "failed")
    hub.order(pupil.id, "message", {"text": "Bonjour"}, command_id=command)
    hub.wait_ack(command, "failed", 2)
    assert back.commands == []


def test_a_document_on_its_way_is_begun_again_after_a_reload(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device(answers=False)
    command = hub.order(pupil.id, "open_document", DOCUMENT)
    pupil.wait_command("open_document")
    pupil.send(type="done", id=command, status="received", error=None)
    wait_for(lambda: pupil.page.evaluate(KEPT, [pupil.id, command])["waits"], what="it is written down")
    pupil.reload().wait_command("open_document")
    hub.wait_ack(command, "done")


def test_that_a_document_is_on_its_way_is_told_once_and_in_its_time(bench: Bench, hub: HubPeer) -> None:
    """Thirty tablets that begin at the same moment do not each say so at once, and again."""
    pupil = bench.device(answers=False)
    command = hub.order(pupil.id, "open_document", DOCUMENT)
    pupil.wait_command("open_document")
    pupil.send(type="done", id=command, status="received", error=None)
    later = hub.order(pupil.id, "message", {"text": "Bonjour"})
    hub.wait_ack(later, "received")
    assert [one["status"] for one in hub.acks(command)] == ["received"]


def test_a_page_that_ends_before_its_document_has_come_opens_it_when_it_is_back(
    bench: Bench, hub: HubPeer, durand: Client
) -> None:
    """The whole page: it ends before anything was painted of it."""
    pupil, paper = bench.open(), handed_out(durand, "Carte.png", papers.drawing())
    pupil.enroll(bench.link)
    pupil.page.goto("/pupil")
    hub.wait_reported(pupil.id, hub.want(pupil.id))  # nothing that was shown has still to be told
    pupil.page.evaluate("window.requestAnimationFrame = () => 0")
    document = f"**/documents/{paper.sha256}"
    pupil.page.context.route(document, lambda _route: None)  # on its way, and nothing of it seen
    command = hub.order(pupil.id, "open_document", paper.args)
    wait_for(lambda: (pupil.page.evaluate(KEPT, [pupil.id, command]) or {}).get("waits"), 15, "it is written down")
    pupil.page.context.unroute(document)
    pupil.page.reload()
    expect(pupil.page.get_by_role("img", name="Carte.png")).to_be_visible()
    hub.wait_ack(command, "done")
    assert "failed" not in [one["status"] for one in hub.acks(command)]


def test_a_document_that_comes_too_late_is_dropped(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device(answers=False)
    command = hub.order(pupil.id, "open_document", DOCUMENT, lasts=3)
    pupil.wait_command("open_document")
    pupil.send(type="done", id=command, status="received", error=None)
    hub.wait_ack(command, "expired")
    wait_for(lambda: [one for one in pupil.said if one == {"type": "drop", "id": command}], what="the face is told")
    pupil.send(type="done", id=command, status="done", error=None)
    hub.order(pupil.id, "open_document", DOCUMENT, command_id=command)
    hub.wait_ack(command, "expired", 2)
    assert "done" not in [one["status"] for one in hub.acks(command)]


def test_an_expired_command_is_never_carried_out(tablet: PupilPage, hub: HubPeer) -> None:
    command = hub.order(tablet.id, "message", {"text": "Trop tard"}, lasts=-1)
    hub.wait_ack(command, "expired")
    hub.order(tablet.id, "message", {"text": "Trop tard"}, lasts=60, command_id=command)
    hub.wait_ack(command, "expired", 2)
    assert handed(tablet, command) == []


@pytest.mark.parametrize(
    ("kind", "args"),
    [("reboot", {}), ("wipe", {}), ("open_app", {"package": "org.kde.gcompris"}), ("dance", {"to": "music"})],
)
def test_what_a_page_cannot_do_is_unsupported(tablet: PupilPage, hub: HubPeer, kind: str, args: dict[str, str]) -> None:
    command = hub.order(tablet.id, kind, args)
    hub.wait_ack(command, "unsupported")
    assert handed(tablet, command) == []


def test_links_that_no_page_should_open_fail(box: Appliance, tablet: PupilPage, hub: HubPeer) -> None:
    own = box.url
    for url in (
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org/", "//example.org", "",
        "https://example.org\\@evil", "https://exa mple.org/", "https:example.org",
        f"{own}/admin", "http://preau.local/admin", own.replace("127.0.0.1", "preau.local"),
    ):  # fmt: skip
        hub.wait_ack(hub.order(tablet.id, "open_link", {"url": url}), "failed")
    hub.wait_ack(hub.order(tablet.id, "open_link", {"url": "https://fr.example.org/a?b#c"}), "done")
    assert [one["args"]["url"] for one in tablet.commands if one["type"] == "open_link"] == [
        "https://fr.example.org/a?b#c"
    ]


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("message", {}),
        ("message", {"text": "x" * 501}),
        ("message", {"text": 3}),
        ("open_document", DOCUMENT | {"sha256": "../../admin"}),
        ("open_document", DOCUMENT | {"size": -1}),
        ("open_document", DOCUMENT | {"url": "javascript:1"}),
    ],
)
def test_bad_arguments_fail(tablet: PupilPage, hub: HubPeer, kind: str, args: dict[str, object]) -> None:
    command = hub.order(tablet.id, kind, args)
    hub.wait_ack(command, "failed")
    assert handed(tablet, command) == []


def test_report_is_done_by_the_agent_itself(tablet: PupilPage, hub: HubPeer) -> None:
    wait_for(lambda: hub.heard(tablet.id, "inventory") and hub.heard(tablet.id, "reported"), what="the first reports")
    before = len(hub.heard(tablet.id, "inventory")), len(hub.heard(tablet.id, "reported"))
    hub.wait_ack(hub.order(tablet.id, "report", {}), "done")
    wait_for(
        lambda: (
            len(hub.heard(tablet.id, "inventory")) > before[0] and len(hub.heard(tablet.id, "reported")) > before[1]
        ),
        5,
        "both again",
    )
    assert not [one for one in tablet.commands if one["type"] == "report"]


def test_commands_come_in_their_order(tablet: PupilPage, hub: HubPeer) -> None:
    commands = [hub.order(tablet.id, "message", {"text": str(number)}) for number in range(20)]
    hub.wait_ack(commands[-1], "done")
    assert handed(tablet, *commands) == commands


def test_a_command_of_a_lesson_knows_its_lesson(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    hub.want(pupil.id, soon(600))
    pupil.wait(lesson={"id": "lesson-1", "teacher": "Mme Durand"})
    hub.wait_ack(hub.order(pupil.id, "identify", {}), "done")
    assert pupil.commands[-1]["from_lesson"] == "lesson-1"


def test_what_is_still_on_its_way_when_its_lesson_ends_is_dropped_and_not_begun_again(
    bench: Bench, hub: HubPeer
) -> None:
    pupil = bench.device(answers=False)
    hub.want(pupil.id, soon(600))
    pupil.wait(lesson={"id": "lesson-1", "teacher": "Mme Durand"})
    command = hub.order(pupil.id, "open_link", {"url": "https://www.education.gouv.fr/"})
    pupil.wait_command("open_link")
    pupil.send(type="done", id=command, status="received", error=None)
    hub.wait_ack(command, "received")
    hub.want(pupil.id, None, lesson=None)
    hub.wait_ack(command, "expired")
    wait_for(lambda: [one for one in pupil.said if one == {"type": "drop", "id": command}], what="the face is told")
    pupil.reload().wait_online()
    assert handed(pupil, command) == []
