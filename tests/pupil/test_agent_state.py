"""Desired and reported state as a page's agent handles them, with the test as the hub."""

from collections.abc import Iterator

import pytest

from tests.pupil.agent_page import Bench
from tests.pupil.hub_peer import FREE, HubPeer, playing_hub, soon
from tests.support.appliance import Appliance, wait_for

LOCK = {"message": "On range"}


@pytest.fixture(scope="module")
def hub(box: Appliance, link: str) -> Iterator[HubPeer]:
    with playing_hub(box) as hub:
        yield hub


def test_what_is_wanted_is_shown_and_reported(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, soon(600), lock=LOCK, apps=["web:example.org"])
    pupil.wait_lock("On range")
    said = hub.wait_reported(pupil.id, version)
    assert said["restrictions"] == FREE | {"lock": LOCK, "apps": ["web:example.org"]}
    assert (said["unsupported"], said["errors"], said["foreground"]) == ([], {}, "web:preau")
    assert pupil.state["name"] == "Tablette 07"
    assert pupil.state["lesson"] == {"id": "lesson-1", "teacher": "Mme Durand"}


def test_what_a_page_cannot_do_is_not_pretended(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, soon(600), camera="blocked", internet="blocked", sound="blocked")
    said = hub.wait_reported(pupil.id, version)
    assert sorted(said["unsupported"]) == ["camera", "internet"]
    assert said["restrictions"] == FREE | {"sound": "blocked"} == pupil.state["restrictions"]


def test_a_screen_is_not_locked_and_shows_its_display(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device("screen")
    display = {"show": "message", "text": "Bonjour"}
    version = hub.want(pupil.id, soon(600), lock=LOCK, display=display)
    said = hub.wait_reported(pupil.id, version)
    assert (said["unsupported"], said["restrictions"]) == (["lock"], FREE)
    assert pupil.state["display"] == display


def test_a_version_at_or_below_the_one_applied_is_ignored(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, soon(600), lock=LOCK)
    pupil.wait_lock("On range")
    for older in (version, version - 1):
        hub.want(pupil.id, soon(600), version=older, lock={"message": "Vieux"})
    later = hub.want(pupil.id, soon(600), version=version + 1, sound="blocked")
    hub.wait_reported(pupil.id, later)
    locks = [one["state"]["restrictions"]["lock"] for one in pupil.said if one["type"] == "state"]
    assert {"message": "Vieux"} not in locks


def test_a_lease_ends_by_itself_and_is_reported_within_two_seconds(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, soon(4), lock=LOCK)
    pupil.wait_lock("On range")
    pupil.wait_lock(None, 6)
    hub.wait_reported(pupil.id, version, 2, restrictions=FREE)
    assert pupil.state["until"] is None


def test_what_does_not_follow_the_protocol_changes_nothing(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, soon(600), lock=LOCK)
    pupil.wait_lock("On range")
    hub.wait_reported(pupil.id, version)
    before = len(pupil.said)
    for raw in (b"", b"{", b"[]", b"null", b'{"version": "x"}', b"\xff\xfe", b'{"version": 9999999999}'):
        hub.say_raw(f"devices/{pupil.id}/desired", raw)
        hub.say_raw(f"devices/{pupil.id}/commands", raw)
        hub.say_raw(f"devices/{pupil.id}/usage/ack", raw)
        hub.say_raw("hub/time", raw)
    forever = b'{"version": 99999, "issued_at": "2026-11-23T09:00:00Z", "restrictions": {"lock": {"message": "x"}}}'
    hub.say_raw(f"devices/{pupil.id}/desired", forever)
    command = hub.order(pupil.id, "message", {"text": "Toujours là"})
    hub.wait_ack(command, "done")
    assert hub.heard(pupil.id, "reported")[-1]["version"] == version
    assert [one["type"] for one in pupil.said[before:]] == ["do"]


def test_the_last_word_of_a_tab_that_is_gone_is_offline(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    wait_for(lambda: hub.presences(pupil.id)[-1:] == ["online"] or None, what="online")
    pupil.close()
    wait_for(lambda: hub.presences(pupil.id)[-1:] == ["offline"] or None, what="offline")


def test_a_reload_is_not_an_absence(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, soon(600), lock=LOCK)
    hub.wait_reported(pupil.id, version)
    seen = len(hub.presences(pupil.id))
    pupil.reload()
    pupil.wait_lock("On range", 3)
    pupil.wait_online()
    wait_for(lambda: len(hub.presences(pupil.id)) > seen or None, what="said again")
    assert "offline" not in hub.presences(pupil.id)


def test_reports_carry_battery_and_what_is_in_front(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, None)
    hub.wait_reported(pupil.id, version)
    pupil.send(type="battery", level=84.6, charging=True)
    pupil.send(type="front", app="web:fr.example.org/secret?name=Zoe")
    said = hub.wait_reported(
        pupil.id, version, 2, battery={"level": 85, "charging": True}, foreground="web:fr.example.org"
    )
    assert len(said["boot"]) == 16
    assert "secret" not in str(hub.peer.messages)


def test_the_inventory_says_what_this_browser_is(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    said = wait_for(lambda: hub.heard(pupil.id, "inventory"), what="inventory")[-1]
    assert said["serial"] == pupil.identity["serial"]
    assert said["agent"].startswith("preau-page/")
    assert said["os"].startswith("Linux")
    assert said["packages"] == []


def test_a_face_that_hangs_is_not_reported_as_locked(bench: Bench, hub: HubPeer) -> None:
    pupil = bench.device()
    version = hub.want(pupil.id, soon(600))
    hub.wait_reported(pupil.id, version)
    pupil.page.evaluate("setTimeout(() => { const until = Date.now() + 4000; while (Date.now() < until); })")
    hub.wait_ack(hub.order(pupil.id, "report", {}), "done")
    later = hub.want(pupil.id, soon(600), lock=LOCK)
    hub.wait_ack(hub.order(pupil.id, "report", {}), "done")
    assert hub.heard(pupil.id, "reported")[-1]["version"] == version
    hub.wait_reported(pupil.id, later)


def test_a_browser_that_remembers_nothing_is_a_device_too_and_says_so(bench: Bench, hub: HubPeer) -> None:
    """The agent runs in the page here: only there can its storage be taken away."""
    context = bench.context()
    context.add_init_script("delete window.Worker; IDBFactory.prototype.open = () => { throw new Error('no'); };")
    pupil = bench.open(context)
    pupil.enroll(bench.link)
    pupil.start().wait_online()
    version = hub.want(pupil.id, soon(600), lock=LOCK)
    hub.wait_reported(pupil.id, version, errors={"storage": "no storage"})
    command = hub.order(pupil.id, "identify", {})
    hub.wait_ack(command, "done")
    hub.order(pupil.id, "identify", {}, command_id=command)
    hub.wait_ack(command, "done", 2)
    assert len(pupil.commands) == 1


def test_a_worker_that_never_answers_is_replaced_by_the_page_itself(bench: Bench, hub: HubPeer) -> None:
    """As in a browser that takes no module in a worker: it fails, or says nothing."""
    context = bench.context()
    context.route("**/agent/worker.js", lambda route: route.fulfill(status=404))
    pupil = bench.open(context)
    pupil.enroll(bench.link)
    pupil.start().wait_online()
    version = hub.want(pupil.id, soon(600), lock=LOCK)
    hub.wait_reported(pupil.id, version)


def test_an_agent_whose_scripts_do_not_arrive_tries_again(bench: Bench, hub: HubPeer) -> None:
    context = bench.context()
    context.route("**/agent/device.js", lambda route: route.abort())
    pupil = bench.open(context)
    pupil.enroll(bench.link)
    pupil.start()
    context.unroute("**/agent/device.js")
    pupil.wait(25, connection="online")
