"""Whole columns of values, looked at at once: of a thousand records nearly all are as they should be.

Each answers only for values that the readers of `fields` would leave as they are; whatever is unusual is left to them,
since they can say which value is wrong and how. It must not know any message.
"""

from collections.abc import Sequence
from typing import cast

from protocol.fields import MAX_INTEGER

_NOTHING = type(None)


def are_texts(values: Sequence[object], longest: int, shortest: int = 0) -> bool:
    """As `fields.text`, or with `shortest` 0 as `fields.remark`."""
    if set(map(type, values)) != {str}:
        return False
    texts = cast(Sequence[str], values)
    sizes = set(map(len, texts))
    return shortest <= min(sizes) and max(sizes) <= longest and "\0" not in "".join(texts)


def are_whole(values: Sequence[object], least: int = 0, most: int = MAX_INTEGER) -> bool:
    """As `fields.whole`."""
    if set(map(type, values)) != {int}:
        return False
    numbers = cast(Sequence[int], values)
    return least <= min(numbers) and max(numbers) <= most


def are_objects(values: Sequence[object], *, or_none: bool) -> bool:
    return set(map(type, values)) <= ({dict, _NOTHING} if or_none else {dict})


def told(values: Sequence[object]) -> list[object]:
    """Those that are there."""
    return [value for value in values if value is not None]
