"""The server as processes: it starts from nothing, stands its own deaths and its database's, and leaves nobody."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from protocol.uplink_door import encode_certificate_request
from tests.support.appliance import ROOT, wait_for
from tests.support.central import HOST, Box, Central, new_csr, new_key, running_central, uai_of
from tests.support.ports import free_ports
from tests.support.postgres import Postgres
from tests.support.processes import family, wait_gone


@pytest.fixture(scope="module")
def city(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    """On PostgreSQL, with two workers."""
    url = postgres.new_database("processes")
    with running_central(tmp_path_factory.mktemp("city"), "--workers", "2", database_url=url) as central:
        central.new_school()
        yield central


@pytest.fixture(scope="module")
def box(city: Central, tmp_path_factory: pytest.TempPathFactory) -> Box:
    return city.new_box(tmp_path_factory.mktemp("box"), uai_of(1))


def renewing(box: Box) -> requests.Response:
    return box.post("certificate", encode_certificate_request(new_csr(new_key())))


def works(box: Box) -> bool:
    try:
        return renewing(box).status_code == 200
    except requests.ConnectionError:
        return False


def test_one_line_says_where_it_is(city: Central) -> None:
    said = [line for line in city.log().splitlines() if "Ctrl-C" in line]
    assert len(said) == 1
    assert city.console_url in said[0]
    assert f"{HOST}:{city.uplink_port}" in said[0]
    assert city.database_url not in city.log()


def test_a_door_that_is_killed_opens_again(city: Central, box: Box) -> None:
    before = family(city.pids()["door"])
    os.kill(before[0], signal.SIGKILL)
    wait_gone(before)  # its workers would still answer for a moment
    wait_for(lambda: works(box), 20, "it answers")


def test_a_database_that_is_away_is_said_with_when_to_come_back_and_heals(
    city: Central, box: Box, postgres: Postgres
) -> None:
    assert works(box)
    postgres.stop()
    try:
        for _ in range(3):
            away = renewing(box)
            assert (away.status_code, away.json()) == (503, {"error": "database_away"})
            assert int(away.headers["Retry-After"]) >= 1
        assert requests.get(f"{city.url}/health", verify=str(city.authority_path), timeout=20).status_code == 503
    finally:
        postgres.start()
    wait_for(lambda: works(box), 20, "it answers again")
    assert "Traceback" not in city.log()


def test_a_worker_that_is_born_while_the_database_is_away_says_so_and_opens_when_it_is_back(
    city: Central, box: Box, postgres: Postgres
) -> None:
    postgres.stop()
    try:
        for name in ("door", "console"):
            _, *workers = family(city.pids()[name])
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            wait_gone(workers)
        away = renewing(box)
        assert (away.status_code, away.json()) == (503, {"error": "database_away"})
        assert int(away.headers["Retry-After"]) >= 1
        page = requests.get(f"{city.console_url}/sign-in", headers={"Accept": "text/html"}, timeout=20)
        assert (page.status_code, "ne répond pas" in page.text) == (503, True)
    finally:
        postgres.start()
    wait_for(lambda: works(box), 20, "the door answers again")
    wait_for(lambda: requests.get(f"{city.console_url}/health", timeout=20).ok, 20, "the console answers again")
    assert "Traceback" not in city.log()


def test_a_second_server_in_the_same_folder_is_refused(city: Central) -> None:
    http_port, uplink_port = free_ports(2)
    second = Central(city.data_path, http_port, uplink_port, city.log_path.with_name("second"), city.database_url)
    with pytest.raises(AssertionError, match="travaille déjà"):
        second.start()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        city = Central(tmp_path / "city", free_ports(1)[0], taken.getsockname()[1], tmp_path / "log")
        with pytest.raises(AssertionError, match="--uplink PORT"):
            city.start()


def test_other_keys_than_those_that_the_database_knows_do_not_start(city: Central, tmp_path: Path) -> None:
    """The folder was lost, or the wrong one was given: no school would be recognized."""
    http_port, uplink_port = free_ports(2)
    lost = Central(tmp_path / "empty", http_port, uplink_port, tmp_path / "log", city.database_url)
    with pytest.raises(AssertionError, match="depuis sa sauvegarde"):
        lost.start()
    assert not list((tmp_path / "empty/secrets").glob("*.key"))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_three_that_start_at_once_on_a_fresh_folder_agree(engine: str, postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database("fresh") if engine == "postgresql" else ""
    code = (
        "import pathlib, sys\n"
        "from central.bootstrap import build_services, open_databases\nfrom central.config import Config\n"
        f"config = Config(pathlib.Path({str(tmp_path)!r}), database_url={url!r})\n"
        "sys.stdin.read()\n"
        "open_databases(config)\nservices = build_services(config)\n"
        "print(services.keys.mark, services.keys.online.public)\n"
    )
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, **pipes) for _ in range(3)]
    for one in started:
        assert one.stdin is not None
        one.stdin.close()
    said = {one.stdout.read() for one in started if one.stdout is not None}
    assert [one.wait(30) for one in started] == [0, 0, 0]
    assert len(said) == 1, said
    for one in started:
        assert one.stdout is not None
        one.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nobody_outlives_the_supervisor(number: signal.Signals, tmp_path: Path) -> None:
    http_port, uplink_port = free_ports(2)
    city = Central(tmp_path / "city", http_port, uplink_port, tmp_path / "log")
    city.start()
    assert city.process is not None
    everybody = family(city.process.pid)
    assert len(everybody) >= 6, "the supervisor, console, door and their workers, desk"
    status = city.stop(number)
    assert status == (0 if number == signal.SIGINT else -signal.SIGKILL)
    wait_gone(everybody)
