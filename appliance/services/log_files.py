"""The appliance's own log of the last hours, as its processes write it (logs.py), and its way to the city on demand.

Ids and codes only are in it: no name of a pupil is ever logged. Bounded by the files' size and by `MOST_LINES`.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from appliance.services.outbox import put
from appliance.store.models import database
from protocol.uplink_records import LogBody, encode_body
from protocol.uplink_words import RecordType

MOST_HOURS = 72
MOST_LINES = 5000
_LINES_A_PART = 200
_PART_BYTES = 32 * 1024  # a record holds 48
_LINE_CHARS = 500
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")


class LogFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_parts(self, request: str, hours: int, now: datetime) -> int:
        """The last lines of these hours into the outbox; how many parts. Asked again, the same parts go again."""
        since = now - timedelta(hours=max(1, min(hours, MOST_HOURS)))
        parts = list(_parts(self.lines(since)))
        with database.atomic("IMMEDIATE"):
            for number, lines in enumerate(parts):
                body = encode_body(LogBody(request, number, len(parts), lines))
                put(now, RecordType.LOG, body)
        return len(parts)

    def lines(self, since: datetime) -> list[str]:
        """Of all processes, in the order of time; the last ones where there are too many."""
        first = f"{since:%Y-%m-%dT%H:%M:%SZ}"
        found = [line for file in sorted(self._folder.glob("*.log*")) for line in _read(file) if line >= first]
        return sorted(found, key=lambda line: line[:20])[-MOST_LINES:]


def _read(file: Path) -> Iterator[str]:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        if _STAMP.match(line):
            yield line[:_LINE_CHARS]


def _parts(lines: list[str]) -> Iterator[tuple[str, ...]]:
    """One at least, if empty: whoever asked hears that there is nothing."""
    part: list[str] = []
    size = 0
    for line in lines:
        if part and (len(part) == _LINES_A_PART or size + len(line.encode()) > _PART_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(line)
        size += len(line.encode()) + 4
    yield tuple(part)
