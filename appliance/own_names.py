"""By which names and addresses this appliance is known to others. Asks the machine; resolves no name."""

import ipaddress
import socket
import time
import unicodedata
from collections.abc import Callable, Collection
from urllib.parse import unquote, urlsplit

from appliance.addresses import interface_addresses
from appliance.config import Config

_ALWAYS = ("localhost", "127.0.0.1", "::1", "preau.local")
_USUAL_PORTS = (80, 443)  # a proxy in front of us listens there
_FRESH_SECONDS = 5.0  # an address that DHCP changed is known this much later
_FAR_AWAY = ("192.0.2.1", 9)  # of nobody (RFC 5737): only its way is asked for
_WILDCARDS = ("", "0.0.0.0", "::", "*")  # noqa: S104 - recognized, not bound


def outward_address() -> str | None:
    """Of the interface towards the school's router; None without one. Nothing is sent: routes are looked up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_FAR_AWAY)
        except OSError:
            return None
        return str(asking.getsockname()[0])


def page_address(
    config: Config,
    addresses: Callable[[], Collection[str]] = interface_addresses,
    outward: Callable[[], str | None] = outward_address,
) -> str:
    """Where somebody in the school opens our pages: an address that can be read over the telephone, if there is one."""
    host = config.host
    if host in _WILDCARDS:
        host = _told_address(addresses(), outward()) or f"{socket.gethostname().lower()}.local"
    if ":" in host:
        host = f"[{host}]"
    scheme, usual = ("https", 443) if config.tls else ("http", 80)
    return f"{scheme}://{host}" if config.http_port == usual else f"{scheme}://{host}:{config.http_port}"


def _told_address(known: Collection[str], outward: str | None) -> str | None:
    """Towards the router before any other: a network of the machine's own (containers, say) has no router there."""
    parsed = (ipaddress.ip_address(one) for one in known)
    usable = {str(one) for one in parsed if one.version == 4 and not (one.is_loopback or one.is_link_local)}
    return outward if outward in usable else min(usable, default=None)


class OwnNames:
    """Asks the machine for its addresses again every few seconds."""

    def __init__(self, config: Config, addresses: Callable[[], Collection[str]] = interface_addresses) -> None:
        machine = socket.gethostname().lower()
        names = {*_ALWAYS, machine, f"{machine}.local", *config.names}
        self._fixed = {plain_name(name) for name in names} | ({plain_name(config.host)} - set(_WILDCARDS))
        ports = (config.http_port, config.mqtt_port, config.websocket_port, config.agents_port)
        self._ports = {None, *_USUAL_PORTS, *ports}
        self._addresses = addresses
        self._known: frozenset[str] = frozenset()
        self._looked_at = float("-inf")

    def is_own(self, host_header: str) -> bool:
        name = host_of(host_header)
        return name is not None and (name in self._fixed or name in self._current())

    def leads_here(self, url: str) -> bool:
        """Whether a browser that opens this address would come to this appliance, or to the very device it runs on.

        Without asking any name server: an address is compared, in every form in which browsers take one. Another
        server of the same machine, at a port that is none of ours, is a site like others.
        """
        name = _as_browsers_read(url)
        address = _address(name)
        if name == "localhost" or name.endswith(".localhost") or (address is not None and _is_the_devices(address)):
            return True
        is_here = name in self._fixed or (address is not None and self.is_own_address(address))
        return is_here and _port(url) in self._ports

    def is_own_address(self, address: str) -> bool:
        """Of one of our interfaces, or of the machine to itself."""
        return _is_the_devices(address) or str(_bare(address)) in self._current()

    def _current(self) -> frozenset[str]:
        now = time.monotonic()
        if now - self._looked_at >= _FRESH_SECONDS:
            self._known = frozenset(self._addresses())
            self._looked_at = now
        return self._known


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
    return plain_name(name) if name and name.isascii() else None


def plain_name(name: str) -> str:
    bare = name.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare


def _as_browsers_read(url: str) -> str:
    """The host, with %-escapes, wide letters and the ideographic full stop undone (WHATWG URL, host parsing)."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return plain_name(unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", "."))


def _port(url: str) -> int | None:
    """None where it is none that a browser takes."""
    try:
        parts = urlsplit(url)
        return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def _bare(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address.split("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def _is_the_devices(address: str) -> bool:
    """Of whichever machine opens it."""
    bare = _bare(address)
    return bare.is_loopback or bare.is_unspecified


def _address(name: str) -> str | None:
    """`2130706433`, `0x7f.1` and `127.1` are addresses, too."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name or not (name[0].isdigit() and name.isascii()):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return None
