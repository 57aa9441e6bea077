"""Small and failing disks: a tmpfs of some megabytes, and an ext4 in a file whose power can be cut.

Mounting needs root, as a container or CI machine gives it.
"""

import contextlib
import ctypes
import fcntl
import os
import secrets
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.appliance import wait_for

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_WITHOUT_FLUSHING_THE_LOG = 2
_MNT_DETACH = 2
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def small_disk(place: Path, megabytes: int, inodes: int = 0) -> Iterator[Path]:
    place.mkdir()
    options = f"size={megabytes}m,mode=0755" + (f",nr_inodes={inodes}" if inodes else "")
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        yield place
    finally:
        _libc.umount2(os.fsencode(place), _MNT_DETACH)


def fill(place: Path) -> Path:
    """Takes all free space; the folder to remove afterwards."""
    filler = place / "filler"
    filler.mkdir()
    with (filler / "bytes").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return filler


def take_inodes(place: Path) -> Path:
    """No further file can be made; there is room for bytes. The folder to remove afterwards."""
    filler = place / "filler"
    filler.mkdir()
    with contextlib.suppress(OSError):
        while True:
            (filler / secrets.token_hex(8)).touch()
    return filler


class PowerDisk:
    """An ext4 on a loop file, mounted at `path`. `cut` is the power switch; `mount` the next morning."""

    def __init__(self, folder: Path, megabytes: int = 64) -> None:
        self.path = folder / "disk"
        self._image = folder / "disk.img"
        self.path.mkdir()
        with self._image.open("wb") as image:
            image.truncate(megabytes * 1024 * 1024)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True)

    def mount(self) -> None:
        """When nobody has it any more: a namespace made meanwhile holds what was mounted, with its power still cut."""
        wait_for(lambda: not self._loops(), 120, "no other namespace holds the disk")
        subprocess.run(["mount", "-o", "loop", self._image, self.path], check=True)

    def _loops(self) -> bytes:
        return subprocess.run(["losetup", "--associated", self._image], check=True, capture_output=True).stdout

    def cut(self) -> None:
        """From now on nothing reaches the disk, and what was not flushed is gone."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_FLUSHING_THE_LOG))
        finally:
            os.close(descriptor)

    def unmount(self) -> None:
        subprocess.run(["umount", self.path], check=True)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            _libc.umount2(os.fsencode(self.path), _MNT_DETACH)
