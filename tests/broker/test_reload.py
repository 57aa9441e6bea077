"""What a change of credentials does to a running broker: at once for whom it concerns, nothing for the others."""

import os
import signal
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.broker import password_file
from appliance.broker.credentials import hash_password, verify_password, write_atomically
from appliance.broker.probe import Answer, Deadline, ask
from appliance.broker.reload import Outcome, apply_credentials, catch_up
from appliance.errors import Invalid, Unavailable
from tests.support.crowd import Crowd
from tests.support.mosquitto import Broker, running_broker, temporary_settings
from tests.support.mqtt import Peer


def test_a_new_device_is_let_in_as_soon_as_the_call_returns(broker: Broker) -> None:
    for number in range(20):
        assert broker.enroll(f"d-new-{number}") is Outcome.RELOADED
        assert broker.lets_in(f"d-new-{number}")


@pytest.mark.contract("1.removed_device_loses_its_password_at_once", "1.removed_device_loses_its_connection_at_once")
@pytest.mark.parametrize("transport", ["tcp", "websockets"])
@pytest.mark.parametrize("version", [4, 5])
def test_a_removed_device_loses_connection_and_password_and_its_will_is_sent(
    broker: Broker, transport: str, version: int
) -> None:
    will = ("devices/d-one/presence", b"offline")
    with broker.hub() as hub:
        hub.subscribe("devices/#")
        device = broker.device("d-one", transport, version=version, will=will)  # type: ignore[arg-type]  # both versions are tried
        assert device.connect() == 0
        broker.remove("d-one")
        device.wait_for_end()
        hub.wait_for(b"offline")
        assert not broker.lets_in("d-one")


@pytest.mark.contract("1.same_serial_gets_a_new_password")
@pytest.mark.parametrize("version", [4, 5])
def test_a_new_password_ends_the_connection_made_with_the_old_one(broker: Broker, version: int) -> None:
    old = broker.passwords["d-one"]
    device = broker.device("d-one", version=version)
    assert device.connect() == 0
    broker.enroll("d-one")
    device.wait_for_end()
    assert broker.lets_in("d-one")
    broker.passwords["d-one"] = old
    assert not broker.lets_in("d-one")


def test_nothing_of_the_old_session_is_left_to_a_device_that_comes_back(broker: Broker) -> None:
    with broker.device("d-one") as device:
        device.subscribe("devices/d-one/commands")
    with broker.hub() as hub:
        hub.publish("devices/d-one/commands", b"for the one who had this tablet before")
        broker.enroll("d-one")
        with broker.device("d-one") as device:
            device.subscribe("devices/d-one/commands")
            hub.publish("devices/d-one/commands", b"new")
            device.wait_for(b"new")
            assert len(device.messages) == 1


def test_changes_to_some_lose_no_message_and_no_connection_of_the_others() -> None:
    names = [f"d-{number}" for number in range(600)]
    with running_broker(*names) as broker, Crowd(broker.settings.mqtt_port, broker.passwords) as crowd:
        with broker.hub() as hub:
            for turn in range(5):
                broker.enroll(f"d-new-{turn}", "d-0")
                broker.remove(f"d-new-{turn}")
                say_to_all(hub, names[1:], b"%d" % turn)
            received = {name: tuple(crowd.receive(name) for _ in range(5)) for name in names[1:]}
        assert set(received.values()) == {(b"0", b"1", b"2", b"3", b"4")}
        assert crowd.gone(names) == ["d-0"]


def say_to_all(hub: Peer, names: list[str], payload: bytes) -> None:
    for name in names:
        hub.send(f"devices/{name}/commands", payload)


def test_messages_that_flow_during_reloads_all_arrive(broker: Broker) -> None:
    done = threading.Event()

    def change() -> None:
        number = 0
        while not done.is_set():
            broker.enroll(f"d-new-{number % 50}")
            number += 1

    with broker.hub() as hub, broker.device("d-one") as device, ThreadPoolExecutor(1) as pool:
        hub.subscribe("devices/#")
        changes = pool.submit(change)
        for number in range(2_000):
            device.send("devices/d-one/events", b"%d" % number)
        received = [m.payload for m in hub.wait_for_count(2_000)]
        done.set()
        changes.result()
    assert received == [b"%d" % number for number in range(2_000)]


def test_the_same_credentials_again_cost_no_reload(broker: Broker) -> None:
    before = broker.settings.credentials_path.stat()
    assert broker.apply() is Outcome.UNCHANGED
    after = broker.settings.credentials_path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_writer_killed_before_the_reload_is_made_good_by_the_next_call(broker: Broker) -> None:
    """The file is new, the broker was never told: the canary of the file is refused, so the next call tells it."""
    broker.credentials["d-new"] = hash_password("password")
    broker.passwords["d-new"] = "password"
    settings = broker.settings
    current = password_file.read(settings.credentials_path)
    written = current.changed_to(password_file.everyone(settings, broker.credentials, current))
    write_atomically(settings.credentials_path, written.render())
    assert not broker.lets_in("d-new")
    assert broker.apply() is Outcome.RELOADED
    assert broker.lets_in("d-new")


def test_a_broker_that_started_with_an_older_file_catches_up(broker: Broker) -> None:
    """What `wait_ready` does after a start that raced with a change."""
    settings = broker.settings
    current = password_file.read(settings.credentials_path)
    written = current.changed_to(dict(current.credentials) | {"d-new": hash_password("password")})
    write_atomically(settings.credentials_path, written.render())
    broker.passwords["d-new"] = "password"
    assert catch_up(settings) is Outcome.RELOADED
    assert broker.lets_in("d-new")
    assert catch_up(settings) is Outcome.UNCHANGED


def test_with_the_broker_down_the_change_waits_for_its_start(broker: Broker) -> None:
    broker.kill()
    assert broker.enroll("d-new") is Outcome.BROKER_DOWN
    assert broker.remove("d-two") is Outcome.BROKER_DOWN
    broker.start_as_it_is()
    assert broker.lets_in("d-new")
    assert not broker.lets_in("d-two")


def test_folders_that_are_not_there_yet_are_made() -> None:
    with temporary_settings() as settings:
        assert apply_credentials(settings, dict) is Outcome.BROKER_DOWN
        assert settings.credentials_path.stat().st_mode & 0o777 == 0o600
        assert settings.data_path.stat().st_mode & 0o777 == 0o700


def test_a_broker_that_does_not_answer_is_said_in_time_and_made_good_later(broker: Broker) -> None:
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        broker.credentials["d-new"] = hash_password("password")
        broker.passwords["d-new"] = "password"
        began = time.monotonic()
        with pytest.raises(Unavailable, match="broker_unavailable"):
            apply_credentials(broker.settings, lambda: broker.credentials, 0.5)
        assert time.monotonic() - began < 10
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    assert broker.apply() in {Outcome.RELOADED, Outcome.UNCHANGED}
    assert broker.lets_in("d-new")


@pytest.mark.parametrize("name", ["hub", "canary"])
def test_our_own_names_are_not_for_devices(broker: Broker, name: str) -> None:
    with pytest.raises(Invalid, match="username_reserved"):
        apply_credentials(broker.settings, lambda: {name: hash_password("x")})
    assert broker.lets_in("d-one")


@pytest.mark.parametrize("name", ["", "d+", "d#", "d/e", "d:e", "d e", "d\ne", "D", "é", "d" * 41])
def test_a_name_that_could_harm_the_file_or_the_topics_is_refused_and_nothing_is_changed(
    broker: Broker, name: str
) -> None:
    before = broker.settings.credentials_path.read_text()
    with pytest.raises(Invalid, match="username"):
        apply_credentials(broker.settings, lambda: {**broker.credentials, name: hash_password("x")})
    assert broker.settings.credentials_path.read_text() == before


def test_a_store_that_fails_to_load_stops_only_its_own_caller(broker: Broker) -> None:
    def load() -> Mapping[str, str]:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        apply_credentials(broker.settings, load)
    assert broker.enroll("d-new") is Outcome.RELOADED


def test_our_own_user_stays_connected_through_every_change(broker: Broker) -> None:
    with broker.hub(clean=False) as hub:
        for number in range(5):
            broker.enroll("d-one", f"d-{number}")
        assert hub.is_connected
        assert hub.publish("hub/time", b"{}") in {0, 0x10}


def test_the_hubs_password_is_one_for_all_and_readable_by_nobody_else(broker: Broker) -> None:
    settings = broker.settings
    with ThreadPoolExecutor(8) as pool:
        settings.hub_password_path.unlink()
        made = set(pool.map(lambda _: password_file.hub_password(settings), range(8)))
    assert len(made) == 1
    assert settings.hub_password_path.stat().st_mode & 0o777 == 0o600
    broker.apply()
    assert ask(settings.socket_path, password_file.hub_login(settings), Deadline(5)) is Answer.ACCEPTED
    known = password_file.read(settings.credentials_path).credentials["hub"]
    assert verify_password(known, made.pop())
