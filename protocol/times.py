"""Times on the wire: RFC 3339 in UTC. Owns their spelling; it must not read a clock."""

import re
from datetime import UTC, datetime

from protocol.strict_json import Malformed, Reason

_RFC3339_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:[Zz]|\+00:00)", re.ASCII)


def parse_time(text: str) -> datetime:
    """An aware UTC datetime. Any year is believed: a device's clock may be wrong, what it says is kept as a claim."""
    match = _RFC3339_UTC.fullmatch(text)
    if match is None:
        raise Malformed(Reason.BAD_TIME, "not RFC 3339 in UTC with Z")
    if match.group(6) != "60" and match.group(7) is None:
        return _plain(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = (match.group(7) or "")[:6].ljust(6, "0")
    leap = second == 60  # a datetime cannot hold a leap second: the last second of the minute stands for it
    try:
        return datetime(year, month, day, hour, minute, 59 if leap else second, int(fraction), tzinfo=UTC)
    except ValueError:
        raise Malformed(Reason.BAD_TIME, "no such date or time") from None


def _plain(text: str) -> datetime:
    """Of the form that was checked, without a fraction: nearly all of them, and much faster."""
    try:
        return datetime.fromisoformat(f"{text[:19]}+00:00")
    except ValueError:
        raise Malformed(Reason.BAD_TIME, "no such date or time") from None


def format_time(moment: datetime) -> str:
    """Whole seconds, as in every example of the contract: the plainest client can read them."""
    if moment.tzinfo is None:
        raise ValueError("a time on the wire must be aware")
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    # strftime does not pad years before 1000 on every platform; isoformat does.
    return utc.isoformat(timespec="seconds")[:19] + "Z"
