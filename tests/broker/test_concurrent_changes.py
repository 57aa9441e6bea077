"""Many who change credentials at the same time, in one process and in several."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.broker import password_file
from appliance.broker.credentials import hash_password
from appliance.broker.reload import Outcome, apply_credentials
from appliance.errors import Unavailable
from tests.support.mosquitto import Broker

CALLER = """
import sys, pathlib
from appliance.broker.configuration import BrokerSettings
from appliance.broker.reload import apply_credentials
folder, data, run = map(pathlib.Path, sys.argv[1:])
settings = BrokerSettings("127.0.0.1", 1, 2, data, run)
def load():
    return dict(path.read_text().split(":") for path in folder.iterdir() if path.suffix == ".device")
print("ready", flush=True)
for line in sys.stdin:
    name, password_hash = line.split()
    aside = folder / name
    aside.write_text(f"{name}:{password_hash}")
    aside.rename(folder / f"{name}.device")
    print(name, apply_credentials(settings, load, 20), flush=True)
"""


@pytest.fixture
def store_of_files(tmp_path: Path) -> Iterator[Path]:
    """A store that several processes can commit to: one file a device."""
    yield tmp_path


def test_changes_of_several_processes_at_once_are_all_known_when_their_calls_return(
    broker: Broker, store_of_files: Path
) -> None:
    for name, known in broker.credentials.items():
        (store_of_files / f"{name}.device").write_text(f"{name}:{known}")
    arguments = [str(path) for path in (store_of_files, broker.settings.data_path, broker.settings.runtime_path)]
    callers = [
        subprocess.Popen(
            [sys.executable, "-c", CALLER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    try:
        with ThreadPoolExecutor(4) as pool:
            outcomes = [outcome for each in pool.map(drive, callers, range(4), [broker] * 4) for outcome in each]
    finally:
        for caller in callers:
            caller.kill()
            caller.wait()
    assert len(outcomes) == 40
    assert set(outcomes) <= {"reloaded", "covered", "unchanged"}


def drive(caller: "subprocess.Popen[str]", number: int, broker: Broker) -> list[str]:
    """Has one process enroll ten devices, each tried as soon as it is told to be known."""
    assert caller.stdin is not None and caller.stdout is not None
    assert caller.stdout.readline() == "ready\n"
    outcomes = []
    for turn in range(10):
        name = f"d-{number}-{turn}"
        broker.passwords[name] = "password"
        caller.stdin.write(f"{name} {hash_password('password')}\n")
        caller.stdin.flush()
        told, outcome = caller.stdout.readline().split()
        assert told == name
        assert broker.lets_in(name)
        outcomes.append(outcome)
    caller.stdin.close()
    assert caller.wait(20) == 0
    caller.stdout.close()
    return outcomes


def test_a_hundred_enrollments_at_once_share_a_few_reloads(broker: Broker) -> None:
    committed: dict[str, str] = dict(broker.credentials)
    guard = threading.Lock()

    def load() -> dict[str, str]:
        with guard:
            return dict(committed)

    def enroll(number: int) -> Outcome:
        with guard:
            committed[f"d-{number}"] = known[number]
        outcome = apply_credentials(broker.settings, load, 20)
        assert f"d-{number}" in password_file.read(broker.settings.credentials_path).credentials
        return outcome

    known = [hash_password("password") for _ in range(100)]
    with ThreadPoolExecutor(100) as pool:
        outcomes = list(pool.map(enroll, range(100)))
    assert outcomes.count(Outcome.RELOADED) <= 30
    assert outcomes.count(Outcome.COVERED) >= 50
    broker.passwords |= {f"d-{number}": "password" for number in range(100)}
    assert all(broker.lets_in(f"d-{number}") for number in range(0, 100, 9))


def test_a_caller_that_was_stopped_while_it_holds_the_turn_does_not_block_the_others_for_ever(broker: Broker) -> None:
    holding, release = threading.Event(), threading.Event()

    def slow() -> dict[str, str]:
        holding.set()
        release.wait(20)
        return dict(broker.credentials)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(apply_credentials, broker.settings, slow, 20)
        holding.wait(20)
        with pytest.raises(Unavailable, match="broker_busy"):
            apply_credentials(broker.settings, lambda: broker.credentials, 0.2)
        release.set()
        assert first.result() in {Outcome.UNCHANGED, Outcome.RELOADED}
    assert broker.enroll("d-new") is Outcome.RELOADED
