"""Mosquitto as a process: what is said when it cannot start, and when it is ready."""

import contextlib
import os
import resource
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.broker.configuration import TlsFiles
from appliance.broker.process import (
    allow_open_files,
    check_configuration,
    command_line,
    find_mosquitto,
    port_is_free,
    require_free_ports,
    wait_ready,
    write_configuration,
)
from appliance.errors import CannotStart, Unavailable
from tests.support.mosquitto import Broker, running_broker, temporary_settings


def test_mosquitto_is_found_though_sbin_is_not_in_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert os.access(find_mosquitto(), os.X_OK)


def test_a_missing_mosquitto_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotStart, match="apt-get install mosquitto"):
        find_mosquitto(elsewhere=str(tmp_path))


def test_the_command_runs_mosquitto_with_our_configuration() -> None:
    with temporary_settings() as settings:
        assert command_line(settings) == [str(find_mosquitto()), "-c", str(settings.configuration_path)]


def test_a_good_configuration_passes_quickly_and_leaves_nothing() -> None:
    with temporary_settings() as settings:
        began = time.monotonic()
        check_configuration(settings)
        assert time.monotonic() - began < 15
        assert not settings.data_path.exists()
        assert not settings.runtime_path.exists()


def test_certificates_that_are_not_there_are_said_before_the_start() -> None:
    tls = TlsFiles(Path("/nowhere/chain.pem"), Path("/nowhere/key.pem"))
    with temporary_settings(tls=tls) as settings, pytest.raises(CannotStart, match=r"/nowhere/chain\.pem"):
        check_configuration(settings)


def test_an_option_that_mosquitto_does_not_know_is_said_before_the_start() -> None:
    with temporary_settings() as settings:
        wrong = replace(settings, limits=replace(settings.limits, session_expiry="a fortnight"))
        with pytest.raises(CannotStart, match="persistent_client_expiration"):
            check_configuration(wrong)


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken, temporary_settings() as settings:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        require_free_ports(settings)
        for wrong in (replace(settings, mqtt_port=port), replace(settings, websocket_port=port)):
            with pytest.raises(CannotStart, match=str(port)):
                require_free_ports(wrong)


def test_a_port_is_free_again_as_soon_as_its_user_has_gone() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Mosquitto and gunicorn do
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
        with socket.create_connection(("127.0.0.1", port)) as client:
            served, _ = taken.accept()
            served.close()  # leaves the port in TIME_WAIT, which is no reason to refuse it
            assert client.recv(1) == b""
    assert port_is_free("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "not an address"])
def test_an_address_of_another_machine_has_no_free_port(host: str) -> None:
    assert not port_is_free(host, 0)


def test_a_folder_too_long_for_a_socket_is_said_with_its_name() -> None:
    with temporary_settings() as settings:
        long = settings.runtime_path / ("x" * 100)
        with pytest.raises(CannotStart, match="trop long"):
            write_configuration(replace(settings, runtime_path=long))


def test_the_files_are_for_their_owner_only() -> None:
    with temporary_settings() as settings:
        write_configuration(settings)
        for path in (settings.configuration_path, settings.acl_path):
            assert path.stat().st_mode & 0o777 == 0o600
        assert settings.data_path.stat().st_mode & 0o777 == 0o700
        assert settings.runtime_path.stat().st_mode & 0o777 == 0o700


def test_open_files_are_allowed_up_to_what_the_machine_lets_us() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        assert allow_open_files() == min(65_536, hard if hard != resource.RLIM_INFINITY else 65_536)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_waiting_for_a_broker_that_is_not_there_ends_in_time() -> None:
    with temporary_settings() as settings:
        write_configuration(settings)
        with pytest.raises(Unavailable):
            wait_ready(settings, 0.3)


def test_waiting_ends_at_once_when_the_appliance_is_told_to_stop() -> None:
    with temporary_settings() as settings:
        write_configuration(settings)
        stop = threading.Event()
        stop.set()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            wait_ready(settings, 30, stop)
        assert time.monotonic() - began < 15


def test_a_ready_broker_is_seen_as_ready_again_and_again(broker: Broker) -> None:
    for _ in range(20):
        wait_ready(broker.settings, 5)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])  # noqa: S104 - compared, nothing listens there
def test_the_broker_listens_on_the_address_it_was_given_and_on_no_other(host: str) -> None:
    with running_broker("d-one", host=host) as broker:
        listening = listening_addresses(broker.pid)
    address = f"[{host}]" if ":" in host else host
    assert listening == {f"{address}:{port}" for port in (broker.settings.mqtt_port, broker.settings.websocket_port)}


def listening_addresses(pid: int) -> set[str]:
    """From the kernel's tables, by the sockets that the process holds."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the probe's connection was still closing
            held.add(str(link.readlink()))
    found = set()
    for table, width in (("tcp", 8), ("tcp6", 32)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in held:
                raw, port = words[1].split(":")
                found.add(f"{readable(raw, width)}:{int(port, 16)}")
    return found


def readable(raw: str, width: int) -> str:
    packed = b"".join(bytes.fromhex(raw[at : at + 8])[::-1] for at in range(0, width, 8))
    if width == 8:
        return socket.inet_ntop(socket.AF_INET, packed)
    return f"[{socket.inet_ntop(socket.AF_INET6, packed)}]"
