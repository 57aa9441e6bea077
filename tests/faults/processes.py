"""Faults of processes: who belongs to a running box, killing them as a power switch would, waiting until all are gone.

Owns looking at /proc and killing. Only processes of the box that it is given.
"""

import contextlib
import os
import signal
from pathlib import Path

from tests.support.appliance import Appliance, wait_for

GONE_SECONDS = 15.0


def is_alive(pid: int) -> bool:
    """A zombie that nobody has waited for is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def family(pid: int) -> list[int]:
    """A process and all that descend from it, parents first."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def everything(box: Appliance) -> list[int]:
    assert box.process is not None
    return family(box.process.pid)


def kill(*pids: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_gone(pids: list[int], seconds: float = GONE_SECONDS) -> None:
    wait_for(lambda: not any(map(is_alive, pids)), seconds, f"the end of {pids}")


def kill_child(box: Appliance, name: str) -> None:
    """One of the box's programs with its workers, at once; the supervisor lives and notices."""
    kill(*family(box.pids()[name]))


def kill_supervisor(box: Appliance) -> None:
    """The parent only: its children must go by themselves."""
    assert box.process is not None
    children = everything(box)[1:]
    box.process.kill()
    box.process.wait()
    wait_gone(children)


def kill_everything(box: Appliance) -> None:
    """What a power cut does to processes."""
    assert box.process is not None
    pids = everything(box)
    kill(*pids)
    box.process.wait()
    wait_gone(pids)
