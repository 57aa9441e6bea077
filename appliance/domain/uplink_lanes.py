"""What is missing in a lane, and what may be asked of it under pressure."""

from protocol.uplink_words import Lane


def oldest_missing(lane: Lane, cursor: int, purged: int) -> int:
    """How many numbers after central's cursor are no longer kept. Of the state lane the last values are always kept."""
    return 0 if lane is Lane.STATE else max(0, purged - cursor)
