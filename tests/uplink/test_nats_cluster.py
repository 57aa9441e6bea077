"""The same bridge, without a line of ours changed, into three NATS servers of which one is killed."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from paho.mqtt.client import Client

from appliance.broker.city_bridge import CityBridgeSettings, render_bridge
from tests.support.appliance import ROOT, wait_for
from tests.support.city_tls import Authority
from tests.support.ports import free_port
from tests.uplink.test_city_bridge import UAI, Listener, Mosquitto, connected, listening

pytestmark = pytest.mark.timeout(400)

NODES = 3


@dataclass
class Cluster:
    folder: Path
    authority: Authority
    ports: list[int]
    processes: list[subprocess.Popen[bytes]]

    def kill(self, number: int) -> None:
        self.processes[number].kill()
        self.processes[number].wait()

    def connect(self, client: Client, only: int | None = None) -> bool:
        """To the first that answers, as a bridge with several addresses does."""
        ports = self.ports if only is None else [self.ports[only]]
        return any(connected(client, port) for port in ports)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("nats")
    authority = Authority(folder)
    authority.give("localhost")
    ports, routes = [free_port() for _ in range(NODES)], [free_port() for _ in range(NODES)]
    text = (ROOT / "docs" / "nats-server.conf").read_text(encoding="utf-8")
    processes = []
    for number in range(NODES):
        given = {
            "@NAME@": f"n{number}", "@STORE@": str(folder / f"store-{number}"), "@CLIENT@": str(free_port()),
            "@ROUTE@": str(routes[number]), "@ROUTES@": ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes),
            "@MQTT@": str(ports[number]), "@FOLDER@": str(folder), "@UAI@": UAI,
        }  # fmt: skip
        written = text
        for name, value in given.items():
            written = written.replace(name, value)
        path = folder / f"nats-{number}.conf"
        path.write_text(written)
        with (folder / f"log-{number}").open("wb") as log:
            processes.append(subprocess.Popen(["/usr/sbin/nats-server", "-c", str(path)], stdout=log, stderr=log))
    try:
        yield Cluster(folder, authority, ports, processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_school_is_heard_and_hears_before_and_after_a_node_is_killed(cluster: Cluster) -> None:
    certificate, key = cluster.authority.give("central")
    school_certificate, school_key = cluster.authority.give(UAI)
    folder = cluster.folder / "school"
    folder.mkdir()
    settings = CityBridgeSettings(
        f"a-{UAI}", UAI, tuple(f"localhost:{port}" for port in cluster.ports), cluster.authority.path,
        school_certificate, school_key, folder, folder,
    )  # fmt: skip
    settings.configuration_path.write_text(render_bridge(settings))

    def to_last(client: Client) -> None:
        client.tls_set(str(cluster.authority.path), str(certificate), str(key), cert_reqs=ssl.CERT_REQUIRED)
        wait_for(lambda: cluster.connect(client, NODES - 1), 60)

    def to_socket(client: Client) -> None:
        wait_for(lambda: connected(client, 1, str(settings.socket_path)), 20)

    with listening(to_last, "schools/#") as central:
        broker = Mosquitto(settings.configuration_path)
        try:
            with listening(to_socket, "#", "unix") as school:
                central.wait(f"schools/{UAI}/up/bridge", b"1")
                wait_for(lambda: speaks(school, central, b"before"), 30)
                cluster.kill(0)  # the one that the bridge has reached first
                wait_for(
                    lambda: speaks(school, central, b"after"), 200
                )  # an election, and a bridge that waits longer each time
        finally:
            broker.kill()


def speaks(school: Listener, central: Listener, word: bytes) -> bool:
    """Both ways. Said again each time: what is on the way while a node dies may be lost, and nothing counts on it."""
    try:
        school.publish("up/live", word)
        central.publish(f"schools/{UAI}/down/look", word)
    except RuntimeError:  # between two connections
        return False
    return central.heard.get(f"schools/{UAI}/up/live") == school.heard.get("down/look") == word
