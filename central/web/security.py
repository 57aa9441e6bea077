"""What every answer carries and every unsafe request must show. Who is signed in is not known here.

ASVS 3.4 (headers), 3.5.1-3.5.3 (requests from other sites). The canonical host is fixed: no link is ever made of the
Host header, and other names get nothing.
"""

import ipaddress
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from flask_wtf.csrf import CSRFProtect

from central.errors import Denied, NotSignedIn

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_BYTES = 256 * 1024
_LONGEST_QUERY = 4000
_MACHINES = ("/health", "/metrics")  # asked by address, by who watches the server
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), "
    "midi=(), accelerometer=(), gyroscope=(), magnetometer=(), display-capture=(), browsing-topics=()",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
}
_OF_EACH_FILE = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
_HSTS = "max-age=31536000"
_REFUSAL = (
    '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Préau</title>'
    "<h1>Cette adresse n’est pas celle du serveur</h1><p>Rien n’a été ouvert.</p>"
    '<h1 lang="en">This is not the server’s own address</h1><p lang="en">Nothing was opened.</p>'
).encode()

View = TypeVar("View", bound=Callable[..., object])


def protect(app: Flask, url: str) -> CSRFProtect:
    """Size, who sends, then the form's token; and the headers of every answer."""
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as its session
        WTF_CSRF_SSL_STRICT=False,  # `_refuse_other_sites` looks at Origin on http, too
        WTF_CSRF_HEADERS=["X-CSRFToken", "X-CSRF-Token"],
    )
    own = _authority(url)

    @app.before_request
    def refuse() -> None:
        if len(request.query_string) > _LONGEST_QUERY:
            abort(414)
        _refuse_other_sites(own)

    app.before_request(_limit_body)
    csrf = CSRFProtect(app)
    is_secure = url.startswith("https:")

    @app.after_request
    def add_headers(response: Response) -> Response:
        is_file = request.endpoint in ("static", "house")
        for name in _OF_EACH_FILE if is_file else _HEADERS:
            response.headers.setdefault(name, _HEADERS[name])
        response.headers.setdefault("Cache-Control", "no-cache" if is_file else "no-store")
        if is_secure:
            response.headers["Strict-Transport-Security"] = _HSTS
        return response

    return csrf


def body_limit(size: int) -> Callable[[View], View]:
    """On a view: it takes bodies of up to `size` bytes, from people who are signed in."""

    def mark(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]  # read by _limit_body
        return view

    return mark


def _limit_body() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    size = getattr(view, "body_limit", None)
    if size is None:
        return
    if g.get("session") is None:
        raise NotSignedIn("signed_out")
    request.max_content_length = size


def _refuse_other_sites(own: tuple[str, str, int | None] | None) -> None:
    """Browsers say where a request comes from: Sec-Fetch-Site over TLS and on localhost, Origin everywhere."""
    if request.method in SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none"):
        raise Denied("other_site")
    origin = request.headers.get("Origin")
    if origin is not None and _authority(origin) != own:
        raise Denied("other_site")


def _authority(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, name and port; None for `null` and for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


class HostGate:
    """Around the whole application: only the canonical name is served. Its own machine's address is sent there."""

    def __init__(self, app: "WSGIApplication", url: str) -> None:
        self._app = app
        self._url = url
        self._own = _authority(url)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        asked = _authority(f"{urlsplit(self._url).scheme}://{environ.get('HTTP_HOST', '')}")
        path = environ.get("PATH_INFO", "")
        if (asked is not None and asked == self._own) or path in _MACHINES:
            return self._app(environ, start_response)
        is_look = environ.get("REQUEST_METHOD") in ("GET", "HEAD")
        if asked is not None and is_look and _is_loopback(asked[1]) and _is_loopback(_name(self._own)):
            start_response("302 Found", [("Location", f"{self._url}/"), ("Content-Length", "0")])
            return []
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(_REFUSAL))),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        start_response("421 Misdirected Request", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [_REFUSAL]


def _name(authority: tuple[str, str, int | None] | None) -> str:
    return "" if authority is None else authority[1]


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def sender() -> str:
    """Who asks. A proxy on this machine is believed about the last hop, nobody else about anything."""
    address = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if _is_loopback(address) and forwarded:
        return forwarded.rpartition(",")[2].strip()
    return address
