"""What a cell may hold when it leaves in a file: a name must not become a formula in somebody's spreadsheet."""

import re

# A spreadsheet takes a cell that starts with one of these for a formula; OWASP's advice is a quote in front.
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def harmless(value: object) -> str:
    """For CSV. Numbers are numbers, also below zero."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = str(value)
    is_formula = text.startswith(_STARTS) or text.lstrip().startswith(_STARTS)
    return f"'{text}" if is_formula else text


def printable(value: object) -> str | int | float:
    """For ODS, whose cells say that they are text: only what XML cannot hold is left out."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return "" if value is None else _NOT_XML.sub("", str(value))
