"""A school's code (UAI), seven digits and a letter that proves them; and the time zones where French schools are."""

import re

from appliance.errors import Invalid
from protocol.uai import control_letter

DEFAULT_ZONE = "Europe/Paris"
ZONES = {
    DEFAULT_ZONE: "France métropolitaine",
    "America/Guadeloupe": "Guadeloupe",
    "America/Cayenne": "Guyane",
    "Indian/Reunion": "La Réunion",
    "America/Martinique": "Martinique",
    "Indian/Mayotte": "Mayotte",
    "Pacific/Noumea": "Nouvelle-Calédonie",
    "Pacific/Tahiti": "Polynésie française",
    "America/Miquelon": "Saint-Pierre-et-Miquelon",
    "Pacific/Wallis": "Wallis-et-Futuna",
}


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


def checked_zone(value: str, field: str = "zone") -> str:
    if value not in ZONES:
        raise Invalid("bad_zone", {field: "unknown_value"})
    return value


def file_word(text: str) -> str:
    """A school's code or name as a part of a file name: letters, digits and hyphens only."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40] or "ecole"
