"""Leases and a clock that cannot be trusted: wrong by a day, set while the page runs, stopped by a sleep.

The agent runs in the page here, as in a browser that refuses it a worker, because only there can its clocks be moved.
"""

from collections.abc import Iterator

import pytest

from tests.pupil.agent_page import Bench, PupilPage
from tests.pupil.hub_peer import FREE, LESSON, HubPeer, playing_hub, soon
from tests.support.appliance import Appliance, wait_for

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
LOCK = {"message": "On range"}
NOWHERE = "ws://127.0.0.1:1/mqtt"
KEPT_VERSION = """id => new Promise((done) => {
    const opening = indexedDB.open(`preau-${id}`);
    opening.onsuccess = () => {
        const asked = opening.result.transaction("facts").objectStore("facts").get("desired");
        asked.onsuccess = () => { opening.result.close(); done(asked.result?.version ?? null); };
    };
})"""
CLOCKS = """
delete window.Worker;
const shift = (name) => Number(localStorage.getItem(name) ?? 0);
const wall = Date.now.bind(Date), steady = performance.now.bind(performance);
Date.now = () => wall() + shift("wall");
performance.now = () => steady() + shift("steady");
"""


@pytest.fixture(scope="module")
def hub(box: Appliance, link: str) -> Iterator[HubPeer]:
    with playing_hub(box) as hub:
        yield hub


@pytest.fixture
def pupil(bench: Bench) -> PupilPage:
    context = bench.context()
    context.add_init_script(CLOCKS)
    return bench.open(context)


def shift(pupil: PupilPage, **clocks: int) -> None:
    """By how many milliseconds each clock is wrong from now on."""
    pupil.page.evaluate("(all) => Object.entries(all).forEach(([name, by]) => localStorage.setItem(name, by))", clocks)


def begin(bench: Bench, pupil: PupilPage) -> PupilPage:
    pupil.enroll(bench.link)
    return pupil.start().wait_online()


def nobody_tells_the_time(pupil: PupilPage) -> None:
    pupil.page.context.route("**/api/time", lambda route: route.abort())


def locks(pupil: PupilPage) -> list[object]:
    return [one["state"]["restrictions"]["lock"] for one in pupil.said if one["type"] == "state"]


@pytest.mark.parametrize("wrong", [-DAY_MS, DAY_MS])
def test_a_wall_clock_wrong_by_a_day_does_not_matter(bench: Bench, hub: HubPeer, pupil: PupilPage, wrong: int) -> None:
    shift(pupil, wall=wrong)
    begin(bench, pupil)
    version = hub.want(pupil.id, soon(5), lock=LOCK)
    pupil.wait_lock("On range", 3)
    assert abs(pupil.state["now_offset"] + wrong) < 5_000
    said = hub.wait_reported(pupil.id, version)
    assert said["at"][:13] == soon(0).isoformat()[:13]
    hub.wait_ack(hub.order(pupil.id, "identify", {}), "done")
    pupil.wait_lock(None, 7)
    hub.wait_reported(pupil.id, version, 2, restrictions=FREE)


@pytest.mark.parametrize("wrong", [-DAY_MS, DAY_MS])
def test_a_wall_clock_that_is_set_while_the_page_runs_does_not_matter(
    bench: Bench, hub: HubPeer, pupil: PupilPage, wrong: int
) -> None:
    begin(bench, pupil)
    hub.want(pupil.id, soon(9), lock=LOCK)
    pupil.wait_lock("On range", 3)
    before = len(pupil.said)
    shift(pupil, wall=wrong)
    pupil.wait_lock(None, 12)
    changes = [one["state"] for one in pupil.said[before:] if one["type"] == "state"]
    assert all(one["restrictions"]["lock"] == LOCK for one in changes[:-1])
    hub.wait_ack(hub.order(pupil.id, "identify", {}), "done")


def test_a_sleep_of_hours_ends_the_lease_where_nobody_can_be_asked(
    bench: Bench, hub: HubPeer, pupil: PupilPage
) -> None:
    """`performance.now` stands still in a sleep on many devices; the wall clock does not."""
    begin(bench, pupil)
    hub.want(pupil.id, soon(HOUR_MS / 1000), lock=LOCK)
    pupil.wait_lock("On range", 3)
    nobody_tells_the_time(pupil)
    shift(pupil, wall=3 * HOUR_MS)
    pupil.wait_lock(None, 8)


def test_a_steady_clock_that_runs_on_in_a_sleep_ends_it_too(bench: Bench, hub: HubPeer, pupil: PupilPage) -> None:
    begin(bench, pupil)
    hub.want(pupil.id, soon(HOUR_MS / 1000), lock=LOCK)
    pupil.wait_lock("On range", 3)
    nobody_tells_the_time(pupil)
    shift(pupil, wall=3 * HOUR_MS, steady=3 * HOUR_MS)
    pupil.wait_lock(None, 4)


def test_a_lesson_of_yesterday_is_over_where_nobody_can_be_asked(bench: Bench, hub: HubPeer, pupil: PupilPage) -> None:
    begin(bench, pupil)
    version = hub.want(pupil.id, None)
    pupil.wait(lesson=LESSON)
    wait_for(lambda: pupil.page.evaluate(KEPT_VERSION, pupil.id) == version, what="it is written down")
    nobody_tells_the_time(pupil)
    shift(pupil, wall=11 * HOUR_MS)
    pupil.reload(websocket=NOWHERE)
    pupil.wait(connection="offline", lesson=LESSON)
    shift(pupil, wall=13 * HOUR_MS)
    pupil.wait(8, lesson=None)
    pupil.reload()
    pupil.wait(connection="offline", lesson=None)


def test_the_hub_corrects_a_lease_that_ended_by_mistake(bench: Bench, hub: HubPeer, pupil: PupilPage) -> None:
    begin(bench, pupil)
    hub.want(pupil.id, soon(HOUR_MS / 1000), lock=LOCK)
    pupil.wait_lock("On range", 3)
    nobody_tells_the_time(pupil)
    shift(pupil, wall=DAY_MS)
    pupil.wait_lock(None, 8)
    hub.say_time()
    pupil.wait_lock("On range", 3)


def test_a_start_without_network_keeps_the_lock_until_its_lease_ends(
    bench: Bench, hub: HubPeer, pupil: PupilPage
) -> None:
    begin(bench, pupil)
    version = hub.want(pupil.id, soon(8), lock=LOCK)
    hub.wait_reported(pupil.id, version)
    nobody_tells_the_time(pupil)
    pupil.reload(websocket=NOWHERE)
    pupil.wait_lock("On range", 3)
    pupil.wait(connection="offline")
    pupil.wait_lock(None, 9)
    pupil.reload()
    pupil.wait(connection="offline")
    assert locks(pupil) == [None] * len(locks(pupil))


@pytest.mark.parametrize("wrong", [-DAY_MS, DAY_MS])
def test_a_start_without_network_and_with_a_clock_that_was_set_holds_nobody_longer(
    bench: Bench, hub: HubPeer, pupil: PupilPage, wrong: int
) -> None:
    begin(bench, pupil)
    version = hub.want(pupil.id, soon(8), lock=LOCK)
    hub.wait_reported(pupil.id, version)
    nobody_tells_the_time(pupil)
    shift(pupil, wall=wrong)
    pupil.reload(websocket=NOWHERE)
    pupil.wait_lock(None, 10)


def test_a_command_waits_for_the_hubs_time(bench: Bench, hub: HubPeer, pupil: PupilPage) -> None:
    begin(bench, pupil)
    nobody_tells_the_time(pupil)
    shift(pupil, wall=-DAY_MS)
    pupil.reload().wait_online()
    expired = hub.order(pupil.id, "message", {"text": "Trop tard"}, lasts=-1)
    wanted = hub.order(pupil.id, "message", {"text": "Bonjour"})
    for _ in range(2):  # what is sent later has come: so have the commands
        hub.wait_reported(pupil.id, hub.want(pupil.id, None))
    assert hub.acks(expired) == hub.acks(wanted) == []
    hub.say_time()
    hub.wait_ack(expired, "expired")
    hub.wait_ack(wanted, "done")
    assert [one["args"]["text"] for one in pupil.commands] == ["Bonjour"]


def test_a_time_that_the_broker_kept_is_an_old_one(bench: Bench, hub: HubPeer, pupil: PupilPage) -> None:
    begin(bench, pupil)
    hub.want(pupil.id, soon(600), lock=LOCK)
    pupil.wait_lock("On range", 3)
    kept = b'{"now": "2031-01-01T00:00:00Z"}'
    hub.peer.publish("hub/time", kept, retain=True)
    try:
        pupil.reload().wait_online()
        pupil.wait_lock("On range", 3)
        hub.wait_ack(hub.order(pupil.id, "identify", {}), "done")
        assert pupil.state["restrictions"]["lock"] == LOCK
    finally:
        hub.peer.publish("hub/time", b"", retain=True)
