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

from peewee import Case, Expression, Function, IntegerField, fn

from central.domain.plain_text import is_findable, search_words
from central.domain.roles import Scope, Viewer
from central.store.models import Appliance, Device, School
from central.store.rows import tuples_of
from protocol.uplink_words import Standing

PAGE = 50
COUNTED = 1000
_SHORT_NUMBER = 2


@dataclass(frozen=True, slots=True)
class DeviceLine:
    id: str
    uai: str
    school: str
    has_box: bool  # that takes orders for it
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
    rank: int = 0  # 1: words were typed, and they are not just its name


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
    Device.id, Device.school, Device.appliance, Device.number, Device.name, Device.kind, Device.status, Device.serial,
    Device.manufacturer, Device.model, Device.cart, Device.seen_at, Device.battery, Device.by_hand,
)  # fmt: skip


class DeviceSearch:
    def found(self, wanted: Wanted, viewer: Viewer) -> Found:
        sort = _SORTS.get(wanted.sort, _SORTS["school"])
        conditions = _conditions(wanted, viewer)
        rank = _rank(wanted.text)
        lines = self._page(wanted, (*rank, *sort.fields), conditions)
        total = Device.select(Device.id).where(*conditions).limit(COUNTED + 1)
        count = len(lines) if len(lines) <= wanted.limit and not wanted.after else _counted(total)
        more = len(lines) > wanted.limit
        shown = lines[: wanted.limit]
        ranked = (shown[-1].rank,) if rank and shown else ()
        following = _token((*ranked, *sort.key(shown[-1]))) if more else None
        return Found(tuple(shown), min(count, COUNTED), count > COUNTED, following)

    def _page(self, wanted: Wanted, fields: tuple[Any, ...], conditions: list[Expression]) -> list[DeviceLine]:
        query = Device.select(*_COLUMNS, *(field for field in fields if isinstance(field, Case))).where(*conditions)
        after = _read_token(wanted.after, fields)
        if after is not None:
            query = query.where(_beyond(fields, after))
        query = query.order_by(*fields).limit(wanted.limit + 1)
        rows = tuples_of(query)
        # Joined here: a page has fifty schools at most.
        names, active = _names({row[1] for row in rows}), _active({row[2] for row in rows})
        return [DeviceLine(id_, uai, names.get(uai, ""), box in active, *rest) for id_, uai, box, *rest in rows]


def _conditions(wanted: Wanted, viewer: Viewer) -> list[Expression]:
    """The viewer's scope first: it is never left to a page."""
    conditions = _scope(viewer)
    if not is_findable(wanted.text):
        conditions.append(Device.id == "")
    conditions += [_has(word) for word in search_words(wanted.text)]
    equal = ((Device.school, wanted.school), (Device.kind, wanted.kind), (Device.status, wanted.status))
    conditions += [field == value for field, value in equal if value]
    if wanted.group is not None:
        schools = School.select(School.uai)
        schools = schools.where(School.group == wanted.group) if wanted.group else schools.where(School.group.is_null())
        conditions.append(Device.school.in_(schools))
    return conditions


def _has(word: str) -> Any:
    """A number of one or two digits is a whole word: a piece of it is in every serial number and in half the UAIs."""
    if word.isdecimal() and len(word) <= _SHORT_NUMBER:
        return Device.search.contains(f" {word} ") | Device.search.startswith(f"{word} ")
    return Device.search.contains(word)


def _rank(text: str) -> tuple[Any, ...]:
    """Before all other order: what has just this name. A single word is in too many names to sort them all."""
    typed = text.strip()
    if len(search_words(typed)) < 2:
        return ()
    is_named = (Device.name == typed) | (fn.LOWER(Device.name) == typed.lower())
    return (Case(None, ((is_named, 0),), 1),)


def _scope(viewer: Viewer) -> list[Expression]:
    if viewer.scope is Scope.ALL:
        return []
    return [Device.school == (viewer.school or "")] if viewer.scope is Scope.OWN else [Device.id == ""]


def _names(codes: set[str]) -> dict[str, str]:
    return dict(tuples_of(School.select(School.uai, School.name).where(School.uai.in_(codes)))) if codes else {}


def _active(boxes: set[str | None]) -> set[str]:
    """Those that take orders: not one that is there twice, nor one that was revoked."""
    is_one = Appliance.id.in_([box for box in boxes if box]) & (Appliance.standing == Standing.ACTIVE.value)
    return {box for (box,) in tuples_of(Appliance.select(Appliance.id).where(is_one))}


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
    if isinstance(field, IntegerField | Function | Case):  # numbers with something in the place of none
        return type(value) is int and abs(value) < 2**53
    return isinstance(value, str) and "\0" not in value
