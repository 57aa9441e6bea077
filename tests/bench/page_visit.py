"""What a browser fetches to show the pupil page: the page, its style sheets and scripts, and what those import.

Reads the files' own words (`import … from`, `url(…)`, `src`); what is only loaded on demand (`import(…)`) is left out.
"""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

import requests

_IN_PAGE = re.compile(r'<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+)"')
_IN_SCRIPT = re.compile(r'(?:\bfrom|\bimport|new URL\()\s*"([^"]+\.m?js)"')
_PATIENCE_SECONDS = 20


def visit(session: requests.Session, url: str) -> dict[str, bytes]:
    """Every address that was fetched, once, with its content as it is after decompression."""
    found: dict[str, bytes] = {}
    waiting = [url]
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        answer = session.get(address, timeout=_PATIENCE_SECONDS)
        answer.raise_for_status()
        found[address] = answer.content
        waiting += [urljoin(answer.url, one) for one in _named(answer)]
    return found


def _named(answer: requests.Response) -> Iterator[str]:
    kind = answer.headers.get("Content-Type", "")
    if "html" in kind:
        yield from (one for one in _IN_PAGE.findall(answer.text) if "/static/" in one or one.endswith(".js"))
    elif "javascript" in kind and "/vendor/" not in answer.url:
        yield from _IN_SCRIPT.findall(answer.text)
