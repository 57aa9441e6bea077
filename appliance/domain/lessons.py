"""How long a lesson lasts and why it ended."""

from datetime import datetime, timedelta
from enum import StrEnum

from appliance.errors import Invalid

DEFAULT_MINUTES = 45
LONGEST = timedelta(hours=8)  # a school day; after it a forgotten lesson is over


class EndReason(StrEnum):
    PRESSED = "pressed"
    REACHED = "reached"
    RESTORED = "restored"
    EMPTIED = "emptied"  # its last device was taken over by another lesson


def checked_end(ends_at: datetime, started_at: datetime, now: datetime) -> datetime:
    """In the future, and within a school day of the start."""
    if ends_at <= now:
        raise Invalid("bad_end", {"ends_at": "in_the_past"})
    if ends_at - started_at > LONGEST:
        raise Invalid("bad_end", {"ends_at": "too_late"})
    return ends_at


def checked_minutes(value: object) -> int:
    """1 to 480 whole minutes, from a form or from JSON."""
    try:
        minutes = int(str(value))
    except ValueError:
        raise Invalid("bad_end", {"minutes": "wrong_type"}) from None
    if not 1 <= minutes <= LONGEST.total_seconds() / 60:
        raise Invalid("bad_end", {"minutes": "out_of_range"})
    return minutes
