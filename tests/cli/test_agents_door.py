"""The agents' door opens and closes while a school works, and no tablet notices."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from appliance.bootstrap import agents_broker_settings
from appliance.cli.options import as_arguments
from appliance.clock import HubClock
from appliance.config import Config, default_agents_port
from appliance.domain.people import CONSOLE
from appliance.nudge import NudgeSender
from appliance.services.agent_links import AgentLinks
from appliance.store.database import open_store
from appliance.store.models import database
from protocol.device import Presence, encode_presence
from tests.support.appliance import Appliance, running_appliance, wait_for
from tests.support.mqtt import Address, Login, Manners, Peer
from tests.support.ports import free_ports


class Hub:
    def __init__(self, box: Appliance, port: int) -> None:
        self.box, self.port = box, port
        self.config = Config(box.data_path, agents_port=port)
        open_store(self.config.store_path)
        box.add_user("martin", "administrator")
        self._director = box.browser("martin")

    def say(self, *, allowed: bool) -> None:
        """As the administration's page does."""
        nudge = NudgeSender(self.config.runtime_path, "bridge")
        with database.connection_context():
            links = AgentLinks(HubClock(self.config.runtime_path), nudge, lambda: None, self.port)
            links.enable(CONSOLE) if allowed else links.disable(CONSOLE)

    def page(self) -> str:
        """What the administration says of it."""
        return self._director.get("/admin/agents").text

    def is_open(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    (port,) = free_ports(1)
    with running_appliance(tmp_path_factory.mktemp("box"), "--agents", str(port)) as box:
        yield Hub(box, port)
    database.close()


def enrolled(box: Appliance) -> Login:
    token = box.new_link().rsplit("/", 1)[-1]
    body = {
        "token": token,
        "serial": "S1",
        "manufacturer": "x",
        "model": "y",
        "kind": "tablet",
        "os": "z",
        "agent": "t",
    }
    answer = requests.post(f"{box.url}/api/devices", json={**body, "capabilities": ["message"]}, timeout=10).json()
    return Login(answer["id"], answer["mqtt"]["password"])


def test_the_door_is_shut_until_it_is_allowed_and_shut_again_after(hub: Hub) -> None:
    assert not hub.is_open()
    login = enrolled(hub.box)
    with Peer(Address(port=hub.box.mqtt_port), login, Manners(clean=True)) as tablet:
        before = hub.box.pids()
        for _ in range(2):
            hub.say(allowed=True)
            wait_for(hub.is_open, what="the door opens")
            wait_for(lambda: "agents" in hub.box.pids(), what="its process is known")
            hub.say(allowed=False)
            wait_for(lambda: not hub.is_open(), what="the door closes")
            wait_for(lambda: "agents" not in hub.box.pids(), what="its process is gone")
        assert hub.box.pids() == before
        assert tablet.publish(f"devices/{login.username}/presence", encode_presence(Presence.ONLINE)) == 0
        assert tablet.is_connected


def test_a_broker_that_dies_is_started_again(hub: Hub) -> None:
    hub.say(allowed=True)
    first = wait_for(lambda: hub.box.pids().get("agents"), what="its process")
    wait_for(hub.is_open, what="the door opens")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: hub.box.pids()["agents"] != first, what="another process")
    wait_for(hub.is_open, what="the door opens again")
    hub.say(allowed=False)
    wait_for(lambda: not hub.is_open(), what="the door closes")


def test_a_port_that_somebody_took_meanwhile_leaves_the_door_shut_until_it_is_free(hub: Hub) -> None:
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", hub.port))
        stranger.listen()
        hub.say(allowed=True)
        wait_for(lambda: "agents_door_stays_closed" in hub.box.log(), what="it is said")
        assert "agents" not in hub.box.pids()
        assert "ne s’ouvre pas" in hub.page()
    wait_for(lambda: "agents" in hub.box.pids(), what="the door opens")
    wait_for(lambda: f"ouverte, port {hub.port}" in hub.page().replace("\xa0", " "), what="the page says so")
    assert hub.box.log().count("agents_door_stays_closed") == 1
    hub.say(allowed=False)
    wait_for(lambda: not hub.is_open(), what="the door closes")


def test_an_appliance_that_starts_with_agents_allowed_opens_the_door(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with running_appliance(tmp_path, "--agents", str(port)) as box:
        hub = Hub(box, port)
        hub.say(allowed=True)
        wait_for(hub.is_open, what="the door opens")
        box.stop()
        assert not hub.is_open()
        box.start()
        wait_for(hub.is_open, what="the door opens by itself")
    database.close()


def test_the_agents_port_is_the_next_one_that_this_appliance_does_not_use() -> None:
    assert default_agents_port(1883) == 1884
    assert default_agents_port(1883, 1884, 1885) == 1886
    assert default_agents_port(65_535) == 65_534


def test_its_children_are_told_the_port_and_its_socket_fits(tmp_path: Path) -> None:
    config = Config(tmp_path, agents_port=2000)
    arguments = as_arguments(config)
    assert arguments[arguments.index("--agents") + 1] == "2000"
    settings = agents_broker_settings(config)
    assert settings.mqtt_port == 2000
    assert len(bytes(settings.socket_path)) <= 107
