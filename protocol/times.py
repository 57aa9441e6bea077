"""Times on the wire: RFC 3339 in UTC. Owns their spelling; it must not read a clock."""

import re
from contextlib import suppress
from datetime import UTC, datetime

from protocol.strict_json import Malformed, Reason

_RFC3339_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:[Zz]|\+00:00)", re.ASCII)
_SIGNS = "--T::Z"  # every third one of that form, from the first that is no digit


def parse_time(text: str) -> datetime:
    """An aware UTC datetime. Any year is believed: a device's clock may be wrong, what it says is kept as a claim."""
    if len(text) == 20 and text[4::3] == _SIGNS:  # 2026-11-23T09:02:11Z, as nearly all of them: much faster
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    match = _RFC3339_UTC.fullmatch(text)
    if match is None:
        raise Malformed(Reason.BAD_TIME, "not RFC 3339 in UTC with Z")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = (match.group(7) or "")[:6].ljust(6, "0")
    leap = second == 60  # a datetime cannot hold a leap second: the last second of the minute stands for it
    try:
        return datetime(year, month, day, hour, minute, 59 if leap else second, int(fraction), tzinfo=UTC)
    except ValueError:
        raise Malformed(Reason.BAD_TIME, "no such date or time") from None


def format_time(moment: datetime) -> str:
    """Whole seconds, as in every example of the contract: the plainest client can read them."""
    if moment.tzinfo is None:
        raise ValueError("a time on the wire must be aware")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    # strftime does not pad years before 1000 on every platform; isoformat does.
    return utc.isoformat(timespec="seconds")[:19] + "Z"
