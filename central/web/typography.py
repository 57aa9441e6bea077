"""Spaces as French wants them: narrow and unbreakable before high signs, unbreakable inside « » and before units.

Texts are written with plain spaces, which people type right; this is applied to each text of ours when it is shown,
before any name or number is filled in.
"""

import re
from functools import lru_cache

_NARROW = "\u202f"
_UNBREAKABLE = "\u00a0"
_UNIT = r"(?=(?:h|min|s|Ko|Mo|Go)\b)"
_RULES = (
    (re.compile(r" (?=[;!?])"), _NARROW),
    (re.compile(r" (?=[:»]|%(?!\())"), _UNBREAKABLE),
    (re.compile(r"(?<=«) "), _UNBREAKABLE),
    (re.compile(rf"(?:(?<=[0-9}}])|(?<=\)[sd])) {_UNIT}"), _UNBREAKABLE),  # after a digit, or a blank: %(x)s, {x}
)


@lru_cache(maxsize=8192)  # there are as many texts as there are in the catalogue
def typeset(text: str, language: str) -> str:
    if language != "fr":
        return text
    for pattern, space in _RULES:
        text = pattern.sub(space, text)
    return text
