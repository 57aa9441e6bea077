"""The bench itself: it runs from end to end against a real appliance, so that it cannot rot."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench.__main__ import BENCHMARKS
from tests.support.appliance import ROOT

# Each starts a whole city: together half a minute more. `line` stands for them in every run.
WITH_FAULTS = ("herd", "order", "size")


@pytest.mark.timeout(900)
def test_every_benchmark_runs_and_leaves_json_tables_and_a_plot(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    is_long = bool(request.config.getoption("--faults"))
    names = [name for name in BENCHMARKS if is_long or name not in WITH_FAULTS]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *names, "--quick", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for name in names:
        stored = json.loads((tmp_path / f"{name}.json").read_text())
        assert stored["rows"], name
        assert {"date", "commit", "machine", "versions"} <= set(stored["facts"])
        assert all(row["what"] in done.stdout for row in stored["rows"])
    plot = ElementTree.parse(tmp_path / "growth.svg").getroot()
    assert plot.tag.endswith("svg")


def test_an_unknown_benchmark_is_refused_before_anything_starts() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", "fan-out"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "fan-out" in done.stderr
