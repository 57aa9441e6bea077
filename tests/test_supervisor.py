"""Processes are kept, healed and ended; a supervisor that is killed leaves nobody behind."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import CannotStart
from appliance.supervisor import Program, Supervisor
from tests.support.appliance import wait_for
from tests.support.processes import is_alive, wait_gone

ROOT = Path(__file__).resolve().parents[1]
STAYS = (sys.executable, "-c", "import signal; signal.pause()")


class Keeping:
    """A supervisor with children, driven step by step."""

    def __init__(self, folder: Path, *programs: Program) -> None:
        self.status_path = folder / "processes.json"
        self.stopping = threading.Event()
        self.supervisor = Supervisor(programs, self.status_path, self.stopping)

    def status(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = json.loads(self.status_path.read_text())
        return found

    def pid(self, name: str) -> int:
        return self.status()[name]["pid"]


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Keeping]:
    keeping = Keeping(tmp_path, Program("one", STAYS), Program("two", STAYS))
    keeping.supervisor.start()
    yield keeping
    keeping.supervisor.stop()


def test_programs_start_in_order_each_ready_before_the_next(tmp_path: Path) -> None:
    said: list[str] = []
    keeping = Keeping(
        tmp_path,
        Program("one", STAYS, lambda: said.append("one")),
        Program("two", STAYS, lambda: said.append("two")),
    )
    keeping.supervisor.start()
    assert said == ["one", "two"]
    keeping.supervisor.stop()


@pytest.mark.parametrize("name", ["one", "two"])
def test_each_child_that_is_killed_is_there_again_and_the_others_live_on(keeping: Keeping, name: str) -> None:
    killed, others = keeping.pid(name), {keeping.pid("one"), keeping.pid("two")} - {keeping.pid(name)}
    loop = threading.Thread(target=keeping.supervisor.run, args=(lambda: None,))
    loop.start()
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: keeping.pid(name) != killed and is_alive(keeping.pid(name)), what="healed")
    assert all(is_alive(other) for other in others)
    assert keeping.status()[name]["restarts"] == 1
    keeping.stopping.set()
    loop.join()


def test_who_dies_for_the_first_time_is_started_again_almost_at_once(keeping: Keeping) -> None:
    died_at, pid = time.monotonic(), keeping.pid("one")
    os.kill(pid, signal.SIGKILL)
    wait_gone([pid])
    keeping.supervisor.step(died_at)
    keeping.supervisor.step(died_at + 0.2)
    assert keeping.pid("one") != pid


def test_a_child_that_always_dies_is_not_started_faster_and_faster(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, Program("broken", (sys.executable, "-c", "raise SystemExit(3)")))
    keeping.supervisor.start()
    starts, now = [0.0], 0.0
    while now < 60:
        before = keeping.pid("broken")
        wait_gone([before])
        keeping.supervisor.step(now)
        if keeping.pid("broken") != before:
            starts.append(now)
        now += 0.1
    keeping.supervisor.stop()
    assert len(starts) < 20, "no spinning"
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts[5:])]
    assert all(4.9 < pause < 5.3 for pause in pauses), "and no giving up"


def test_a_child_that_lived_long_is_forgiven(keeping: Keeping) -> None:
    now = time.monotonic()
    for died_at, restarts in ((now, 1), (now + 10, 2), (now + 100, 0)):
        pid = keeping.pid("one")
        os.kill(pid, signal.SIGKILL)
        wait_gone([pid])
        keeping.supervisor.step(died_at)
        keeping.supervisor.step(died_at + 6)
        assert keeping.status()["one"]["restarts"] == restarts
        assert keeping.pid("one") != pid


def test_stopping_ends_all_in_reverse_order_and_takes_the_status_away(tmp_path: Path) -> None:
    note = tmp_path / "note"
    script = (
        "import pathlib, signal, sys\n"
        f"def end(*_): pathlib.Path({str(note)!r}).open('a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(tmp_path)!r}, sys.argv[1]).touch()\n"
        "signal.pause()"
    )
    keeping = Keeping(tmp_path, *(Program(name, (sys.executable, "-c", script, name)) for name in "ab"))
    keeping.supervisor.start()
    for name in "ab":
        wait_for((tmp_path / name).exists, what=name)
    pids = [keeping.pid(name) for name in "ab"]
    keeping.supervisor.stop()
    assert note.read_text() == "ba"
    assert not any(map(is_alive, pids))
    assert not keeping.status_path.exists()


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.supervisor._STOP_SECONDS", 0.2)
    deaf = "import pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    deaf += f"pathlib.Path({str(tmp_path / 'deaf')!r}).touch(); signal.pause(); signal.pause()"
    keeping = Keeping(tmp_path, Program("deaf", (sys.executable, "-c", deaf)))
    keeping.supervisor.start()
    wait_for((tmp_path / "deaf").exists, what="deaf to SIGTERM")
    pid = keeping.pid("deaf")
    keeping.supervisor.stop()
    assert not is_alive(pid)


def test_a_program_that_is_not_there_stops_the_start_with_its_name(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path, Program("x", ("/nowhere/mosquitto",)))
    with pytest.raises(CannotStart) as caught:
        keeping.supervisor.start()
    assert "/nowhere/mosquitto" in str(caught.value)
    keeping.supervisor.stop()


def test_a_program_that_is_gone_for_a_while_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.symlink_to(sys.executable)
    keeping = Keeping(tmp_path, Program("gone", (str(program), *STAYS[1:])), Program("two", STAYS))
    keeping.supervisor.start()
    pid = keeping.pid("gone")
    program.unlink()
    os.kill(pid, signal.SIGKILL)
    wait_gone([pid])
    keeping.supervisor.step(time.monotonic())
    keeping.supervisor.step(time.monotonic() + 5)
    assert is_alive(keeping.pid("two"))
    program.symlink_to(sys.executable)
    keeping.supervisor.step(time.monotonic() + 60)
    assert keeping.pid("gone") != pid
    assert is_alive(keeping.pid("gone"))
    keeping.supervisor.stop()


def test_a_status_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "no-such-folder", Program("one", STAYS))
    keeping.supervisor.start()
    keeping.supervisor.stop()


PARENT = """
import sys, threading
from pathlib import Path
from appliance.supervisor import Program, Supervisor
stays = (sys.executable, "-c", "import signal; signal.pause()")
stopping = threading.Event()
import signal
signal.signal(signal.SIGINT, lambda *_: stopping.set())
supervisor = Supervisor([Program("one", stays), Program("two", stays)], Path(sys.argv[1]), stopping)
supervisor.start()
print("started", flush=True)
supervisor.run(lambda: None)
supervisor.stop()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_however_the_supervisor_ends_no_child_is_left(tmp_path: Path, number: signal.Signals) -> None:
    status_path = tmp_path / "processes.json"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(status_path)], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"started\n"
    pids = [one["pid"] for one in json.loads(status_path.read_text()).values()]
    if number is signal.SIGINT:
        os.killpg(parent.pid, number)  # what a terminal does: to the whole group, of which children are no part
    else:
        parent.send_signal(number)
    parent.wait(20)
    wait_gone(pids)
    assert status_path.exists() is (number is signal.SIGKILL)
    parent.stdout.close()


def test_a_program_that_is_no_longer_wanted_is_ended_and_not_started_again(keeping: Keeping) -> None:
    pid = keeping.pid("one")
    keeping.supervisor.remove("one")
    keeping.supervisor.remove("one")
    assert not is_alive(pid)
    assert set(keeping.status()) == {"two"}
    assert not keeping.supervisor.step(time.monotonic() + 60)
    assert set(keeping.status()) == {"two"}


def test_a_program_may_be_added_again_after_it_was_removed(keeping: Keeping) -> None:
    keeping.supervisor.remove("one")
    keeping.supervisor.add(Program("one", STAYS))
    assert is_alive(keeping.pid("one"))


def test_a_child_that_does_not_end_when_it_is_asked_to_is_killed_on_record(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    ready = tmp_path / "ready"
    script = (
        "import pathlib, signal\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "while True: signal.pause()"
    )
    keeping = Keeping(tmp_path, Program("deaf", (sys.executable, "-c", script)), Program("two", STAYS))
    keeping.supervisor.start()
    wait_for(ready.exists, what="it is deaf by now")
    keeping.supervisor.stop()
    assert [one.message for one in caplog.records if "process_killed" in one.message] == ["process_killed name=deaf"]


def test_one_that_is_killed_because_it_does_nothing_rests_as_long_as_it_was_told(keeping: Keeping) -> None:
    deaf, other = keeping.pid("one"), keeping.pid("two")
    os.kill(deaf, signal.SIGSTOP)
    now = time.monotonic()
    keeping.supervisor.kill("one", now + 100)
    assert not is_alive(deaf)
    assert not keeping.supervisor.step(now + 99)
    assert keeping.status()["one"]["running"] is False
    assert keeping.supervisor.step(now + 100)
    assert is_alive(keeping.pid("one"))
    assert keeping.pid("two") == other
