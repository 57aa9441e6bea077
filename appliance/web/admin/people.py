"""People who sign in: invited, given another role, deactivated. Passwords are never seen here."""

from flask import Blueprint, flash, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.domain.people import Role
from appliance.domain.sessions import INVITATION_LIFE
from appliance.errors import PreauError
from appliance.services.people import NewPerson, Person
from appliance.web.admin.acts import act, problem_text
from appliance.web.admin.words import ROLES, word
from appliance.web.errors import wants_json
from appliance.web.hosts import base_url
from appliance.web.qr import qr_drawing
from appliance.web.texts import field_texts
from appliance.web.texts import filled as _


def add_people(pages: Blueprint, services: Services) -> None:
    _add_list(pages, services)
    _add_acts(pages, services)


def _add_list(pages: Blueprint, services: Services) -> None:
    @pages.get("/people")
    def people() -> ResponseReturnValue:
        return _list_page(services)

    @pages.post("/people")
    def add_person() -> ResponseReturnValue:
        form = request.form
        try:
            language = services.school.facts().language
            new = NewPerson(form.get("login"), form.get("name"), form.get("role"), language)
            person = services.people.add(g.actor, new)
        except PreauError as problem:
            if wants_json():
                raise
            flash(problem_text(problem), "problem")
            return make_response(_list_page(services, problem), problem.status)
        return _invitation_page(services, person)


def _add_acts(pages: Blueprint, services: Services) -> None:
    @pages.post("/people/<int:user_id>/invite")
    def invite_person(user_id: int) -> ResponseReturnValue:
        return _invitation_page(services, services.people.get(user_id))

    @pages.post("/people/<int:user_id>/rename")
    def rename_person(user_id: int) -> ResponseReturnValue:
        name = request.form.get("name")
        return act(lambda: services.people.rename(g.actor, user_id, name), _("Le nom est changé."), _here())

    @pages.post("/people/<int:user_id>/role")
    def change_role(user_id: int) -> ResponseReturnValue:
        role = request.form.get("role")
        return act(lambda: services.people.change_role(g.actor, user_id, role), _("Le rôle est changé."), _here())

    @pages.post("/people/<int:user_id>/deactivate")
    def deactivate_person(user_id: int) -> ResponseReturnValue:
        said = _("Ce compte est désactivé, et déconnecté partout.")
        return act(lambda: services.people.deactivate(g.actor, user_id), said, _here())

    @pages.post("/people/<int:user_id>/reactivate")
    def reactivate_person(user_id: int) -> ResponseReturnValue:
        said = _("Ce compte est de nouveau actif.")
        return act(lambda: services.people.reactivate(g.actor, user_id), said, _here())


def _here() -> str:
    return url_for("admin.people")


def _list_page(services: Services, problem: PreauError | None = None) -> str:
    return render_template(
        "admin/people.html",
        people=services.people.all(),
        viewer_id=g.actor.user_id,
        roles=[(role.value, word(ROLES, role)) for role in Role],
        errors=field_texts(problem),
        form={name: request.form.get(name, "") for name in ("login", "name", "role")},
        is_open=problem is not None,
    )


def _invitation_page(services: Services, person: Person) -> ResponseReturnValue:
    """The link is shown here and now: only its hash is kept."""
    link = f"{base_url(request)}/invitation/{services.people.invite(g.actor, person.id)}"
    return render_template(
        "admin/invitation.html", person=person, link=link, drawing=qr_drawing(link), days=INVITATION_LIFE.days
    )
