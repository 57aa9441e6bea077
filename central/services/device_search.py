"""Finding a device among all of the city's: words in any order, filters, pages by key. Reads only.

A page starts after the last row of the one before (keyset), so that the thousandth costs what the first does. The
count stops at a thousand: nobody reads further, and counting all would cost more than the page.
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import Expression, Function, IntegerField, fn

from central.domain.plain_text import is_findable, search_words
from central.domain.roles import Scope, Viewer
from central.store.models import Device, School
from central.store.rows import tuples_of

PAGE = 50
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class DeviceLine:
    id: str
    uai: str
    school: str
    number: int
    name: str
    kind: str
    status: str
    serial: str
    manufacturer: str
    model: str
    cart: str
    seen_at: datetime | None
    battery: int | None
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty strings ask for all. `after`: what the page before ended with, as `Found.next` said it."""

    text: str = ""
    school: str = ""
    group: int | None = None
    kind: str = ""
    status: str = "active"
    sort: str = "school"
    after: str = ""
    limit: int = PAGE


@dataclass(frozen=True, slots=True)
class Found:
    """`total`: counted up to a thousand; `is_more`: there are more than that."""

    lines: tuple[DeviceLine, ...]
    total: int
    is_more: bool
    next: str | None


@dataclass(frozen=True, slots=True)
class _Sort:
    fields: tuple[Any, ...]
    key: Callable[[DeviceLine], tuple[Any, ...]]
    descending: bool = False


_SEEN = fn.COALESCE(Device.seen_at, 0)
_BATTERY = fn.COALESCE(Device.battery, 101)
_SORTS: dict[str, _Sort] = {
    "school": _Sort((Device.school, Device.number, Device.id), lambda one: (one.uai, one.number, one.id)),
    "name": _Sort((Device.name, Device.id), lambda one: (one.name, one.id)),
    "seen": _Sort((_SEEN, Device.id), lambda one: (_milliseconds(one.seen_at), one.id)),
    "battery": _Sort((_BATTERY, Device.id), lambda one: (101 if one.battery is None else one.battery, one.id)),
}
SORTS = tuple(_SORTS)
_COLUMNS = (
    Device.id, Device.school, Device.number, Device.name, Device.kind, Device.status, Device.serial,
    Device.manufacturer, Device.model, Device.cart, Device.seen_at, Device.battery, Device.by_hand,
)  # fmt: skip


class DeviceSearch:
    def found(self, wanted: Wanted, viewer: Viewer) -> Found:
        sort = _SORTS.get(wanted.sort, _SORTS["school"])
        conditions = _conditions(wanted, viewer)
        lines = self._page(wanted, sort, conditions)
        total = Device.select(Device.id).where(*conditions).limit(COUNTED + 1)
        count = len(lines) if len(lines) <= wanted.limit and not wanted.after else _counted(total)
        more = len(lines) > wanted.limit
        shown = lines[: wanted.limit]
        return Found(tuple(shown), min(count, COUNTED), count > COUNTED, _token(sort.key(shown[-1])) if more else None)

    def _page(self, wanted: Wanted, sort: _Sort, conditions: list[Expression]) -> list[DeviceLine]:
        query = Device.select(*_COLUMNS).where(*conditions)
        after = _read_token(wanted.after, sort.fields)
        if after is not None:
            query = query.where(_beyond(sort.fields, after))
        query = query.order_by(*sort.fields).limit(wanted.limit + 1)
        rows = tuples_of(query)
        names = _names({row[1] for row in rows})  # joined here: a page has fifty schools at most
        return [DeviceLine(id_, uai, names.get(uai, ""), *rest) for id_, uai, *rest in rows]


def _conditions(wanted: Wanted, viewer: Viewer) -> list[Expression]:
    """The viewer's scope first: it is never left to a page."""
    conditions = _scope(viewer)
    if not is_findable(wanted.text):
        conditions.append(Device.id == "")
    conditions += [Device.search.contains(word) for word in search_words(wanted.text)]
    equal = ((Device.school, wanted.school), (Device.kind, wanted.kind), (Device.status, wanted.status))
    conditions += [field == value for field, value in equal if value]
    if wanted.group is not None:
        schools = School.select(School.uai)
        schools = schools.where(School.group == wanted.group) if wanted.group else schools.where(School.group.is_null())
        conditions.append(Device.school.in_(schools))
    return conditions


def _scope(viewer: Viewer) -> list[Expression]:
    if viewer.scope is Scope.ALL:
        return []
    return [Device.school == (viewer.school or "")] if viewer.scope is Scope.OWN else [Device.id == ""]


def _names(codes: set[str]) -> dict[str, str]:
    return dict(tuples_of(School.select(School.uai, School.name).where(School.uai.in_(codes)))) if codes else {}


def _counted(query: Any) -> int:
    return int(query.count())


def _beyond(fields: tuple[Any, ...], after: list[Any]) -> Any:
    """(a, b, c) > (x, y, z), spelled out: SQLite and PostgreSQL both take it, and use an index on the first."""
    condition = fields[-1] > after[-1]
    for field, value in reversed(list(zip(fields[:-1], after[:-1], strict=True))):
        condition = (field > value) | ((field == value) & condition)
    return (fields[0] >= after[0]) & condition


def _milliseconds(at: datetime | None) -> int:
    return int(Device.seen_at.db_value(at) or 0)


def _token(key: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode("ascii")


def _read_token(text: str, fields: Sequence[Any]) -> list[Any] | None:
    """A token that is not one starts from the beginning."""
    try:
        key = json.loads(base64.urlsafe_b64decode(text[:2000].encode("ascii")))
    except ValueError:
        return None
    if not isinstance(key, list) or len(key) != len(fields):
        return None
    return key if all(map(_fits, key, fields)) else None


def _fits(value: object, field: object) -> bool:
    """PostgreSQL compares no text with a number, and takes no NUL."""
    if isinstance(field, IntegerField | Function):  # numbers with something in the place of none
        return type(value) is int and abs(value) < 2**53
    return isinstance(value, str) and "\0" not in value
