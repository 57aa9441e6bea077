"""The look of the school's box, taken as files: stylesheets, fonts, icons, scripts and components. Never its code.

Owns where they are and how a template reaches them. The components call `icon`, `csrf_token`, `url_for` and `_`; the
console gives them its own under the same names.
"""

from pathlib import Path

from flask import Flask, Response, send_from_directory, url_for
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader
from markupsafe import Markup

_BOX = Path(__file__).resolve().parents[2] / "appliance" / "web"
COMPONENTS = _BOX / "templates" / "components"
_ICON = Markup(
    '<svg class="icon icon-{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
    '<use href="{sprite}#{name}"/></svg>'
)


def share_house(app: Flask) -> None:
    """`/static/house/…` and `{% import "components/…" %}`."""
    own = app.jinja_loader
    assert own is not None  # noqa: S101 - Flask has one when there is a folder of templates
    loaders: list[BaseLoader] = [own, PrefixLoader({"components": FileSystemLoader(COMPONENTS)})]
    app.jinja_loader = ChoiceLoader(loaders)
    app.jinja_env.globals["icon"] = icon
    app.jinja_env.globals["house"] = house

    def serve(filename: str) -> Response:
        return send_from_directory(_BOX / "static", filename)

    app.add_url_rule("/static/house/<path:filename>", "house", serve)


def house(filename: str) -> str:
    return url_for("house", filename=filename)


def icon(name: str) -> Markup:
    """An icon always stands beside a word, so screen readers skip it."""
    return _ICON.format(name=name, sprite=house("vendor/icons.svg"))
