"""How far a device's usage records of one boot are stored without a gap."""

from collections.abc import Collection


def next_watermark(up_to: int | None, stored: Collection[int]) -> int:
    """The last number of the run without a gap that starts at `up_to` or, the first time, at the lowest one stored.

    A device throws away what the watermark covers, so it never jumps over a record that has not come.
    """
    numbers = set(stored)
    mark = min(numbers) if up_to is None else up_to
    while mark + 1 in numbers:
        mark += 1
    return mark
