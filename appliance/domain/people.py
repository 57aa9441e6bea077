"""Who may sign in: roles, the one who acts, and the rules for logins, names, passwords and PINs.

Owns what a value must be like, and gives it back in its one stored form. Knows no table, no hash and no session.
"""

import re
import string
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from appliance.domain.worst_passwords import WORST_WORDS
from appliance.errors import Invalid

MAX_NAME_CHARS = 80
MAX_LOGIN_CHARS = 64
MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 256  # far above ASVS 6.2.9's 64; a bound, because every character is hashed

_LOGIN_SIGNS = "._-@"
# Invisible, harmless, and pasted in with names out of word processors: dropped without a word.
_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
# Joiners that emoji and some scripts need; every other format character (bidi marks above all) is refused.
_ALLOWED_FORMATS = "\u200c\u200d"
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ROWS = ("01234567890", "9876543210", "azertyuiop", "qwertyuiop", "abcdefghijklmnopqrstuvwxyz")
_NOT_LETTERS = string.digits + string.punctuation + string.whitespace
_LEET = str.maketrans("@4310$5!7", "aaeiossit")
_EASY_PINS = frozenset({"0852", "1379", "1470", "2580", "1004", "123321", "147258", "159753", "789456"})


class Role(StrEnum):
    TEACHER = "teacher"
    ADMINISTRATOR = "administrator"


class Language(StrEnum):
    FRENCH = "fr"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever orders a use case. `user_id` None: the machine's console, or the appliance itself."""

    user_id: int | None
    name: str
    role: Role

    @property
    def label(self) -> str:
        """As the journal keeps it: an id, never a person's name."""
        return self.name if self.user_id is None else f"user:{self.user_id}"

    @property
    def is_administrator(self) -> bool:
        return self.role is Role.ADMINISTRATOR


CONSOLE = Actor(None, "console", Role.ADMINISTRATOR)
APPLIANCE = Actor(None, "appliance", Role.ADMINISTRATOR)  # what it does by itself: a lesson that reached its end


def display_name(value: object, field: str = "name", longest: int = MAX_NAME_CHARS) -> str:
    """One line to show: NFC, trimmed, single spaces. Control and bidi characters are refused, with the reason."""
    if not isinstance(value, str):
        raise Invalid("bad_name", {field: "wrong_type"})
    if len(value) > 4 * longest:  # before any work on a hostile text
        raise Invalid("bad_name", {field: "too_long"})
    text = unicodedata.normalize("NFC", value).translate(_DROPPED).strip()
    if any(_is_refused(character) for character in text):
        raise Invalid("bad_name", {field: "forbidden_character"})
    text = " ".join(text.split())
    if not text:
        raise Invalid("bad_name", {field: "missing"})
    if len(text) > longest:
        raise Invalid("bad_name", {field: "too_long"})
    return text


def login_name(value: object, field: str = "login") -> str:
    """What a person types to sign in: letters, digits and `._-@`, in lower case."""
    if not isinstance(value, str):
        raise Invalid("bad_login", {field: "wrong_type"})
    if len(value) > 4 * MAX_LOGIN_CHARS:
        raise Invalid("bad_login", {field: "too_long"})
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).strip().casefold())
    if not text:
        raise Invalid("bad_login", {field: "missing"})
    if not all(c.isalnum() or c in _LOGIN_SIGNS or unicodedata.category(c) == "Mn" for c in text):
        raise Invalid("bad_login", {field: "forbidden_character"})
    if len(text) < 2:
        raise Invalid("bad_login", {field: "too_short"})
    if len(text) > MAX_LOGIN_CHARS:
        raise Invalid("bad_login", {field: "too_long"})
    return text


def role_of(value: object, field: str = "role") -> Role:
    try:
        return Role(str(value))
    except ValueError:
        raise Invalid("bad_role", {field: "unknown_value"}) from None


def language_of(value: object, field: str = "locale") -> Language:
    try:
        return Language(str(value))
    except ValueError:
        raise Invalid("bad_language", {field: "unknown_value"}) from None


def typed_password(value: object, field: str = "password") -> str:
    """A password as it is hashed: the same keys give the same bytes on every system (NFC)."""
    if not isinstance(value, str) or not value:
        raise Invalid("bad_password", {field: "missing"})
    if len(value) > MAX_PASSWORD_CHARS:
        raise Invalid("bad_password", {field: "too_long"})
    return unicodedata.normalize("NFC", value)


def new_password(value: object, own_words: tuple[str, ...] = (), field: str = "password") -> str:
    """Long enough, and not among the first that are tried (ASVS 6.2: no composition). `own_words`: login, name."""
    password = typed_password(value, field)
    if len(password) < MIN_PASSWORD_CHARS:
        raise Invalid("bad_password", {field: "too_short"})
    if _is_common(password, own_words):
        raise Invalid("bad_password", {field: "too_common"})
    return password


def new_pin(value: object, field: str = "pin") -> str:
    """Four to six digits, none of those that a colleague guesses in five tries."""
    if not isinstance(value, str) or not value:
        raise Invalid("bad_pin", {field: "missing"})
    if not re.fullmatch(r"[0-9]{4,6}", value):
        raise Invalid("bad_pin", {field: "not_digits" if not value.isdecimal() else "wrong_length"})
    if _is_easy(value):
        raise Invalid("bad_pin", {field: "too_common"})
    return value


def _is_refused(character: str) -> bool:
    return unicodedata.category(character) in _REFUSED_CATEGORIES and character not in _ALLOWED_FORMATS


def _is_common(password: str, own_words: tuple[str, ...]) -> bool:
    """Also with digits and signs around it: "Motdepasse2026!" is "motdepasse" to whoever guesses."""
    folded = password.casefold()
    if len(set(folded)) < 5 or any(folded in row * 3 for row in _ROWS):
        return True
    own = {word.casefold() for word in own_words}
    cores = {_letters(folded), _letters(folded.strip(_NOT_LETTERS).translate(_LEET))}
    return folded in own or any(core and core in WORST_WORDS | {_letters(word) for word in own} for core in cores)


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalpha())


def _is_easy(pin: str) -> bool:
    digits = [int(c) for c in pin]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    is_row = steps <= {0} or steps == {1} or steps == {9}
    is_repeated = any(len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size) for size in (1, 2, 3))
    is_year = len(pin) == 4 and "1940" <= pin <= "2039"
    return is_row or is_repeated or is_year or pin in _EASY_PINS
