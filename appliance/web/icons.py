"""The one way a page shows an icon: a drawing of the sprite that `./run` made from `icons.txt`.

Owns the markup of one icon. It must not know which page uses which.
"""

from __future__ import annotations

from flask import url_for
from markupsafe import Markup

SPRITE = "vendor/icons.svg"

_MARKUP = Markup(
    '<svg class="icon icon-{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
    '<use href="{sprite}#{name}"/></svg>'
)


def icon(name: str) -> Markup:
    """What templates call. An icon always stands beside a word, so screen readers skip it."""
    return _MARKUP.format(name=name, sprite=url_for("static", filename=SPRITE))
