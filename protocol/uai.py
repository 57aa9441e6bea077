"""A school's code in the national register (UAI): seven digits and a letter that proves them."""

import re

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # I, O and Q are not used; the number modulo 23 chooses
_FORM = re.compile(r"[0-9]{7}[A-Z]", re.ASCII)


def control_letter(digits: str) -> str:
    return _LETTERS[int(digits) % len(_LETTERS)]


def is_uai(code: str) -> bool:
    return _FORM.fullmatch(code) is not None and control_letter(code[:7]) == code[7]
