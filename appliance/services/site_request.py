"""One request to a site of the internet, at one address of it; the only file of the appliance that knows `requests`.

Whether that address may be asked was decided before (`site_headers`, which imports this when it first asks).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from appliance.domain.naming import host_in_url

_TIMEOUT_SECONDS = 3
_AGENT = "Mozilla/5.0 (compatible; Preau)"


def get(url: str, address: str, port: int) -> tuple[int, Mapping[str, str]]:
    """Without a proxy, a cookie or a password; the body is not read. Raises OSError, of which all of `requests` are."""
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
