"""Staff that the city keeps for its schools: added, changed, turned off; each change goes to the schools at once."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.configuration import ROLES, Scope
from central.domain.roles import Capability
from central.errors import CityError
from central.services.configurations import checked_scope
from central.services.school_users import NewUser, UserLine
from central.services.scope import visible_schools
from central.web.access import allows, viewer
from central.web.marks import N_
from central.web.texts import field_texts, text_of
from central.web.texts import filled as _

_MANAGE = allows(Capability.MANAGE_STAFF)
_ROLE_WORDS = {"teacher": N_("Enseignant"), "administrator": N_("Administrateur de l’école")}


def add_staff(pages: Blueprint, services: Services) -> None:
    _add_pages(pages, services)
    _add_acts(pages, services)


def _add_pages(pages: Blueprint, services: Services) -> None:
    @pages.get("/staff")
    @_MANAGE
    def staff() -> ResponseReturnValue:
        return _listing_page(services)

    @pages.post("/staff")
    @_MANAGE
    def add_person() -> ResponseReturnValue:
        form = request.form
        new = NewUser(form.get("login"), form.get("name"), form.get("role"), form.get("scope", ""))
        try:
            checked_scope(new.scope_key)
            services.school_users.add(viewer(), new)
        except CityError as error:
            return _listing_page(services, error)
        return _told(services, new.scope_key)

    @pages.get("/staff/<int:user_id>")
    @_MANAGE
    def person(user_id: int) -> ResponseReturnValue:
        return _person_page(services, services.school_users.get(user_id))


def _add_acts(pages: Blueprint, services: Services) -> None:
    @pages.post("/staff/<int:user_id>")
    @_MANAGE
    def change_person(user_id: int) -> ResponseReturnValue:
        known = services.school_users.get(user_id)
        try:
            services.school_users.change(viewer(), user_id, request.form.get("name"), request.form.get("role"))
        except CityError as error:
            return _person_page(services, known, error)
        return _told(services, known.scope.key)

    @pages.post("/staff/<int:user_id>/active")
    @_MANAGE
    def activate_person(user_id: int) -> ResponseReturnValue:
        line = services.school_users.activate(viewer(), user_id, request.form.get("active") == "1")
        return _told(services, line.scope.key)


def _told(services: Services, scope_key: str) -> ResponseReturnValue:
    """The schools of this scope get it with their next look."""
    services.configurations.refresh(scope_key)
    flash(_("C’est enregistré. Les écoles l’apprennent dans la minute, ou dès que leur ligne revient."), "good")
    return redirect(url_for("settings.staff"), 303)


def _roles() -> list[tuple[str, str]]:
    return [(word, _(_ROLE_WORDS[word])) for word in ROLES]


def _scopes(services: Services) -> dict[str, str]:
    """Where somebody may be: the city, a group, a school."""
    groups = {Scope("group", str(id_)).key: name for id_, name in services.desk.fleet.groups().items()}
    schools = {Scope("school", row.uai).key: f"{row.name} ({row.uai})" for row in visible_schools(viewer())}
    return {"city": _("Toute la ville"), **groups, **schools}


def _listing_page(services: Services, problem: CityError | None = None) -> Response:
    scopes = _scopes(services)
    page = render_template(
        "desk/staff.html",
        people=[(one, scopes.get(one.scope.key, one.scope.id)) for one in services.school_users.listed()],
        role_words=dict(_roles()),
        roles=_roles(),
        scopes=list(scopes.items()),
        typed=request.form or {"scope": request.args.get("scope", "")},
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
    )
    return make_response(page, problem.status if problem else 200)


def _person_page(services: Services, line: UserLine, problem: CityError | None = None) -> Response:
    page = render_template(
        "desk/staff_one.html",
        person=line,
        where=_scopes(services).get(line.scope.key, line.scope.id),
        roles=_roles(),
        typed=request.form or {"name": line.name, "role": line.role},
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
    )
    return make_response(page, problem.status if problem else 200)
