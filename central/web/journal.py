"""The city's journal and, beside it, the schools' own: filtered, page by page, and as a file."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.plain_text import folded, search_words
from central.domain.roles import Capability, Column
from central.services.exports import csv_bytes
from central.services.journal_reader import Line, Wanted
from central.services.scope import visible_schools
from central.web.access import allows, viewer
from central.web.deeds import SCHOOL_SUBJECTS, SUBJECTS
from central.web.journal_words import told_lines
from central.web.lists import asked
from central.web.texts import filled as _
from central.web.texts import translate
from central.web.times import DEFAULT_ZONE, in_zone, sortable_text

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
    own = {row.uai for row in visible_schools(viewer())}
    return replace(wanted, schools=tuple(own if wanted.schools is None else own & set(wanted.schools)))


def _wanted() -> Wanted:
    read = request.args
    since, until = _day(read.get("since", "")), _day(read.get("until", ""))
    return Wanted(
        actor=asked("actor").strip()[:100],
        action=asked("what")[:50],
        target=asked("target").strip()[:100],
        schools=_schools(asked("school")),
        since=since,
        until=None if until is None else until + timedelta(days=1),
        page=max(1, min(read.get("page", 1, type=int), _MOST_PAGES)),
    )


def _schools(typed: str) -> tuple[str, ...] | None:
    """Those whose UAI or name has all these words; none is asked for when nothing was typed."""
    if not typed.strip():
        return None
    words = search_words(typed)
    return tuple(row.uai for row in visible_schools(viewer()) if words and _has_all(words, f"{row.uai} {row.name}"))


def _has_all(words: tuple[str, ...], text: str) -> bool:
    found = folded(text)
    return all(word in found for word in words)


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
        lines=list(zip(lines, told_lines(lines, viewer()), strict=True)),
        has_more=has_more,
        filters=filters,
        subjects=[(code, translate(label)) for code, label in subjects],
        schools={row.uai: row.name for row in visible_schools(viewer())},
        has_actor=of == "city" or viewer().sees(Column.STAFF_LOGIN),
    )


def _file(name: str, lines: Sequence[Line]) -> Response:
    """As the page tells it; hostile words are no formulas (`csv_bytes`)."""
    has_actor = viewer().sees(Column.STAFF_LOGIN)
    headings = [in_zone(_("Moment")), _("UAI"), _("École"), _("Qui"), _("Quoi"), _("Sur quoi"), _("Détail")]
    schools = {row.uai: row.name for row in visible_schools(viewer())}
    rows = (
        [sortable_text(line.at), line.school, schools.get(line.school, ""), told.who if has_actor else "", told.what,
         told.on, told.detail]
        for line, told in zip(lines, told_lines(lines, viewer()), strict=True)
    )  # fmt: skip
    response = Response(csv_bytes(headings, rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
