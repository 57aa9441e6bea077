"""What every answer carries and every unsafe request must show. Who is signed in is not known here.

ASVS 3.4 (headers), 3.5.1-3.5.3 (requests from other sites).
"""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect

from appliance.config import Config
from appliance.errors import Denied, NotSignedIn

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_BYTES = 64 * 1024

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), "
    "midi=(), accelerometer=(), gyroscope=(), magnetometer=(), display-capture=(), browsing-topics=()",
}
_OF_EACH_FILE = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
# A month: a school that takes its certificates away again is not locked out for a year.
_HSTS = "max-age=2592000"
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"  # for content that people brought

View = TypeVar("View", bound=Callable[..., object])


def protect(app: Flask, config: Config) -> CSRFProtect:
    """In this order: size, who sends, the token. Gives the CSRFProtect, for the device API to be let out of."""
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as its session; no wall clock in it
        WTF_CSRF_SSL_STRICT=False,  # `_refuse_other_sites` looks at Origin on http, too
        WTF_CSRF_HEADERS=["X-CSRFToken", "X-CSRF-Token"],
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.tls,
    )
    app.before_request(_limit_body)
    app.before_request(_refuse_other_sites)
    csrf = CSRFProtect(app)
    hsts = _HSTS if config.tls else None

    @app.after_request
    def add_headers(response: Response) -> Response:
        # Our own scripts are no pages. A pupil's page is eighty of them, and the rest would be a quarter of its weight.
        is_own_file = request.endpoint == "static"
        for name in _HEADERS if not is_own_file else _OF_EACH_FILE:
            response.headers.setdefault(name, _HEADERS[name])
        if not is_own_file:
            response.headers.setdefault("Content-Security-Policy", page_policy(request.host))
            response.headers.setdefault("Cache-Control", "no-store")
        if hsts:
            response.headers["Strict-Transport-Security"] = hsts
        return response

    return csrf


def body_limit(size: int) -> Callable[[View], View]:
    """On a view: it takes bodies of up to `size` bytes, from people who are signed in."""

    def mark(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]  # read by _limit_body
        return view

    return mark


def page_policy(host: str) -> str:
    """`connect-src` names the WebSocket's address, which older Safari does not take for 'self'."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self' ws://{host} wss://{host}; manifest-src 'self'; media-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def _limit_body() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    size = getattr(view, "body_limit", None)
    if size is None:
        return
    if g.get("session") is None:  # nobody may make us read a large body before saying who they are
        raise NotSignedIn("signed_out")
    request.max_content_length = size


def _refuse_other_sites() -> None:
    """Browsers say where a request comes from: Sec-Fetch-Site over TLS and on localhost, Origin everywhere."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise Denied("other_site")
    origin = request.headers.get("Origin")
    if origin is not None and _authority(origin) != _authority(f"{request.scheme}://{request.host}"):
        raise Denied("other_site")


def _authority(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, name and port; None for `null` and for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
