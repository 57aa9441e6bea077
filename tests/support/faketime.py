"""Machines whose clock is wrong: Debian's libfaketime, for one process and its children."""

import os
from pathlib import Path

from tests.support.appliance import ROOT

_CURE = Path(__file__).resolve().parent / "wrong_clock"


def wrong_clock(when: str) -> dict[str, str]:
    """The environment of a process that believes it is `when`: `-20500d`, `+200d`.

    Relative, because each child would start at an absolute one. Only the wall is wrong: no monotonic clock jumps.
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": when,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": f"{_CURE}{os.pathsep}{ROOT}",
    }
