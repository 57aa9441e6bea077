"""Text as people search it: without accents, case or punctuation of names. Owns what is searched of a device."""

import unicodedata

_LONGEST = 1000
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'"})


def folded(text: str) -> str:
    """« Écran n° 3 » and « ecran n 3 » are found by each other."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    kept = (sign if sign.isalnum() else " " for sign in decomposed if not unicodedata.combining(sign))
    return " ".join("".join(kept).split())


def search_words(text: str) -> tuple[str, ...]:
    """What was typed, as words that must all be found; ten at most."""
    return tuple(folded(text[:200]).split()[:10])


def is_findable(text: str) -> bool:
    """Signs alone (%, ', ?) are in no text: whoever types them is told that there is nothing, not shown all."""
    return not text.strip() or bool(search_words(text))


def search_text(*parts: object) -> str:
    """The column `Device.search`: serial, name, number, model, maker, cart, school, UAI."""
    return folded(" ".join(str(part) for part in parts if part not in (None, "", 0)))[:_LONGEST]
