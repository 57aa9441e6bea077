"""Faults of a box's processes: one or all are killed, as a power switch would. Only those of the box that is given."""

from tests.support.appliance import Appliance
from tests.support.processes import family, kill, wait_gone


def everything(box: Appliance) -> list[int]:
    assert box.process is not None
    return family(box.process.pid)


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
