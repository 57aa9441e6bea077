"""The import contracts hold, and would not hold for each of these violations."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import imported_packages

PACKAGES = ("appliance", "central", "protocol", "signatures", "simulator", "uplink")

# Where a line is planted, the line, and words of the contract that must refuse it.
VIOLATIONS = [
    ("appliance/domain/planted.py", "import appliance.store", "imports only lines below it"),
    ("appliance/errors.py", "import appliance.clock", "imports only lines below it"),
    ("appliance/store/planted.py", "import appliance.services", "imports only lines below it"),
    ("appliance/web/planted.py", "import appliance.broker_bridge", "imports only lines below it"),
    ("appliance/broker_bridge/planted.py", "import appliance.web", "imports only lines below it"),
    ("appliance/stranger.py", "", "every module has its place"),
    ("protocol/planted.py", "import appliance.errors", "The protocol knows nobody"),
    ("simulator/planted.py", "import appliance.errors", "The simulator knows the protocol only"),
    ("appliance/errors.py", "import simulator", "The simulator knows the protocol only"),
    ("appliance/domain/planted.py", "import peewee", "The database library"),
    ("appliance/web/planted.py", "import apsw", "The database library"),
    ("appliance/broker_bridge/planted.py", "import paho.mqtt.client", "The MQTT library"),
    ("appliance/services/planted.py", "import flask", "Flask, its family"),
    ("appliance/broker_bridge/planted.py", "from werkzeug import http", "Flask, its family"),
    ("appliance/services/planted.py", "import requests", "The HTTP client"),
    ("appliance/web/planted.py", "import argon2", "Password hashes"),
    ("appliance/web/planted.py", "import zeroconf", "The network's announcement"),
    ("appliance/web/planted.py", "import netifaces", "The machine is asked"),
    ("appliance/services/planted.py", "import uplink", "The uplink is above the appliance"),
    ("central/services/planted.py", "import appliance.errors", "Central knows the protocol and"),
    ("uplink/planted.py", "import central.errors", "Nobody knows central"),
    ("signatures/planted.py", "import central.errors", "The check of signatures knows"),
    ("central/domain/planted.py", "import central.store", "Inside central"),
    ("central/stranger.py", "", "Inside central"),
    ("central/web/planted.py", "import cryptography", "Keys and certificates"),
    ("central/services/planted.py", "import psycopg", "PostgreSQL's driver"),
]


@pytest.fixture(scope="module")
def tree(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy for all tests of this file: each takes away again what it has planted."""
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(root / package, copy / package, ignore=_all_but_modules)
    shutil.copy(root / "pyproject.toml", copy)
    return copy


def _all_but_modules(folder: str, names: list[str]) -> set[str]:
    leave_out = {"__pycache__", "static", "templates", "translations", "examples"}
    return {name for name in names if name in leave_out or not (name.endswith(".py") or (Path(folder) / name).is_dir())}


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    result = lint(tree)
    assert (result.returncode, "0 broken" in result.stdout) == (0, True), result.stdout


@pytest.mark.parametrize(("place", "line", "contract"), VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(tree: Path, place: str, line: str, contract: str) -> None:
    module = tree / place
    before = module.read_bytes() if module.exists() else None
    try:
        module.write_bytes((before or b"") + f"\n{line}\n".encode())
        result = lint(tree)
    finally:
        module.unlink()
        if before is not None:
            module.write_bytes(before)
    broken = [text for text in result.stdout.splitlines() if text.endswith("BROKEN")]
    assert result.returncode == 1, result.stdout
    assert len(broken) == 1, result.stdout
    assert contract in broken[0]


def test_the_protocol_imports_the_standard_library_only(root: Path) -> None:
    assert imported_packages(root / "protocol") - sys.stdlib_module_names == {"protocol"}
