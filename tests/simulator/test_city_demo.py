"""The demonstration as a person starts it: three schools join, a line is cut, an order waits and is done once."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from central.bootstrap import build_services, open_databases
from central.config import Config
from central.domain.orders import Wish
from central.domain.roles import CONSOLE
from central.store.database import connected
from protocol.uplink_words import InstructionKind
from simulator.city.__main__ import main
from simulator.city.plan import SCHOOLS, Town, plan
from tests.support.appliance import ROOT, wait_for
from tests.support.ports import free_ports

_START_SECONDS, _SOON, _BACK_SECONDS = 180.0, 20.0, 90.0


class Demo:
    """`python -m simulator.city` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        http, mqtt = free_ports(2)
        self.folder, self._said_path = folder / "city", folder / "said"
        self._options = ["--data", str(self.folder), "--http", str(http), "--mqtt", str(mqtt), "--devices", "2"]
        with self._said_path.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "simulator.city", *self._options], cwd=ROOT, stdout=said, stderr=said
            )
        self._ports = http, mqtt

    def wait(self) -> None:
        wait_for(self._is_ready, _START_SECONDS, "the demonstration is ready")

    @property
    def town(self) -> Town:
        return plan(self.folder, *self._ports)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return "Ctrl-C" in self.said()

    def said(self) -> str:
        return self._said_path.read_text()

    def line(self, school: str, quality: str) -> None:
        assert main([*self._options, "line", school, quality]) == 0

    def at_city(self, query: str, *values: object) -> list[object]:
        return _column(self.town.city_path / "city.db", query, *values)

    def at_school(self, query: str, *values: object) -> list[object]:
        return _column(self.town.school_path("tilleuls") / "store.db", query, *values)

    def processes(self) -> list[str]:
        """Whatever runs with its folder among the arguments."""
        lines = (_words_of(one) for one in Path("/proc").iterdir() if one.name.isdigit())
        return [line for line in lines if str(self.folder) in line]


def _column(path: Path, query: str, *values: object) -> list[object]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return [row[0] for row in connection.execute(query, values)]


def _words_of(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
    except OSError:  # it ended meanwhile
        return ""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    try:
        demo.wait()
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.terminate()
            demo.process.wait(60)


def test_an_order_waits_for_a_cut_line_is_done_once_and_both_journals_say_so(demo: Demo) -> None:
    assert sorted(map(str, demo.at_city("SELECT school_id FROM appliance WHERE hello_at IS NOT NULL"))) == sorted(
        school.uai for school in SCHOOLS
    )
    assert re.search(r"http://localhost:\d+/invitation/\S{20}", demo.said())
    assert str(demo.folder / "moulin") not in " ".join(demo.processes()), "the third school is switched off"

    demo.line("tilleuls", "cut")
    wait_for(lambda: any(demo.at_school("SELECT trouble FROM city_link")), _SOON, "the box notices the cut")
    order = _order_a_report(demo.town)
    states = "SELECT state FROM instruction WHERE order_id = ?"
    assert demo.at_city(states, order) == ["pending"]
    demo.line("tilleuls", "good")
    wait_for(lambda: demo.at_city(states, order) == ["done"], _BACK_SECONDS, "the order was carried out")

    story = ["instruction.received", "instruction.done"]
    assert demo.at_school("SELECT action FROM journal WHERE action LIKE 'instruction.%' ORDER BY id") == story
    heard = "SELECT action FROM school_audit WHERE action LIKE 'instruction.%' ORDER BY seq"
    wait_for(lambda: demo.at_city(heard) == story, _SOON, "the city has what the school's journal says")
    assert demo.at_city("SELECT action FROM journal WHERE target = ? ORDER BY id", f"order:{order}") == [
        "order.create",
        *(f"instruction.{word}" for word in ("received", "started", "done")),
    ]

    _kill_the_city(demo)
    wait_for(lambda: "De retour : la ville" in demo.said(), _BACK_SECONDS, "the city is started again, and it is said")
    assert demo.said().count("Arrêt inattendu : la ville") == 1 and "tilleuls" not in demo.said().split("Arrêt")[1]
    assert requests.get(f"http://localhost:{demo.town.city.http}/health", timeout=10).status_code == 200

    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(60) == 0
    assert demo.processes() == []


def _kill_the_city(demo: Demo) -> None:
    """Its supervisor, with -9; its children end with it."""
    for folder in Path("/proc").iterdir():
        words = _words_of(folder) if folder.name.isdigit() else ""
        if "central run" in words and str(demo.folder) in words:
            os.kill(int(folder.name), signal.SIGKILL)


def _order_a_report(town: Town) -> str:
    config = Config(town.city_path)
    open_databases(config)
    with connected():
        return build_services(config).orders.create(CONSOLE, Wish(InstructionKind.REPORT, schools=(SCHOOLS[0].uai,)))
