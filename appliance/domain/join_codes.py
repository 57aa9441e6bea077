"""Short codes that people read from a board and type: six digits. Chance comes from the caller."""

import re
from collections.abc import Callable, Collection
from datetime import timedelta
from itertools import pairwise

from appliance.errors import Invalid

DEVICE_CODE_LIFE = timedelta(minutes=15)
TOKEN_LIFE = timedelta(minutes=5)  # from the code typed to the browser that has joined
_DIGITS = re.compile(r"[0-9]{6}")
_BETWEEN = str.maketrans("", "", " \u00a0\u202f-.")


def new_code(taken: Collection[str], below: Callable[[int], int]) -> str:
    """`below(n)`: a random number from 0 to n - 1. None of those that are tried first."""
    while True:
        code = f"{below(1_000_000):06d}"
        if code not in taken and not _is_easy(code):
            return code


def read_code(value: object) -> str:
    """As it was typed, with or without the space in the middle. Raises Invalid for what cannot be a code."""
    text = value.translate(_BETWEEN) if isinstance(value, str) and len(value) <= 20 else ""
    if not _DIGITS.fullmatch(text):
        raise Invalid("bad_code", {"code": "not_digits"})
    return text


def _is_easy(code: str) -> bool:
    """000000, 121212, 123456, 987654 and the like."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(code)}
    return len(set(code)) <= 2 or steps in ({1}, {9})
