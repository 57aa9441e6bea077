"""The school's bridge and the city's broker, both real: who hears what, and what a cut or a revoked box meets."""

import signal
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from appliance.broker.city_bridge import CityBridgeSettings, read_addresses, render_bridge
from appliance.broker.process import find_mosquitto
from central.broker.configuration import CENTRAL_USERNAME, CityBrokerSettings, render_acl, render_configuration
from central.broker.connection import BrokerConnection, Heard, Membership, take_place
from protocol.uplink_live import bridge_name
from tests.support.appliance import wait_for
from tests.support.city_tls import Authority
from tests.support.ports import free_port
from uplink.live import Live

UAI, OTHER = "0750655E", "0750654D"


@dataclass
class Listener:
    """A paho client that keeps what it heard."""

    client: Client
    heard: dict[str, bytes] = field(default_factory=dict)

    def publish(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1).wait_for_publish(10)

    def wait(self, topic: str, payload: bytes) -> None:
        wait_for(lambda: self.heard.get(topic) == payload, 20)


@contextmanager
def listening(connect: Callable[[Client], object], topics: str, transport: str = "tcp") -> Iterator[Listener]:
    client = Client(CallbackAPIVersion.VERSION2, transport=transport)  # type: ignore[arg-type]  # a literal of paho's
    listener, ready = Listener(client), threading.Event()

    def heard(_client: Client, _data: object, message: MQTTMessage) -> None:
        listener.heard[message.topic] = bytes(message.payload)

    client.on_message = heard
    client.on_subscribe = lambda *_: ready.set()

    def subscribe(*_: object) -> None:
        client.subscribe(topics, 1)

    client.on_connect = subscribe
    connect(client)
    client.loop_start()
    assert ready.wait(20)
    try:
        yield listener
    finally:
        client.disconnect()
        client.loop_stop()


class Mosquitto:
    def __init__(self, configuration: Path) -> None:
        self._command = [str(find_mosquitto()), "-c", str(configuration)]
        self.process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def again(self) -> None:
        self.process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)


@dataclass
class Town:
    folder: Path
    authority: Authority
    broker: Mosquitto
    settings: CityBrokerSettings

    @contextmanager
    def central(self) -> Iterator[Listener]:
        certificate, key = self.authority.give(CENTRAL_USERNAME)

        def connect(client: Client) -> None:
            client.tls_set(str(self.authority.path), str(certificate), str(key), cert_reqs=ssl.CERT_REQUIRED)
            wait_for(lambda: connected(client, self.settings.port), 20)

        with listening(connect, "schools/#") as listener:
            yield listener

    @contextmanager
    def school(self, uai: str, certificate_of: str | None = None) -> Iterator[tuple[Listener, Mosquitto]]:
        certificate, key = self.authority.give(certificate_of or uai)
        folder = self.folder / f"school-{uai}-{certificate_of}"
        folder.mkdir(exist_ok=True)
        (folder / "city.sock").unlink(missing_ok=True)
        settings = CityBridgeSettings(
            f"a-{uai}", uai, (f"localhost:{self.settings.port}",), self.authority.path, certificate, key, folder, folder
        )
        settings.configuration_path.write_text(render_bridge(settings))
        broker = Mosquitto(settings.configuration_path)
        try:
            connect = lambda client: wait_for(lambda: connected(client, 1, str(settings.socket_path)), 20)  # noqa: E731 - one line
            with listening(connect, "#", "unix") as listener:
                yield listener, broker
        finally:
            broker.kill()


def connected(client: Client, port: int, host: str = "localhost") -> bool:
    try:
        client.connect(host, port)
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    authority = Authority(folder)
    certificate, key = authority.give("localhost")
    settings = CityBrokerSettings(
        "127.0.0.1", free_port(), authority.path, certificate, key, authority.revoked_path, folder
    )
    settings.configuration_path.write_text(render_configuration(settings))
    settings.acl_path.write_text(render_acl())
    broker = Mosquitto(settings.configuration_path)
    try:
        yield Town(folder, authority, broker, settings)
    finally:
        broker.kill()


def test_the_uplink_looks_when_it_begins_to_listen_and_whenever_it_is_told_to(town: Town) -> None:
    looks: list[int] = []

    def told() -> bool:
        central.publish(f"schools/{UAI}/down/look", b"{}")
        return len(looks) > 1

    with town.central() as central, town.school(UAI):
        central.wait(f"schools/{UAI}/up/bridge", b"1")
        socket = town.folder / f"school-{UAI}-None/city.sock"
        live = Live(socket, lambda: looks.append(1), lambda: pytest.fail("nobody watches"))
        live.start()
        try:
            wait_for(lambda: bool(looks), 20, "what was said before it listened is not said again soon")
            wait_for(told, 20)
        finally:
            live.stop()


def test_the_city_s_own_connection_comes_again_with_the_files_of_then(town: Town, tmp_path: Path) -> None:
    own = tmp_path / "client.pem"

    def show(authority: Authority) -> None:
        certificate, key = authority.give(CENTRAL_USERNAME)
        own.write_bytes(key.read_bytes() + certificate.read_bytes())

    show(town.authority)
    membership = Membership((("localhost", town.settings.port),), town.authority.path, own, own)
    heard: list[Heard] = []
    connection = BrokerConnection(membership, heard.append)
    connection.start()
    try:
        wait_for(connection.connected.is_set, 20)
        own.write_bytes(b"half a file")
        connection.again()
        wait_for(lambda: not connection.connected.is_set(), 20)
        show(town.authority)
        wait_for(connection.connected.is_set, 20)
        with town.school(UAI):
            wait_for(lambda: bool(heard), 20)
    finally:
        connection.stop()


def test_what_a_school_says_arrives_below_its_uai_and_the_city_answers_there(town: Town) -> None:
    with town.central() as central, town.school(UAI) as (school, _):
        central.wait(f"schools/{UAI}/up/bridge", b"1")
        school.publish("up/live", b"picture")
        central.wait(f"schools/{UAI}/up/live", b"picture")
        central.publish(f"schools/{UAI}/down/look", b"now")
        school.wait("down/look", b"now")


def test_a_school_that_is_cut_off_is_told_absent_by_its_will(town: Town) -> None:
    with town.central() as central, town.school(UAI, None) as (_, broker):
        central.wait(f"schools/{UAI}/up/bridge", b"1")
        broker.kill()
        central.wait(f"schools/{UAI}/up/bridge", b"0")


def test_after_the_city_was_away_the_bridge_is_back_by_itself(town: Town) -> None:
    with town.school(UAI) as (school, _):
        town.broker.kill()
        town.broker.again()
        with town.central() as central:
            central.wait(f"schools/{UAI}/up/bridge", b"1")
            school.publish("up/live", b"after")
            central.wait(f"schools/{UAI}/up/live", b"after")


def test_a_box_with_the_certificate_of_another_school_is_heard_and_hears_nowhere(town: Town) -> None:
    with town.central() as central, town.school(UAI) as (school, _), town.school(OTHER, UAI) as (thief, _):
        central.wait(f"schools/{UAI}/up/bridge", b"1")
        thief.publish("up/live", b"forged")
        central.publish(f"schools/{OTHER}/down/look", b"secret")
        school.publish("up/live", b"honest")  # a later one that arrives: what came before would be here, too
        central.wait(f"schools/{UAI}/up/live", b"honest")
        assert f"schools/{OTHER}/up/live" not in central.heard
        assert "down/look" not in thief.heard


def test_a_revoked_certificate_is_refused_once_the_list_is_read_again(town: Town) -> None:
    with town.central() as central:
        with town.school(UAI):
            central.wait(f"schools/{UAI}/up/bridge", b"1")
        town.authority.revoke(UAI)
        town.broker.process.send_signal(signal.SIGHUP)
        certificate, key = town.folder / f"{UAI}.pem", town.folder / f"{UAI}.key"
        wait_for(lambda: not _is_let_in(town, certificate, key), 20)


def _is_let_in(town: Town, certificate: Path, key: Path) -> bool:
    client = Client(CallbackAPIVersion.VERSION2)
    client.tls_set(str(town.authority.path), str(certificate), str(key))
    answered: list[bool] = []
    client.on_connect = lambda _c, _d, _f, reason, _p: answered.append(not reason.is_failure)
    client.on_disconnect = lambda *_: answered.append(False)
    try:
        client.connect("localhost", town.settings.port)
        while not answered:
            client.loop(0.1)
    except OSError:
        return False
    finally:
        client.disconnect()
    return answered[0]


def test_an_open_bridge_of_a_revoked_box_is_ended_and_does_not_come_back(town: Town) -> None:
    lost = "0750655R"
    with town.central() as central, town.school(lost) as (school, _):
        there = f"schools/{lost}/up/bridge"
        central.wait(there, b"1")
        town.authority.revoke(lost)
        town.broker.process.send_signal(signal.SIGHUP)
        certificate, key = town.authority.give(CENTRAL_USERNAME)
        membership = Membership((("localhost", town.settings.port),), town.authority.path, certificate, key)

        def is_out() -> bool:
            take_place(membership, bridge_name(f"a-{lost}"))
            return central.heard[there] == b"0"

        wait_for(is_out, 20)
        school.publish("up/live", b"still here")
        central.publish(f"schools/{UAI}/up/live", b"after it")
        central.wait(f"schools/{UAI}/up/live", b"after it")
        assert f"schools/{lost}/up/live" not in central.heard


@given(st.text())
def test_an_address_is_one_word_of_a_configuration(text: str) -> None:
    for found in read_addresses(text):
        assert found.isascii()
        assert not any(char.isspace() or char in ",#" for char in found)


@pytest.mark.parametrize("text", ["", "host", "host:0", "host:70000", "a b:8883", "h\nlistener 1:8883", "host:٣"])
def test_what_is_no_address_starts_no_bridge(text: str) -> None:
    assert read_addresses(text) == ()


def test_a_cluster_has_several_addresses() -> None:
    assert read_addresses("a.ville.fr:8883, [fe80::1]:1883,,x") == ("a.ville.fr:8883", "[fe80::1]:1883")


def test_an_id_that_could_leave_its_word_is_refused(tmp_path: Path) -> None:
    settings = CityBridgeSettings(
        "a\nlistener 1883", UAI, ("localhost:1",), tmp_path, tmp_path, tmp_path, tmp_path, tmp_path
    )
    with pytest.raises(ValueError, match="letters"):
        render_bridge(settings)
