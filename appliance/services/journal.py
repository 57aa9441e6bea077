"""The journal: who did what to what, when. Written in the transaction of the act itself, read page by page.

Lines about equipment and staff accounts are told the city as well (`audit`).
Ids and words only. A pupil's name, a password, a token or a message's text never goes in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from appliance.domain.people import Actor
from appliance.services.audit import tell_of
from appliance.store.models import Journal

_PAGE = 100


def record(at: datetime, actor: Actor | str, action: str, target: str = "", **detail: object) -> None:
    """One line, in the caller's transaction. `action` is `noun.verb`, `target` is `noun:id`.

    `actor` as a word for what is no person: `token:5`.
    """
    label = actor if isinstance(actor, str) else actor.label
    Journal.create(at=at, actor=label, action=action, target=target, detail=detail or None)
    tell_of(at, label, action, target, detail)


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: datetime
    actor: str
    action: str
    target: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for; empty strings ask for all. `before`: only those older than this id.

    `since` and `until` bound the moment, the second not included.
    """

    actor: str = ""
    action: str = ""
    target: str = ""
    before: int | None = None
    limit: int = _PAGE
    since: datetime | None = None
    until: datetime | None = None


class JournalReader:
    """Newest first."""

    def page(self, wanted: Wanted | None = None) -> list[Entry]:
        wanted = wanted or Wanted()
        query = Journal.select().order_by(Journal.id.desc()).limit(max(1, min(wanted.limit, 1000)))
        if wanted.before is not None:
            query = query.where(Journal.id < wanted.before)
        if wanted.actor:
            query = query.where(Journal.actor == wanted.actor)
        if wanted.action:
            query = query.where(Journal.action.startswith(wanted.action))
        if wanted.target:
            query = query.where(Journal.target == wanted.target)
        if wanted.since is not None:
            query = query.where(Journal.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(Journal.at < wanted.until)
        return [_entry(row) for row in query]


def _entry(row: Journal) -> Entry:
    return Entry(row.id, row.at, row.actor, row.action, row.target, row.detail or {})
