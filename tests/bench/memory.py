"""Memory: what all of the appliance's processes and the broker hold, idle, with no, thirty and six hundred devices.

PSS (proportional set size): pages that several processes share count once.
"""

import asyncio

from tests.bench.fleet import Device, close_all, connect_all
from tests.bench.processes import proportional_kib, settle
from tests.bench.result import Result, Row, Run, at_most
from tests.bench.school import School, running_school
from tests.support.processes import family

_GOAL_MIB = 350.0
_AT_ONCE = 50


def measure(run: Run) -> Result:
    counts = (0, 30, 600) if not run.quick else (0, 5, 20)
    found: dict[int, dict[str, float]] = {}
    with running_school(0) as school:
        for count in counts:
            ids = school.enroll(count)
            found[count] = asyncio.run(_idle_with(school, ids))
            run.tell(f"memory with {count} devices: {sum(found[count].values()):.0f} MiB")
    rows = []
    for count, parts in found.items():
        total = sum(parts.values())
        goal = at_most(total, _GOAL_MIB, " MiB") if count == counts[-1] else {}
        words = ", ".join(f"{name} {size:.0f}" for name, size in parts.items())
        rows.append(Row(f"{count} devices connected ({words})", f"{total:.0f} MiB", **goal))
    data = {str(count): {name: round(size, 1) for name, size in parts.items()} for count, parts in found.items()}
    return Result("memory", "Resident memory (PSS), idle", tuple(rows), data)


async def _idle_with(school: School, ids: list[str]) -> dict[str, float]:
    devices = [Device(device_id, school.credentials[device_id]) for device_id in ids]
    await connect_all(devices, school.place, _AT_ONCE)
    await settle(school.pids())
    found = parts_in_mib(school)
    close_all(devices)
    return found


def parts_in_mib(school: School) -> dict[str, float]:
    """By process; what a process started counts as its own."""
    assert school.box.process is not None
    children = school.box.pids()
    parts = {name: sum(proportional_kib(one) for one in family(pid)) for name, pid in children.items()}
    assert all(parts.values()), f"a process is missing: {parts}"
    parts["supervisor"] = proportional_kib(school.box.process.pid)
    everyone = set(family(school.box.process.pid))
    counted = {school.box.process.pid, *(one for pid in children.values() for one in family(pid))}
    parts["others"] = sum(proportional_kib(pid) for pid in everyone - counted)
    return {name: size / 1024 for name, size in parts.items() if size}
