"""`python -m simulator --agent webview-kiosk` as a person starts it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.webview_kiosk.setup_files import BadSetup, load_setup
from tests.simulator.kiosk_bench import School, running_school, smallest_import

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def school() -> Iterator[School]:
    with running_school() as running:
        yield running


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)


def files(school: School, folder: Path) -> list[str]:
    paths = [folder / f"{name}.json" for name in ("t07", "t08")]
    for path in paths:
        path.write_text(json.dumps(smallest_import(school.port, path.stem)))
    return [str(path) for path in paths]


def test_it_runs_one_tablet_for_each_set_up_and_each_says_good_bye(school: School, tmp_path: Path) -> None:
    done = run("--agent", "webview-kiosk", "--setup", *files(school, tmp_path), "--for", "1")
    assert done.returncode == 0, done.stderr
    assert "2 tablettes Webview Kiosk" in done.stdout
    assert "Traceback" not in done.stderr
    for name in ("t07", "t08"):
        assert "connected" in school.events(name)
        assert school.messages("will", name) == []


def test_switches_and_troubles_reach_the_tablets(school: School, tmp_path: Path) -> None:
    place = files(school, tmp_path)[0]
    done = run("--agent", "webview-kiosk", "--setup", place, "--switch", "lock=LOCK_TASK", "--trouble",
               "other-username", "--for", "1", "--quiet")  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = school.wait_for_event("connected")
    assert (said["username"], said["data"]["isLocked"]) == ("somebody-else", True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--agent", "webview-kiosk"], "--setup"),
        (["--agent", "webview-kiosk", "--setup", "nowhere.json"], "Fichier illisible"),
        (["--agent", "webview-kiosk", "--setup", "http://127.0.0.1:9/kiosk/abc"], "ne répond pas"),
        (["--agent", "webview-kiosk", "--setup", "nowhere.json", "--switch", "moon=full"], "réglage inconnu"),
        ([], "--link"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_french(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text", ["{", "[]", "bm90aGluZw==", '{"mqtt.enabled": true}'])
def test_settings_that_connect_nobody_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(BadSetup):
        load_setup(str(path))
