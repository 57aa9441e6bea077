"""Ways in without a password yet: the first visit of a new appliance, and an invitation's link."""

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import Invalid, NotSignedIn, PreauError, TooMany
from appliance.services.people import Person
from appliance.services.sign_in import FirstAdministrator
from appliance.web.auth import Door, answer
from appliance.web.texts import field_texts, text_of


def make_setup(services: Services, door: Door) -> Blueprint:
    pages = Blueprint("setup", __name__)
    _add_first_visit(pages, services, door)
    _add_invitation(pages, services, door)
    return pages


def _add_first_visit(pages: Blueprint, services: Services, door: Door) -> None:
    @pages.get("/setup")
    def set_up() -> ResponseReturnValue:
        if not services.sign_in.needs_setup():
            return redirect(url_for("auth.sign_in"), 303)
        return _setup_page()

    @pages.post("/setup")
    def make_first() -> ResponseReturnValue:
        form = request.form
        first = FirstAdministrator(form.get("code"), form.get("login"), form.get("name"), form.get("password"))
        try:
            with door.guard_code():
                person = services.sign_in.set_up(first)
        except (NotSignedIn, TooMany, Invalid) as problem:
            return _setup_page(problem)
        return door.let_in(person, "/")


def _add_invitation(pages: Blueprint, services: Services, door: Door) -> None:
    @pages.get("/invitation/<token>")
    def invitation(token: str) -> ResponseReturnValue:
        return _invitation_page(door.invited(token))

    @pages.post("/invitation/<token>")
    def accept(token: str) -> ResponseReturnValue:
        invited = door.invited(token)
        try:
            person = services.people.accept(token, request.form.get("password"))
        except Invalid as problem:
            return _invitation_page(invited, problem)
        g.session = None
        return door.let_in(person, "/")


def _setup_page(problem: PreauError | None = None) -> ResponseReturnValue:
    page = render_template(
        "auth/setup.html",
        form={name: request.form.get(name, "") for name in ("code", "login", "name")},
        problem=_text(problem),
        errors=field_texts(problem),
    )
    return answer(page, problem)


def _invitation_page(person: Person, problem: PreauError | None = None) -> ResponseReturnValue:
    page = render_template("auth/invitation.html", person=person, problem=_text(problem), errors=field_texts(problem))
    return answer(page, problem)


def _text(problem: PreauError | None) -> str | None:
    return None if problem is None else text_of(problem)
