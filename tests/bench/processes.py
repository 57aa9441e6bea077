"""What processes take of the machine, read from /proc."""

import asyncio
import os
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

_GONE = (FileNotFoundError, ProcessLookupError)
_TICKS = os.sysconf("SC_CLK_TCK")
_QUIET_SHARE = 0.06  # of one core: the appliance looks by itself once a second


def proportional_kib(pid: int) -> int:
    """PSS: what is shared counts once, divided among those who share it. 0 for a process that has ended."""
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def cpu_seconds(pids: Collection[int]) -> float:
    total = 0
    for pid in pids:
        with suppress(*_GONE):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


async def settle(pids: Collection[int], patience_seconds: float = 10.0) -> None:
    """Until these processes have nothing to do any more: what one sample left behind is not the next one's burden."""
    deadline = time.perf_counter() + patience_seconds
    before = cpu_seconds(pids)
    while time.perf_counter() < deadline:
        await asyncio.sleep(0.17)
        now = cpu_seconds(pids)
        if now - before <= 0.17 * _QUIET_SHARE + 1.5 / _TICKS:
            return
        before = now
