"""By which names this appliance may be called. A page of another name that points here (DNS rebinding) gets nothing.

Looks at the Host header only: no header of a proxy is believed.
"""

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Request

from appliance.own_names import OwnNames, host_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_REFUSAL = (
    '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Préau</title>'
    "<h1>Cette adresse n’est pas celle du boîtier</h1>"
    "<p>Rien n’a été ouvert. Tapez l’adresse affichée par le boîtier, ou scannez son QR code.</p>"
    '<h1 lang="en">This is not the box’s own address</h1>'
    '<p lang="en">Nothing was opened. Type the address that the box shows, or scan its QR code.</p>'
).encode()


class HostGate:
    """Around the whole application, Socket.IO included: other names get 421."""

    def __init__(self, app: "WSGIApplication", names: OwnNames) -> None:
        self._app = app
        self._names = names

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self._names.is_own(environ.get("HTTP_HOST", "")):
            return self._app(environ, start_response)
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(_REFUSAL))),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ]
        start_response("421 Misdirected Request", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [_REFUSAL]


def own_host(request: Request) -> str:
    """The name by which this request reached the appliance; HostGate has let only our own pass."""
    return host_of(request.host) or "preau.local"


def is_loopback(request: Request) -> bool:
    """The one who asks sits at the box itself: its own name for itself leads a tablet nowhere."""
    host = own_host(request)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def base_url(request: Request) -> str:
    return f"{request.scheme}://{request.host}"
