"""Asks a site of the internet for the headers of one address, and follows where it leads.

What is asked for was chosen by a teacher, but where it leads is the site's to say: each step is looked at before it is
taken, and taken to the very address that was looked at, so that no name can turn towards this machine meanwhile; and
no site of the internet leads into the school's network.
"""

import ipaddress
import socket
from collections.abc import Callable, Mapping
from urllib.parse import urljoin, urlsplit

from protocol.device import is_web_link

_REDIRECTS = 3

Resolve = Callable[[str, int], list[str]]
Forbids = Callable[[str], bool]


class Unreachable(Exception):
    """No line, no such name, no answer in time, or an address that must not be asked."""


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a name, IPv4 first: many a school has an IPv6 that leads nowhere. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted(dict.fromkeys(str(entry[4][0]) for entry in found), key=lambda address: ":" in address)


def ask_site(url: str, forbids: Forbids, resolve: Resolve = resolve) -> tuple[str, Mapping[str, str]]:
    """Where it leads in the end, and the headers there, names in lower case. Raises Unreachable."""
    refused = forbids
    for _ in range(_REDIRECTS + 1):
        address, status, headers = _step(url, refused, resolve)
        if status not in (301, 302, 303, 307, 308) or "location" not in headers:
            return url, headers
        url = urljoin(url, headers["location"])
        if is_public(address):
            refused = _refusing_ours(forbids)
    raise Unreachable("too many redirects")


def is_public(address: str) -> bool:
    """Whether it is of the internet, and of no network like the school's."""
    return ipaddress.ip_address(address).is_global


def _refusing_ours(forbids: Forbids) -> Forbids:
    return lambda address: forbids(address) or not is_public(address)


def _step(url: str, forbids: Forbids, resolve: Resolve) -> tuple[str, int, Mapping[str, str]]:
    """The address that was asked, and what it answered."""
    # Here, because only the web's process asks, at its first link, and every process would carry a large library.
    from appliance.services.site_request import get

    if not is_web_link(url):
        raise Unreachable("no web address")
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        addresses = resolve(str(parts.hostname), port)
        if not addresses or any(forbids(address) for address in addresses):
            raise Unreachable("not a site")
        return addresses[0], *get(url, addresses[0], port)
    except (OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from error
