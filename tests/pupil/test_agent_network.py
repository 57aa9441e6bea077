"""A page's agent on a bad network: it comes back by itself, to the right state, and nothing is lost or doubled."""

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.pupil.agent_page import BARE, Bench
from tests.pupil.hub_peer import HubPeer, playing_hub, soon
from tests.pupil.wire import Wire
from tests.support.appliance import Appliance, wait_for
from tests.support.chromium import ARGUMENTS, CHROMIUM

LOCK = {"message": "On range"}


@pytest.fixture(scope="module")
def wire(box: Appliance) -> Iterator[Wire]:
    wire = Wire(box.websocket_port)
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def chromium(box: Appliance, wire: Wire) -> Iterator[Browser]:
    """Reaches the broker by the wire only, without knowing it: the page's policy names the broker's own port."""
    rules = ", ".join(f"MAP {host}:{box.websocket_port} 127.0.0.1:{wire.port}" for host in ("127.0.0.1", "preau.local"))
    arguments = [*ARGUMENTS, f"--host-resolver-rules={rules}, MAP preau.local 127.0.0.1"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def hub(box: Appliance, link: str) -> Iterator[HubPeer]:
    with playing_hub(box) as hub:
        yield hub


@pytest.fixture(autouse=True)
def healed(wire: Wire) -> Iterator[None]:
    yield
    wire.is_dead = wire.is_silent = False


def test_a_cut_connection_is_back_at_once_and_nobody_saw_it_go(bench: Bench, hub: HubPeer, wire: Wire) -> None:
    pupil = bench.device()
    before = len(hub.presences(pupil.id))
    wire.cut()
    wait_for(lambda: len(hub.presences(pupil.id)) > before or None, what="back")
    assert set(hub.presences(pupil.id)) == {"online"}
    assert "offline" not in [one["state"]["connection"] for one in pupil.said if one["type"] == "state"]


def test_a_proxy_that_cuts_every_few_seconds_loses_and_doubles_nothing(bench: Bench, hub: HubPeer, wire: Wire) -> None:
    pupil = bench.device()
    with wire.cut_every(2.5):
        commands = []
        for number in range(12):
            command = hub.order(pupil.id, "message", {"text": str(number)})
            commands.append(command)

            def is_done(command: str = command, number: int = number) -> bool:
                """As the hub does: again until it is acknowledged."""
                if any(one["status"] == "done" for one in hub.acks(command)):
                    return True
                hub.order(pupil.id, "message", {"text": str(number)}, command_id=command)
                return False

            wait_for(is_done, 20, f"command {number}")
        version = hub.want(pupil.id, soon(600), lock=LOCK)
        hub.wait_reported(pupil.id, version, 20)
    assert [one["args"]["text"] for one in pupil.commands] == [str(number) for number in range(12)]


def test_a_connection_that_dies_in_silence_is_noticed(bench: Bench, hub: HubPeer, wire: Wire) -> None:
    pupil = bench.device()
    wire.is_silent = True
    wait_for(lambda: pupil.state["connection"] != "online" or None, 25, "noticed")
    wire.is_silent = False
    version = hub.want(pupil.id, soon(600), lock=LOCK)
    pupil.wait_lock("On range", 30)
    hub.wait_reported(pupil.id, version)


def test_a_device_that_wakes_up_is_back_without_a_pause(bench: Bench, hub: HubPeer, wire: Wire) -> None:
    pupil = bench.device()
    wire.is_dead = True
    wire.cut()
    pupil.wait(connection="offline")
    tried = wire.connections
    wait_for(lambda: wire.connections >= tried + 3 or None, 30, "some tries, each later than the one before")
    wire.is_dead = False
    pupil.send(type="wake")
    pupil.wait(3, connection="online")


def test_what_was_done_without_network_is_said_later(bench: Bench, hub: HubPeer, wire: Wire) -> None:
    pupil = bench.device(answers=False)
    hub.wait_reported(pupil.id, hub.want(pupil.id, soon(600), lock=LOCK))
    command = hub.order(pupil.id, "message", {"text": "Bonjour"})
    pupil.wait_command("message")
    wire.is_dead = True
    wire.cut()
    pupil.wait(connection="offline")
    assert pupil.state["restrictions"]["lock"] == LOCK
    pupil.send(type="done", id=command, status="done", error=None)
    pupil.send(type="hand", raised=True)
    pupil.send(type="opened", ref="abc")
    assert not [one for one in hub.acks(command) if one["status"] == "done"]
    wire.is_dead = False
    pupil.wait(30, connection="online")
    hub.wait_ack(command, "done")
    wait_for(
        lambda: {one["type"] for one in hub.heard(pupil.id, "events")} == {"hand_raised", "document_opened"},
        5,
        "both events",
    )


def test_a_killed_broker_is_found_again_with_all_it_forgot(box: Appliance, bench: Bench, link: str) -> None:
    pupil = bench.device()
    os.kill(box.pids()["broker"], signal.SIGKILL)
    wait_for(lambda: pupil.state["connection"] != "online" or None, 10, "it is noticed")
    pupil.wait(40, connection="online")
    with playing_hub(box) as hub:
        version = hub.want(pupil.id, soon(600), lock=LOCK)
        hub.wait_reported(pupil.id, version)
        hub.wait_ack(hub.order(pupil.id, "identify", {}), "done")


def test_a_name_that_is_no_secure_context_is_enough(box: Appliance, bench: Bench, link: str, hub: HubPeer) -> None:
    pupil = bench.open(url=f"http://preau.local:{box.http_port}{BARE}")
    assert pupil.page.evaluate("isSecureContext") is False
    pupil.enroll(link)
    assert pupil.identity["websocket"].startswith("ws://preau.local:")
    pupil.start().wait_online()
    version = hub.want(pupil.id, soon(600), lock=LOCK)
    hub.wait_reported(pupil.id, version)
    hub.wait_ack(hub.order(pupil.id, "identify", {}), "done")
    pupil.reload(websocket=pupil.identity["websocket"].replace("preau.local", "192.0.2.1")).wait_online()
    pupil.wait_lock("On range", 3)
    assert bench.complaints == []
