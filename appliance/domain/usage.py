"""How far a device's usage records of one boot are stored without a gap."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_APP = re.compile(r"[A-Za-z0-9._:\[\]-]{1,200}", re.ASCII)
OTHER_APP = "other"


def app_name(said: str) -> str:
    """A package or `web:{host}`, whatever a device sends: an address is cut to its host, other words say nothing.

    The contract: no page address, no pupil's name, no content ever travels in usage.
    """
    if _APP.fullmatch(said):
        return said
    try:
        host = urlsplit(said.removeprefix("web:")).hostname
    except ValueError:
        return OTHER_APP
    return f"web:{host}" if host and _APP.fullmatch(host) else OTHER_APP


def next_watermark(up_to: int | None, stored: Collection[int]) -> int:
    """The last number of the run without a gap that starts at `up_to` or, the first time, at the lowest one stored.

    A device throws away what the watermark covers, so it never jumps over a record that has not come.
    """
    numbers = set(stored)
    mark = min(numbers) if up_to is None else up_to
    while mark + 1 in numbers:
        mark += 1
    return mark
