"""What the machine says of itself: board, machine-id, built-in network interfaces, when it was started.

Reads files of the kernel and of systemd; whatever is missing or forbidden is simply not said.
"""

import time
from datetime import datetime, timedelta
from pathlib import Path

from appliance.domain.hardware import Hardware

_BOARDS = ("proc/device-tree/serial-number", "sys/class/dmi/id/product_uuid", "sys/class/dmi/id/board_serial")
_PERMANENT = "0"  # addr_assign_type: the address was given by the maker


def look_at_machine(root: Path = Path("/")) -> Hardware:
    boards = (_read(root / name) for name in _BOARDS)
    return Hardware(
        board=next((board for board in boards if board), ""),
        machine_id=_read(root / "etc/machine-id"),
        addresses=tuple(sorted(_addresses(root / "sys/class/net"))),
    )


def booted_at(now: datetime) -> datetime:
    """By the hub's clock."""
    return now - timedelta(seconds=int(time.clock_gettime(time.CLOCK_BOOTTIME)))


def _addresses(folder: Path) -> set[str]:
    """Of interfaces that are a piece of the machine: no bridge, no tunnel, no container's."""
    interfaces = folder.iterdir() if folder.is_dir() else ()
    built_in = (
        one for one in interfaces if (one / "device").exists() and _read(one / "addr_assign_type") == _PERMANENT
    )
    return {address for one in built_in if (address := _read(one / "address"))}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n")
    except OSError:
        return ""
