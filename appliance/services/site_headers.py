"""Asks a site of the internet for the headers of one address; the only file of the appliance that knows `requests`.

What is asked for was chosen by a teacher, but where it leads is the site's to say: each step is looked at before it is
taken, and taken to the very address that was looked at, so that no name can turn towards this machine meanwhile; and
no site of the internet leads into the school's network.
"""

import ipaddress
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from appliance.domain.naming import host_in_url
from protocol.device import is_web_link

_TIMEOUT_SECONDS = 3
_REDIRECTS = 3
_AGENT = "Mozilla/5.0 (compatible; Preau)"

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
    if not is_web_link(url):
        raise Unreachable("no web address")
    parts = urlsplit(url)
    try:
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        addresses = resolve(str(parts.hostname), port)
        if not addresses or any(forbids(address) for address in addresses):
            raise Unreachable("not a site")
        return addresses[0], *_get(url, addresses[0], port)
    except (requests.RequestException, OSError, ValueError) as error:
        raise Unreachable(type(error).__name__) from error


def _get(url: str, address: str, port: int) -> tuple[int, Mapping[str, str]]:
    """Without a proxy, a cookie or a password; the body is not read."""
    parts = urlsplit(url)
    there = parts._replace(netloc=f"{host_in_url(address)}:{port}", fragment="").geturl()
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", _ByName(str(parts.hostname)))
        headers = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": _AGENT, "Accept": "text/html"}
        with session.get(
            there, headers=headers, stream=True, timeout=_TIMEOUT_SECONDS, allow_redirects=False
        ) as answer:
            return answer.status_code, {name.lower(): value for name, value in answer.headers.items()}


class _ByName(HTTPAdapter):
    """Speaks with an address, and wants the certificate of a name."""

    def __init__(self, name: str) -> None:
        self._server = name
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **rest: Any) -> None:
        names = {"server_hostname": self._server, "assert_hostname": self._server}
        super().init_poolmanager(connections, maxsize, block, **names, **rest)
