"""What a process reads when it starts: on a small box each library costs every process its time and its memory."""

import os
import subprocess
import sys

import pytest

from tests.support.appliance import ROOT

# All are installed where these tests run, as on a machine that shows both ends.
_SELDOM = {"psycopg", "requests", "flask", "webauthn", "authlib", "odfdo"}
_PROGRAM = """
import runpy, sys
sys.argv = ["-", *sys.argv[2:]]
try:
    runpy.run_module({name!r}, run_name="__main__", alter_sys=True)
except SystemExit:
    pass
"""
_TELL = "\nimport sys\nprint('modules:', *(name for name, module in sys.modules.items() if module is not None))"


def read_by(code: str, *arguments: str) -> set[str]:
    """The modules that are there in the end."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", code + _TELL, "-", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return set(done.stdout.rpartition("modules:")[2].split())


@pytest.mark.parametrize("package", ["appliance", "central"])
def test_a_command_reads_no_library_that_it_does_not_need(package: str) -> None:
    read = read_by(_PROGRAM.format(name=package), "admin", "--help")
    assert {f"{package}.cli.admin", "peewee"} <= read
    assert read & _SELDOM == set()


@pytest.mark.parametrize(
    "module", ["appliance.cli.appliance", "appliance.broker_bridge.start", "central.cli.run", "central.cli.desk"]
)
def test_what_runs_without_pages_reads_nothing_of_theirs(module: str) -> None:
    read = read_by(f"import {module}")
    assert {module, "peewee"} <= read
    assert read & (_SELDOM - {"psycopg"}) == set()  # which `__main__` decides about, as above


def test_an_uplink_without_a_city_stays_small() -> None:
    read = read_by(_PROGRAM.format(name="uplink"), "--help")
    assert "appliance.nudge" in read
    assert read & (_SELDOM | {"peewee", "cryptography"}) == set()
