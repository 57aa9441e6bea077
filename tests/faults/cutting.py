"""One power cut: a process works on the disk and tells what counts, the power goes, the next morning comes.

Owns the order of events. What the process does, and what must be true afterwards, is the test's.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

from tests.faults.disks import PowerDisk
from tests.support.appliance import ROOT, wait_for

Hear = Callable[[str, bool], None]  # a line, and whether the power may have gone already: then it may be lost or not


def victim(module: str, *words: object) -> list[str]:
    return [sys.executable, "-m", f"tests.faults.{module}", *map(str, words)]


def prepare(disk: PowerDisk, command: list[str]) -> None:
    """What was there long before: the disk is unmounted in order."""
    disk.mount()
    subprocess.run(command, cwd=ROOT, check=True)
    disk.unmount()


def one_cut(disk: PowerDisk, command: list[str], seconds: float, hear: Hear) -> None:
    """Work, for a moment after the first word; then no more power; then the next morning's mount."""
    is_cut, began = threading.Event(), threading.Event()
    disk.mount()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None

        def listen(lines: Iterator[str]) -> None:
            for line in lines:
                if line.endswith("\n"):  # a cut word counts for nothing
                    hear(line, is_cut.is_set())
                    began.set()

        listener = threading.Thread(target=listen, args=(iter(process.stdout),))
        listener.start()
        assert began.wait(20), "the victim works"
        threading.Event().wait(seconds)
        is_cut.set()
        disk.cut()
        process.kill()
        process.wait()
        listener.join()
    mount_again(disk)


def mount_again(disk: PowerDisk) -> None:
    wait_for(lambda: _unmounted(disk), 10, "an unused disk")
    disk.mount()


def _unmounted(disk: PowerDisk) -> bool:
    try:
        disk.unmount()
    except subprocess.CalledProcessError:
        return False
    return True
