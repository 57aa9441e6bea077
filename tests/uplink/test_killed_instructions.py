"""Killed around an act, the box does it once and tells it once (kill -9 at named points)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.store.live import live_database, open_live
from appliance.store.models import Device, database
from appliance.store.restore import _close_the_past
from tests.services.school import add_device
from tests.support.appliance import ROOT
from tests.support.store import HandClock, opened_store
from tests.uplink.ordered import OrderedBox, commands, deeds, receipts, state_of


@pytest.fixture
def box(tmp_path: Path) -> Iterator[OrderedBox]:
    with opened_store(tmp_path):
        open_live(tmp_path / "live.db")
        yield OrderedBox(tmp_path, HandClock())
        live_database.close()


def states(*given: str) -> list[tuple[str, str]]:
    return [(name, "") for name in given]


KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import datetime
from appliance.store.database import open_store
from appliance.store.live import open_live
from appliance.store.models import database
from tests.support.store import HandClock
from appliance.nudge import NudgeSender
from appliance.services.devices import Devices
from appliance.services.instruction_acts import Acts
from appliance.services.instructions import Instructions
from appliance.services.log_files import LogFiles

folder, point, at = Path(sys.argv[1]), sys.argv[2], datetime.fromisoformat(sys.argv[3])

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Dying(Acts):
    def __init__(self, *given):
        super().__init__(*given)
        self.by_kind = {kind: self.around(act) for kind, act in self.by_kind.items()}

    def around(self, act):
        def dying(order, now):
            if point == "started":
                die()
            settled = act(order, now)
            if point == "acted":
                die()
            return settled
        return dying

    def hurry(self):
        if point == "started":
            die()

open_store(folder / "store.db")
open_live(folder / "live.db")
clock, nudge = HandClock(at), NudgeSender(folder, "bridge")
acts = Dying(clock, nudge, Devices(clock, nudge, lambda: None), LogFiles(folder / "logs"))
with database.connection_context():
    Instructions(clock, acts, clock.now).step()
"""


def killed(box: OrderedBox, point: str) -> None:
    """Another process works on the same store and is killed at that point."""
    command = [sys.executable, "-c", KILLED, str(box.folder), point, box.clock.now().isoformat()]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("point", ["started", "acted"])
def test_killed_around_the_act_what_is_idempotent_is_done_and_told_once(box: OrderedBox, point: str) -> None:
    device = add_device()
    one = box.give("rename", args={"device": device, "name": "Au fond"})
    killed(box, point)
    assert state_of(one)[0] == "started"
    assert Device.get_by_id(device).name == ("Tablette 01" if point == "started" else "Au fond")
    box.start_again()
    box.run()
    assert state_of(one)[0] == "done" and Device.get_by_id(device).name == "Au fond"
    assert len(deeds("device.rename")) == 1
    assert receipts(one) == states("received", "started", "done")


def test_killed_after_the_command_was_stored_it_is_not_stored_again(box: OrderedBox) -> None:
    device = add_device()
    box.put_online(device)
    one = box.give("reboot", "operator", args={"device": device})
    killed(box, "started")
    box.start_again()
    box.run()
    assert len(commands()) == 1 and state_of(one)[0] == "started"
    box.answer(device, "succeeded")
    box.run()
    assert state_of(one)[0] == "done" and receipts(one) == states("received", "started", "done")


def test_what_brings_the_process_down_each_time_is_given_up_as_unknown(box: OrderedBox) -> None:
    one = box.give("rename", args={"device": add_device(), "name": "Au fond"})
    for _ in range(3):
        killed(box, "started")
    box.start_again()
    box.run()
    assert state_of(one) == ("unknown", "interrupted")


def test_an_order_that_was_open_in_a_backup_is_never_carried_out_again(box: OrderedBox) -> None:
    device = add_device()
    one = box.give("identify", args={"device": device})
    box.run()  # it waits for the device: so the backup has it; then it was done, and the backup came back
    with database.atomic("IMMEDIATE"):
        _close_the_past(box.clock.now())
    box.put_online(device)
    box.start_again()
    box.run()
    assert commands() == []
    assert receipts(one)[-1] == ("unknown", "restored")
