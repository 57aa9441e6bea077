"""Processes as the kernel shows them: who belongs to one, whether it lives; and their end by `kill -9`."""

import contextlib
import os
import signal
from collections.abc import Collection
from pathlib import Path

from tests.support.appliance import wait_for

GONE_SECONDS = 15.0


def is_alive(pid: int) -> bool:
    """A zombie that nobody has waited for is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
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


def kill(*pids: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_gone(pids: Collection[int], seconds: float = GONE_SECONDS) -> None:
    wait_for(lambda: not any(map(is_alive, pids)), seconds, f"the end of {pids}")
