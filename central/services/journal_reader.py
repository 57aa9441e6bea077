"""The city's journal and the schools' own, read page by page, newest first. Writes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from central.store.desk_models import Account, Journal
from central.store.models import SchoolAudit
from central.store.rows import tuples_of

PAGE = 100
_SAME_NAME = 50


@dataclass(frozen=True, slots=True)
class Line:
    """Of the city's journal or of a school's (`is_of_school`); `is_security` is of schools only."""

    at: datetime
    actor: str
    action: str
    target: str
    school: str
    detail: Mapping[str, object]
    is_security: bool = False
    is_of_school: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for; empty strings ask for all, and so does `schools` None.

    `actor`: a login as the journal has it, or a person's name. `since` and `until` bound the moment, the second not
    included.
    """

    actor: str = ""
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None
    schools: tuple[str, ...] | None = None
    page: int = 1
    limit: int = PAGE


@dataclass(frozen=True, slots=True)
class Lines:
    lines: tuple[Line, ...]
    has_more: bool


class JournalReader:
    def of_city(self, wanted: Wanted) -> Lines:
        query = Journal.select().order_by(Journal.at.desc(), Journal.id.desc())
        return _page(_narrowed(query, Journal, wanted), wanted, _city_line)

    def of_schools(self, wanted: Wanted) -> Lines:
        """What the boxes' own journals said, as it came."""
        query = SchoolAudit.select().order_by(SchoolAudit.at.desc(), SchoolAudit.epoch, SchoolAudit.seq.desc())
        return _page(_narrowed(query, SchoolAudit, wanted), wanted, _school_line)

    def actions(self) -> list[str]:
        """Kinds of acts that the city's journal knows."""
        return [row.action for row in Journal.select(Journal.action).distinct().order_by(Journal.action)]


def _narrowed(query: Any, table: Any, wanted: Wanted) -> Any:
    if wanted.actor:
        query = query.where(table.actor.in_(_labels(wanted.actor)))
    if wanted.target:
        query = query.where(table.target == wanted.target)
    if wanted.schools is not None:
        query = query.where(table.school.in_(wanted.schools))
    if wanted.action:
        query = query.where(table.action.startswith(wanted.action))
    if wanted.since is not None:
        query = query.where(table.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.at < wanted.until)
    return query


def _labels(typed: str) -> list[str]:
    """The labels of those who are called so: every account of that name, and what was typed as it is."""
    is_named = (Account.name == typed) | (fn.LOWER(Account.name) == typed.lower())  # SQLite lowers no « É »
    named = Account.select(Account.login).where(is_named).limit(_SAME_NAME)
    return [typed, *(login for (login,) in tuples_of(named))]


def _page(query: Any, wanted: Wanted, line: Callable[[Any], Line]) -> Lines:
    rows = list(query.offset((max(1, wanted.page) - 1) * wanted.limit).limit(wanted.limit + 1))
    return Lines(tuple(line(row) for row in rows[: wanted.limit]), len(rows) > wanted.limit)


def _city_line(row: Journal) -> Line:
    return Line(row.at, row.actor, row.action, row.target, row.school, row.detail or {})


def _school_line(row: SchoolAudit) -> Line:
    return Line(row.at, row.actor, row.action, row.target, row.school, row.detail or {}, row.is_security, True)
