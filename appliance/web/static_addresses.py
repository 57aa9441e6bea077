"""Under which addresses our own files are fetched: `/static/~RELEASE/…`; a browser that has them asks for none again.

The release is another as soon as one file is, so what was kept under the old addresses is simply not asked for. It is
a folder of the address, so what modules import from each other has it, too. Owns no content: `compressed` gives that.
A file is still found by its plain address, or by that of another release, and is then checked again each time.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response

_MARK = "~"
_YEAR_SECONDS = 365 * 24 * 3600


def address_static(app: Flask) -> None:
    """Looks at the files once: an upgrade starts the process anew."""
    folder = _MARK + _release(Path(str(app.static_folder)))
    views: dict[str, Callable[..., Any]] = app.view_functions
    found: Callable[[str], Response] = views["static"]

    def static(filename: str) -> Response:
        asked, _, rest = filename.partition("/")
        if not asked.startswith(_MARK):
            return found(filename)
        response = found(rest)
        if asked == folder and response.status_code in (200, 304):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
        return response

    @app.url_defaults
    def name_the_release(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and not values["filename"].startswith(_MARK):
            values["filename"] = f"{folder}/{values['filename']}"

    views["static"] = static


def plain_path(path: str) -> str:
    """Of a static file's address, without its release."""
    start, mark, rest = path.partition(f"/static/{_MARK}")
    return path if start or not mark else f"/static/{rest.partition('/')[2]}"


def _release(static: Path) -> str:
    facts = [
        (str(path.relative_to(static)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(static.rglob("*"))
        if path.is_file()
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
