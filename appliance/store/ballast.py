"""A file that is only there to be deleted: SQLite cannot even delete a row on a full disk.

Released when the disk is full, built again when there is plenty. Asked now and then by the supervisor.
"""

import contextlib
import os
from pathlib import Path

from appliance.domain.storage import FULL_BELOW_BYTES, Disk, Level

BALLAST_BYTES = 16 * 1024 * 1024
# Room for the ballast itself and as much again: else it would be released and built in turns.
_REBUILD_ABOVE_BYTES = FULL_BELOW_BYTES + 2 * BALLAST_BYTES


def disk_of(path: Path) -> Disk:
    """Of the file system that holds `path`. Inodes count too: without one, nothing can be created."""
    stat = os.statvfs(path)
    free = stat.f_bavail * stat.f_frsize
    if stat.f_files and stat.f_favail < 16:
        free = 0
    return Disk(total=(stat.f_blocks - stat.f_bfree + stat.f_bavail) * stat.f_frsize, free=free)


def storage_level(path: Path) -> Level:
    return disk_of(path).level


def tend(ballast_path: Path) -> bool:
    """One unit of work: builds or releases the ballast if needed. True when it did."""
    disk = disk_of(ballast_path.parent)
    if ballast_path.exists():
        return disk.level is Level.SURVIVAL and release(ballast_path)
    return disk.free > _REBUILD_ABOVE_BYTES and _build(ballast_path)


def is_spent(ballast_path: Path) -> bool:
    """The disk was full, and there is not room enough yet to build it again."""
    return not ballast_path.exists() and disk_of(ballast_path.parent).free <= _REBUILD_ABOVE_BYTES


def room_beside(ballast_path: Path) -> int:
    """Bytes that may be uploaded; a ballast that is spent comes first."""
    missing = 0 if ballast_path.exists() else BALLAST_BYTES
    return max(0, disk_of(ballast_path.parent).writable - missing)


def release(ballast_path: Path) -> bool:
    """True when there was something to give back."""
    try:
        ballast_path.unlink()
    except FileNotFoundError:
        return False
    return True


def _build(ballast_path: Path) -> bool:
    """Real blocks, not a hole; a half-built one is no ballast and goes away."""
    aside = ballast_path.with_suffix(".new")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, BALLAST_BYTES)
        finally:
            os.close(descriptor)
        aside.replace(ballast_path)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink()
        return False
    return True
