"""What makes the pupil's page an app: its manifest, and, over TLS, a worker that starts it without the appliance.

The worker keeps the shell only: what the page is made of. It never sees a document, a lesson or a password.
"""

import hashlib
import json
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from appliance.web.texts import filled as _

PAGE = "/pupil"
_SHELL = (
    "mark.svg",
    "icons/icon-192.png",
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/pupil*.css",
    "js/theme.js",
    "js/core/*.js",
    "js/pupil/**/*.js",
    "vendor/mqtt.esm.js",
    "vendor/icons.svg",
    "vendor/atkinson-hyperlegible-?00.woff2",
)


def add_installing(pages: Blueprint) -> None:
    @pages.get("/pupil/manifest.webmanifest")
    def manifest() -> ResponseReturnValue:
        """The colours are those of the page's light ground (css/tokens.css)."""
        return Response(json.dumps(_manifest(), ensure_ascii=False), mimetype="application/manifest+json")

    @pages.get("/pupil/worker.js")
    def worker() -> ResponseReturnValue:
        """It differs as soon as one file of the shell does: browsers then fetch the shell anew."""
        static = Path(str(current_app.static_folder))
        files = shell_files(static)
        shell = {"version": shell_version(), "page": PAGE, "files": [_address(name) for name in files]}
        response = Response(render_template("pupil/worker.js", shell=shell), mimetype="text/javascript")
        response.headers["Service-Worker-Allowed"] = PAGE
        return response

    @pages.get("/pupil/version")
    def version() -> ResponseReturnValue:
        """What the page would be made of if it were loaded now: an open one compares."""
        return jsonify(version=shell_version())


def shell_version() -> str:
    """Of the files of the shell as they are on the disk: another after an upgrade of the box."""
    static = Path(str(current_app.static_folder))
    return _version(static, shell_files(static))


def shell_files(static: Path) -> list[str]:
    found = {path for pattern in _SHELL for path in static.glob(pattern)}
    return sorted(str(path.relative_to(static)) for path in found)


def _address(name: str) -> str:
    return url_for("static", filename=name)


def _version(static: Path, files: list[str]) -> str:
    """Of the files' addresses, sizes and times, and of the page, which comes with the code."""
    templates = Path(str(current_app.root_path)) / "templates" / "pupil"
    looked_at = [*(static / name for name in files), *sorted(templates.glob("*.html"))]
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in looked_at]
    addresses = [_address(name) for name in files]
    return hashlib.sha256(repr((facts, addresses)).encode()).hexdigest()[:16]


def _manifest() -> dict[str, object]:
    def icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
        mime = "image/svg+xml" if name.endswith(".svg") else "image/png"
        return {"src": _address(name), "sizes": sizes, "type": mime, "purpose": purpose}

    return {
        "id": PAGE,
        "name": _("Préau, la page de l’élève"),
        "short_name": "Préau",
        "start_url": PAGE,
        "scope": PAGE,
        "display": "standalone",
        "background_color": "#f5f1e8",
        "theme_color": "#f5f1e8",
        "icons": [
            icon("mark.svg", "any", "any"),
            icon("icons/icon-192.png", "192x192", "any"),
            icon("icons/icon-512.png", "512x512", "any"),
            icon("icons/icon-mask-512.png", "512x512", "maskable"),
        ],
    }
