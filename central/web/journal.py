"""The city's journal and, beside it, the schools' own: filtered, page by page, and as a file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability, Column
from central.services.exports import csv_bytes
from central.services.journal_reader import Line, Wanted
from central.services.scope import visible_schools
from central.web.access import allows, viewer
from central.web.deeds import SCHOOL_SUBJECTS, SUBJECTS, deed
from central.web.lists import asked
from central.web.texts import filled as _
from central.web.texts import translate
from central.web.times import DEFAULT_ZONE

_MOST_ROWS = 10_000
_MOST_PAGES = 10_000


def make_journal(services: Services) -> Blueprint:
    pages = Blueprint("journal", __name__, url_prefix="/journal")
    _add_city(pages, services)
    _add_schools(pages, services)
    return pages


def _add_city(pages: Blueprint, services: Services) -> None:
    @pages.get("")
    @allows(Capability.SEE_JOURNAL)
    def city() -> ResponseReturnValue:
        wanted = _wanted()
        found = services.journal.of_city(wanted)
        return _page("city", wanted, found.lines, found.has_more)

    @pages.get("/city.csv")
    @allows(Capability.SEE_JOURNAL)
    def city_file() -> ResponseReturnValue:
        found = services.journal.of_city(replace(_wanted(), page=1, limit=_MOST_ROWS))
        return _file("journal-ville.csv", found.lines)


def _add_schools(pages: Blueprint, services: Services) -> None:
    @pages.get("/schools")
    @allows(Capability.SEE_SCHOOL_JOURNAL)
    def schools() -> ResponseReturnValue:
        wanted = _own(_wanted())
        found = services.journal.of_schools(wanted)
        return _page("schools", wanted, found.lines, found.has_more)

    @pages.get("/schools.csv")
    @allows(Capability.SEE_SCHOOL_JOURNAL)
    def schools_file() -> ResponseReturnValue:
        found = services.journal.of_schools(replace(_own(_wanted()), page=1, limit=_MOST_ROWS))
        return _file("journal-ecoles.csv", found.lines)


def _own(wanted: Wanted) -> Wanted:
    """Never more than this viewer's schools, whatever the address says; without a column, no search in it."""
    if not viewer().sees(Column.STAFF_LOGIN):
        wanted = replace(wanted, actor="")
    if viewer().is_of_the_city:
        return wanted
    return replace(wanted, schools=tuple(row.uai for row in visible_schools(viewer())))


def _wanted() -> Wanted:
    read = request.args
    since, until = _day(read.get("since", "")), _day(read.get("until", ""))
    return Wanted(
        actor=asked("actor").strip()[:100],
        action=asked("what")[:50],
        target=asked("target").strip()[:100],
        school=asked("school").strip().upper()[:8],
        since=since,
        until=None if until is None else until + timedelta(days=1),
        page=max(1, min(read.get("page", 1, type=int), _MOST_PAGES)),
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=ZoneInfo(DEFAULT_ZONE))
    except ValueError:
        return None


def _page(of: str, wanted: Wanted, lines: Sequence[Line], has_more: bool) -> str:
    subjects = SUBJECTS if of == "city" else SCHOOL_SUBJECTS
    filters = {name: value for name, value in request.args.items() if name != "page" and value}
    return render_template(
        "journal/page.html",
        of=of,
        wanted=wanted,
        lines=lines,
        has_more=has_more,
        deed=deed,
        detail=detail_text,
        filters=filters,
        subjects=[(code, translate(label)) for code, label in subjects],
        schools={row.uai: row.name for row in visible_schools(viewer())},
        has_actor=of == "city" or viewer().sees(Column.STAFF_LOGIN),
    )


def _file(name: str, lines: Sequence[Line]) -> Response:
    """ISO moments: a file is for programs. Hostile words are no formulas (`csv_bytes`)."""
    has_actor = viewer().sees(Column.STAFF_LOGIN)
    headings = [_("Moment"), _("École"), _("Qui"), _("Quoi"), _("Sur quoi"), _("Détail")]
    rows = (
        [line.at.isoformat(timespec="seconds"), line.school, line.actor if has_actor else "", line.action, line.target,
         detail_text(line)]
        for line in lines
    )  # fmt: skip
    response = Response(csv_bytes(headings, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def detail_text(line: Line) -> str:
    """`role : erun, count : 3`; what is nested stays as it was written."""
    return ", ".join(f"{name}\u00a0: {_plain(value)}" for name, value in line.detail.items() if value not in (None, ""))


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
