"""What a result depends on: the machine, the versions, the commit. Nothing that names a machine or its owner."""

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import apsw

from tests.support.appliance import ROOT

_LIBRARIES = ("flask", "gunicorn", "paho-mqtt", "peewee", "apsw")
_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin:/bin"


def facts() -> dict[str, object]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "commit": _commit(),
        "machine": {
            "architecture": platform.machine(),
            "processor": _match("/proc/cpuinfo", r"model name\s*: (.+)"),
            "cores": os.cpu_count(),
            "memory_mib": int(_match("/proc/meminfo", r"MemTotal:\s+(\d+)") or 0) // 1024,
            "system": _match("/etc/os-release", r'PRETTY_NAME="(.+)"'),
            "load_before": round(os.getloadavg()[0], 1),
        },
        "versions": {
            "python": platform.python_version(),
            "mosquitto": _said(["mosquitto", "-h"], r"version ([\d.]+)"),
            "nginx": _said(["nginx", "-v"], r"nginx/([\d.]+)"),
            "sqlite": apsw.sqlite_lib_version(),
            **{name: version(name) for name in _LIBRARIES},
        },
    }


def _commit() -> str:
    """With a + when what was measured is not what was committed."""
    head = _said(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], r"(\w+)")
    changed = _said(["git", "-C", str(ROOT), "status", "--porcelain", "--", "appliance", "protocol"], r"(\S)")
    return head + ("+" if changed else "")


def _match(path: str, pattern: str) -> str:
    found = re.search(pattern, Path(path).read_text(errors="replace"))
    return "" if found is None else found[1].strip()


def _said(command: list[str], pattern: str) -> str:
    program = shutil.which(command[0]) or shutil.which(command[0], path=_PATH)
    if program is None:
        return ""
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return "" if found is None else found[1]
