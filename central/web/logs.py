"""Logs of a box that were asked for, until they expire; and the records that the server has put aside."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.services.naming import box_schools, people_names
from central.web.access import allows, viewer
from central.web.lists import asked
from central.web.parked_words import REASONS, TYPES
from central.web.texts import filled as _


def make_logs(services: Services) -> Blueprint:
    pages = Blueprint("logs", __name__)

    @pages.get("/logs/<request_id>")
    @allows(Capability.READ_LOGS)
    def one(request_id: str) -> ResponseReturnValue:
        line, lines = services.desk.logs.read(request_id, viewer())
        who = people_names([line.account]).get(line.account, line.account)
        return render_template("desk/logs.html", line=line, lines=lines, who=who)

    return pages


def make_parked(services: Services) -> Blueprint:
    pages = Blueprint("parked", __name__)

    @pages.get("/parked")
    @allows(Capability.SEE_FLEET)
    def listing() -> ResponseReturnValue:
        lines = services.receiving.parked.listed(asked("appliance"))
        schools = box_schools(line.appliance for line in lines)
        return render_template(
            "desk/parked.html",
            lines=lines,
            schools=schools,
            type_word=lambda word: _(TYPES[word]) if word in TYPES else _("autre"),
            reason_word=lambda word: _(REASONS[word]) if word in REASONS else _("autre"),
        )

    @pages.post("/parked/<int:parked_id>/retry")
    @allows(Capability.MANAGE_SCHOOLS)
    def retry(parked_id: int) -> ResponseReturnValue:
        if services.receiving.parked.retry(viewer(), parked_id):
            flash(_("Ce fait est pris."), "good")
        else:
            flash(
                _("Il ne peut toujours pas être pris. Il est gardé, et sera essayé après chaque mise à jour."), "notice"
            )
        return redirect(url_for("parked.listing"), 303)

    @pages.post("/parked/retry")
    @allows(Capability.MANAGE_SCHOOLS)
    def retry_all() -> ResponseReturnValue:
        tried, applied = services.receiving.parked.retry_all(viewer())
        flash(_("%(applied)s sur %(tried)s sont pris.", applied=applied, tried=tried), "good" if applied else "notice")
        return redirect(url_for("parked.listing"), 303)

    return pages
