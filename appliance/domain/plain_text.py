"""Names that come from files: what would mislead a reader or break a line is left out, the rest is kept as data.

Nothing is escaped here: that belongs to where a name is shown. What people type is checked by `people.display_name`,
which refuses instead, because they can correct it.
"""

import unicodedata

# Joined emoji and some scripts need these two, and they move nothing on the page.
_KEPT_FORMATS = frozenset("\u200c\u200d")


def without_controls(text: str) -> str:
    """No control, direction, surrogate, private or unassigned character; blanks of any kind become one space."""
    kept = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", text) if _is_shown(c))
    return " ".join(kept.split())


def folded(text: str) -> str:
    """For comparing headings: lower case, no accents, letters and digits only, single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def _is_shown(character: str) -> bool:
    if character.isspace() or character in _KEPT_FORMATS:
        return True
    return unicodedata.category(character)[0] != "C"
