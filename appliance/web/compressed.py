"""Our style sheets, scripts and drawings as browsers fetch them: compressed, once, and kept while they do not change.

Owns the static folder's texts only; fonts are compressed already, and documents are `files`'. Scripts lose their
remarks on the way, which are a third of what would travel; their lines keep their numbers.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.security import safe_join

_SCRIPTS = frozenset({".js", ".mjs"})
_TEXTS = _SCRIPTS | {".css", ".svg", ".json", ".webmanifest"}
# What stands alone on its lines: nothing of a string or of a template begins like this in our scripts (a test looks).
_REMARK = re.compile(r"^[ \t]*(?:/\*.*?\*/|//[^\n]*)", re.MULTILINE | re.DOTALL)
_LEVEL = 9


@dataclass(frozen=True, slots=True)
class _Kept:
    """`stamp`: of the file that it was made from."""

    stamp: tuple[int, int]
    body: bytes
    tag: str


def compress_static(app: Flask) -> None:
    """Takes the place of Flask's own view; whoever takes no gzip, and every other file, still gets that one."""
    folder = str(app.static_folder)
    kept: dict[Path, _Kept] = {}  # by the file: one has many spellings
    plain: Callable[..., Response] = app.send_static_file

    def static(filename: str) -> Response:
        path = _text_at(folder, filename)
        if path is None or not request.accept_encodings["gzip"]:
            return plain(filename)
        found = kept[path] = _fresh(kept.get(path), path)
        response = Response(found.body, mimetype=mimetypes.guess_type(filename)[0] or "text/plain")
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        response.cache_control.no_cache = True
        response.set_etag(found.tag)
        response.make_conditional(request)
        return response

    app.view_functions["static"] = static


def without_remarks(script: str) -> str:
    """Blank where they were, so that a line has the number that it has in the source."""
    return _REMARK.sub(lambda found: "\n" * found[0].count("\n"), script)


def _text_at(folder: str, filename: str) -> Path | None:
    inside = safe_join(folder, filename)
    path = None if inside is None else Path(inside)
    return path if path is not None and path.suffix in _TEXTS and path.is_file() else None


def _fresh(known: _Kept | None, path: Path) -> _Kept:
    status = path.stat()
    stamp = status.st_mtime_ns, status.st_size
    if known is not None and known.stamp == stamp:
        return known
    content = path.read_bytes()
    if path.suffix in _SCRIPTS and "vendor" not in path.parts:
        content = without_remarks(content.decode("utf-8")).encode()
    body = gzip.compress(content, _LEVEL, mtime=0)
    return _Kept(stamp, body, hashlib.sha256(body).hexdigest()[:32])
