"""By which names this appliance may be called. A page of another name that points here (DNS rebinding) gets nothing.

Looks at the Host header only: no header of a proxy is believed.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from flask import Request

from appliance.addresses import interface_addresses
from appliance.config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ALWAYS = ("localhost", "127.0.0.1", "::1", "preau.local")
_FRESH_SECONDS = 5.0  # an address that DHCP changed is known this much later
_WILDCARDS = ("", "0.0.0.0", "::", "*")  # noqa: S104 - recognized, not bound
_REFUSAL = (
    '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Préau</title>'
    "<h1>Cette adresse n’est pas celle du boîtier</h1>"
    "<p>Rien n’a été ouvert. Tapez l’adresse affichée par le boîtier, ou scannez son QR code.</p>"
    '<h1 lang="en">This is not the box’s own address</h1>'
    '<p lang="en">Nothing was opened. Type the address that the box shows, or scan its QR code.</p>'
).encode()


class OwnNames:
    """Asks the machine for its addresses again every few seconds."""

    def __init__(self, config: Config, addresses: Callable[[], Collection[str]] = interface_addresses) -> None:
        machine = socket.gethostname().lower()
        names = {*_ALWAYS, machine, f"{machine}.local", *config.names}
        self._fixed = {_plain(name) for name in names} | ({_plain(config.host)} - set(_WILDCARDS))
        self._addresses = addresses
        self._known: frozenset[str] = frozenset()
        self._looked_at = float("-inf")

    def is_own(self, host_header: str) -> bool:
        name = host_of(host_header)
        return name is not None and (name in self._fixed or name in self._current())

    def _current(self) -> frozenset[str]:
        now = time.monotonic()
        if now - self._looked_at >= _FRESH_SECONDS:
            self._known = frozenset(self._addresses())
            self._looked_at = now
        return self._known


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


def host_of(header: str) -> str | None:
    """The name or address of `name`, `name:port`, `[v6]` or `[v6]:port`; None when it is none of these."""
    name, colon, port = header, "", ""
    if header.startswith("["):
        name, bracket, rest = header[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return None
        name = name.partition("%")[0]  # the zone of a link-local address; no name has one
        colon, port = rest[:1], rest[1:]
    elif ":" in header:
        name, colon, port = header.partition(":")
    if colon and not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536):
        return None
    return _plain(name) if name and name.isascii() else None


def own_host(request: Request) -> str:
    """The name by which this request reached the appliance; HostGate has let only our own pass."""
    return host_of(request.host) or "preau.local"


def base_url(request: Request) -> str:
    return f"{request.scheme}://{request.host}"


def _plain(name: str) -> str:
    bare = name.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare
