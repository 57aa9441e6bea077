"""JSON as the agent reads it: comments and commas before a closing bracket are let through."""

import json
import re
from typing import Any

_STRING = r'"(?:[^"\\]|\\.)*"'
_NOISE = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)


class Unreadable(ValueError):
    """Not an object, or not JSON at all."""


def parse_object(payload: bytes) -> dict[str, Any]:
    text = payload.decode("utf-8", errors="replace")
    for noise in (_NOISE, _TRAILING_COMMA):
        text = noise.sub(lambda found: found[1] or "", text)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if not isinstance(value, dict):
        raise Unreadable("Expected an object")
    return value
