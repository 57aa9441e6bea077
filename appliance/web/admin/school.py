"""The school's own settings: its name, its code, its time zone, the language of who is not signed in."""

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.schools import DEFAULT_ZONE, ZONES
from appliance.errors import Invalid
from appliance.services.school import SchoolFacts
from appliance.web.admin.acts import problem_text
from appliance.web.errors import wants_json
from appliance.web.languages import choices
from appliance.web.texts import field_texts
from appliance.web.texts import filled as _


def add_school(pages: Blueprint, services: Services) -> None:
    @pages.get("/school")
    def school() -> ResponseReturnValue:
        return _page(services.school.facts())

    @pages.post("/school")
    def change_school() -> ResponseReturnValue:
        form = request.form
        given = SchoolFacts(
            form.get("name", ""), form.get("uai", ""), form.get("language", ""), form.get("zone", DEFAULT_ZONE)
        )
        try:
            services.school.change(given, g.actor)
        except Invalid as problem:
            if wants_json():
                raise
            flash(problem_text(problem), "problem")
            return make_response(_page(given, problem), problem.status)
        flash(_("Les réglages sont enregistrés."), "good")
        return redirect(url_for("admin.school"), 303)


def _page(facts: SchoolFacts, problem: Invalid | None = None) -> str:
    return render_template(
        "admin/school.html",
        facts=facts,
        zones=list(ZONES.items()),
        languages_offered=choices(),
        errors=field_texts(problem),
    )
