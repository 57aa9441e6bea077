"""Logins, names, e-mail addresses and passwords of the console, as they are stored. Knows no table and no hash."""

import re
import string
import unicodedata

from central.errors import Invalid

MAX_NAME_CHARS = 80
MAX_LOGIN_CHARS = 64
MIN_PASSWORD_CHARS = 12
MAX_PASSWORD_CHARS = 256  # every character is hashed
_LOGIN_SIGNS = "._-@"
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # control, direction marks, line ends
_ALLOWED_FORMATS = "\u200c\u200d"  # joiners of some scripts
_EMAIL = re.compile(r"[^@\s<>\"',;:()\[\]\\]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,250}[a-zA-Z0-9])?")
_ROWS = ("01234567890", "9876543210", "azertyuiop", "qwertyuiop", "qsdfghjklm", "abcdefghijklmnopqrstuvwxyz")
_NOT_LETTERS = string.digits + string.punctuation + string.whitespace
_LEET = str.maketrans("@4310$5!7", "aaeiossit")
_WORST = """
    azertyuiop qwertyuiop azertyazerty qwertyqwerty azertyqwerty qsdfghjklm asdfghjkl wxcvbn
    motdepasse monmotdepasse lemotdepasse motdepassemotdepasse password mypassword passwordpassword passe passphrase
    secret topsecret monsecret sesame sesameouvretoi changeme changezmoi changermoi login loginlogin letmein
    welcome bienvenue bonjour bonjourbonjour test testtest default defaut temporaire provisoire
    admin administrateur administrator adminadmin root rootroot superuser utilisateur user
    mairie ville commune ecole ecoles lecole monecole ecoleprimaire informatique dsi dsidsi technicien prefecture
    preau preaupreau tablette tablettes marseille paris lyon france republique soleil printemps
    iloveyou jetaime doudou chouchou loulou princesse football superman starwars pokemon dragon
"""
_WORST_WORDS = frozenset(_WORST.split())


def display_name(value: object, field: str = "name", longest: int = MAX_NAME_CHARS) -> str:
    """One line to show: NFC, trimmed, single spaces. Control and direction marks are refused, with the reason."""
    if not isinstance(value, str) or len(value) > 4 * longest:
        raise Invalid("bad_name", {field: "too_long" if isinstance(value, str) else "wrong_type"})
    text = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(c) in _REFUSED and c not in _ALLOWED_FORMATS for c in text):
        raise Invalid("bad_name", {field: "forbidden_character"})
    text = " ".join(text.split())
    if not text or len(text) > longest:
        raise Invalid("bad_name", {field: "too_long" if text else "missing"})
    return text


def login_name(value: object, field: str = "login") -> str:
    """Letters, digits and `._-@`, in lower case."""
    text = (
        unicodedata.normalize("NFKC", value[: 4 * MAX_LOGIN_CHARS]).strip().casefold() if isinstance(value, str) else ""
    )
    if not text:
        raise Invalid("bad_login", {field: "missing"})
    if not all(c.isalnum() or c in _LOGIN_SIGNS for c in text):
        raise Invalid("bad_login", {field: "forbidden_character"})
    if not 2 <= len(text) <= MAX_LOGIN_CHARS:
        raise Invalid("bad_login", {field: "too_short" if len(text) < 2 else "too_long"})
    return text


def email_address(value: object, field: str = "email") -> str:
    """Empty, or one address in lower case."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if text and not _EMAIL.fullmatch(text):
        raise Invalid("bad_email", {field: "wrong_type"})
    return text


def typed_password(value: object, field: str = "password") -> str:
    """As it is hashed: the same keys give the same bytes on every system (NFC)."""
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


def _is_common(password: str, own_words: tuple[str, ...]) -> bool:
    """Also with digits and signs around it: "Motdepasse2026!" is "motdepasse" to whoever guesses."""
    folded = password.casefold()
    if len(set(folded)) < 5 or any(folded in row * 3 for row in _ROWS):
        return True
    own = {word.casefold() for word in own_words}
    cores = {_letters(folded), _letters(folded.strip(_NOT_LETTERS).translate(_LEET))}
    return folded in own or any(core and core in _WORST_WORDS | {_letters(word) for word in own} for core in cores)


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalpha())
