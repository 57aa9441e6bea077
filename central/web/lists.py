"""Long tables: sorted and paged on the server, with all of their state in the address. Works without scripts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from flask import request, url_for

Line = TypeVar("Line")
PAGE = 100
_LONGEST = 200


def asked(name: str, default: str = "") -> str:
    """A word of the address, bounded; the one sign that PostgreSQL takes nowhere is one that is found nowhere."""
    return request.args.get(name, default).replace("\0", "\ufffd")[:_LONGEST]


def number_asked(name: str) -> int | None:
    text = asked(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def address(**changes: object) -> str:
    """This page with another state; what is None leaves the address."""
    state: dict[str, object] = {name: value for name, value in request.args.items() if value}
    state |= changes
    query = urlencode({name: value for name, value in state.items() if value not in (None, "")})
    return f"{request.path}?{query}" if query else request.path


def files(endpoint: str) -> list[tuple[str, str]]:
    """(label, address) of this list as a file: with the address's own state, whatever somebody wrote into it."""
    query = f"?{urlencode(request.args.to_dict())}" if request.args else ""
    return [(kind.upper(), url_for(endpoint, file=kind) + query) for kind in ("csv", "ods")]


@dataclass(frozen=True, slots=True)
class Heading:
    """`href`: sorts by it, the other way round when it is sorted already; none does not sort."""

    key: str
    label: str
    href: str = ""
    order: str = ""  # ascending, descending, or not by this
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Generic[Line]):
    """One page of a list that is whole in memory."""

    lines: Sequence[Line]
    total: int
    page: int
    pages: int

    @property
    def before(self) -> str:
        return address(page=self.page - 1 if self.page > 2 else None) if self.page > 1 else ""

    @property
    def after(self) -> str:
        return address(page=self.page + 1) if self.page < self.pages else ""


def sliced(lines: Sequence[Line], size: int = PAGE) -> Slice[Line]:
    pages = max(1, -(-len(lines) // size))
    page = min(max(1, number_asked("page") or 1), pages)
    return Slice(lines[(page - 1) * size : page * size], len(lines), page, pages)


def ordered(lines: Sequence[Line], keys: Mapping[str, Callable[[Line], Any]], default: str) -> list[Line]:
    """By what the address asks for; equal ones stay as they were."""
    key = asked("sort", default)
    chosen = keys.get(key, keys[default])
    return sorted(lines, key=chosen, reverse=asked("dir") == "desc")


def headings(columns: Sequence[tuple[str, str, bool]], sortable: Sequence[str], default: str) -> list[Heading]:
    """`columns`: (key, label, is_number)."""
    current = asked("sort", default) if asked("sort", default) in sortable else default
    descends = asked("dir") == "desc"
    found = []
    for key, label, is_number in columns:
        is_current = key == current and key in sortable
        href = address(sort=key, dir="desc" if is_current and not descends else None, page=None, after=None)
        order = ("descending" if descends else "ascending") if is_current else ""
        found.append(Heading(key, label, href if key in sortable else "", order, is_number))
    return found
