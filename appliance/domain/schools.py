"""A school's code (UAI): seven digits and a letter that proves them."""

import re

from appliance.errors import Invalid

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # I, O and Q are not used; the number modulo 23 chooses


def control_letter(digits: str) -> str:
    return _LETTERS[int(digits) % len(_LETTERS)]


def checked_uai(value: str, field: str = "uai") -> str:
    """Upper case, without blanks; empty stays empty. Raises Invalid when it cannot be a school's code."""
    code = "".join(value.split()).upper()
    if not code:
        return ""
    if not re.fullmatch(r"[0-9]{7}[A-Z]", code):
        raise Invalid("bad_uai", {field: "bad_form"})
    if control_letter(code[:7]) != code[7]:
        raise Invalid("bad_uai", {field: "wrong_letter"})
    return code


def file_word(text: str) -> str:
    """A school's code or name as a part of a file name: letters, digits and hyphens only."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40] or "ecole"
