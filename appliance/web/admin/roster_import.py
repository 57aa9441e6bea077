"""A class list from a file: looked at first, then taken. Between the two it lives in the page, never on the disk."""

import io

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from appliance.bootstrap import Services
from appliance.domain.rosters import MAX_BYTES, MAX_PUPILS, encode_roster
from appliance.errors import Invalid, TooLarge
from appliance.web.admin.acts import problem_text
from appliance.web.errors import wants_json
from appliance.web.numbers import number_of
from appliance.web.security import body_limit
from appliance.web.texts import filled as _
from appliance.web.texts import reason
from appliance.web.texts import translate_number as ngettext
from appliance.web.uploads import FORM_ROOM_BYTES, read_long_form, read_upload

_SHOWN_PUPILS = 8
_CONFIRM_BYTES = 1024 * 1024


class _Kept(io.BytesIO):
    """The uploaded list, in memory; the form's parser may not close it."""

    def close(self) -> None:
        self.seek(0)


def add_roster_upload(pages: Blueprint, services: Services) -> None:
    @pages.get("/classrooms/import")
    def choose_list() -> ResponseReturnValue:
        return _choose_page(services)

    @pages.post("/classrooms/import")
    @body_limit(MAX_BYTES + FORM_ROOM_BYTES)
    def preview_list() -> ResponseReturnValue:
        try:
            content, classroom = _uploaded(services)
            roster, changes = services.rosters.preview(content, classroom)
        except (Invalid, TooLarge, RequestEntityTooLarge) as problem:
            return _refused(services, problem)
        page = render_template(
            "admin/import_preview.html",
            changes=changes,
            samples={name: lines[:_SHOWN_PUPILS] for name, lines in roster.classrooms.items()},
            problems=[(problem.line, reason(problem.code)) for problem in roster.problems],
            content=encode_roster(roster.lines),
        )
        return make_response(page, 422 if roster.problems else 200)

    @pages.post("/classrooms/import/confirm")
    @body_limit(_CONFIRM_BYTES)
    def import_list() -> ResponseReturnValue:
        """The list comes back in a field of the preview's form, and is read again like any other."""
        try:
            roster = read_long_form(_CONFIRM_BYTES).get("roster", "")
            changes = services.rosters.import_roster(roster.encode(), g.actor)
        except (Invalid, TooLarge, RequestEntityTooLarge) as problem:
            return _refused(services, problem)
        said = ngettext("%(num)s classe est à jour.", "%(num)s classes sont à jour.", len(changes))
        flash(said % {"num": len(changes)}, "good")
        return redirect(url_for("admin.classrooms"), 303)


def _uploaded(services: Services) -> tuple[bytes, str]:
    """The file's bytes, and the name of the class that takes everybody ("" when the file says)."""
    kept = _Kept()
    given = read_upload(lambda: kept)
    classroom_id = number_of(given.fields.get("classroom"))
    classroom = "" if classroom_id is None else services.rosters.get(classroom_id).name
    return kept.getvalue(), classroom


def _refused(services: Services, refusal: Invalid | TooLarge | RequestEntityTooLarge) -> ResponseReturnValue:
    """In the form, so that another file can be chosen; also where the body was too long to be read."""
    unread = TooLarge("roster_too_long", limit=MAX_PUPILS)
    problem = unread if isinstance(refusal, RequestEntityTooLarge) else refusal
    if wants_json():
        raise problem
    flash(problem_text(problem), "problem")
    return make_response(_choose_page(services), problem.status)


def _choose_page(services: Services) -> str:
    options = [("", _("Celle que le fichier dit"))]
    options += [(str(line.id), line.name) for line in services.rosters.listed()]
    return render_template("admin/import.html", classroom_options=options, selected=request.args.get("classroom", ""))
