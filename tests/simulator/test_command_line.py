"""`python -m simulator` as a person starts and ends it."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from protocol.device import Leaf
from tests.simulator.appliance_http import Answer
from tests.simulator.school import School, until

REPOSITORY = Path(__file__).parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_cleanly_and_the_devices_say_good_bye(school: School, number: signal.Signals) -> None:
    process = start("--link", school.link, "--devices", "2", "--profile", "idle")
    try:
        asyncio.run(until(lambda: all(school.heard(f"d-0000000{n}", Leaf.PRESENCE) for n in (1, 2))))
    finally:
        process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "2 appareils simulés en marche" in out
    assert "Traceback" not in err
    for n in (1, 2):
        assert school.heard(f"d-0000000{n}", Leaf.PRESENCE)[-1] == b"offline"


def test_it_ends_by_itself_after_the_time_that_was_asked_for(school: School) -> None:
    process = start("--link", school.link, "--devices", "1", "--profile", "idle", "--for", "0.5")
    _out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    facts = [line.split("fact=")[1].split()[0] for line in err.splitlines() if "fact=" in line]
    assert facts == ["connected", "disconnected", "stopped"]


def test_a_link_read_from_standard_input_is_no_ones_to_list(school: School) -> None:
    command = [sys.executable, "-m", "simulator", "--link", "-", "--devices", "1", "--for", "0.5"]
    done = subprocess.run(
        command, cwd=REPOSITORY, input=f"{school.link}\n", capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "1 appareils simulés en marche" in done.stdout
    assert school.link not in done.stdout + done.stderr


def test_no_password_is_ever_logged(school: School) -> None:
    process = start("--link", school.link, "--devices", "1", "--for", "0.5")
    out, err = process.communicate(timeout=20)
    assert school.broker.passwords["d-00000001"] not in out + err
    assert "jeton" not in out + err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--link", "boitier"], "Ce n’est pas un lien d’inscription"),
        (["--link", "http://127.0.0.1:9/t/x"], "Boîtier injoignable"),
        (["--link", "http://127.0.0.1:9/t/x", "--profile", "casse-cou"], "profil inconnu"),
    ],
)
def test_what_is_wrong_is_said_in_french_and_in_one_line(arguments: list[str], words: str) -> None:
    out, err = start(*arguments).communicate(timeout=30)
    assert words in err
    assert "Traceback" not in out + err


def test_a_refused_link_ends_it_with_an_error(school: School) -> None:
    school.http.answers.append(Answer(401))
    process = start("--link", school.link)
    _out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "Lien d’inscription inconnu" in err
