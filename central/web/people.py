"""Ways in and out: sign-in by password, the invitation's first steps, language. One service each, then a cookie."""

from flask import Blueprint, Response, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Viewer
from central.errors import CityError, Invalid, NotSignedIn, TooMany
from central.web.access import Door, allows
from central.web.entrance import Entrance, answer
from central.web.paths import came_from, wanted
from central.web.security import sender
from central.web.texts import field_texts, text_of


def make_people(services: Services, entrance: Entrance) -> Blueprint:
    pages = Blueprint("people", __name__)
    _add_sign_in(pages, services, entrance)
    _add_invitation(pages, services, entrance)
    _add_leaving(pages, services, entrance)
    return pages


def _add_sign_in(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.get("/sign-in")
    @allows(Door.PUBLIC)
    def sign_in() -> ResponseReturnValue:
        if g.session is not None and not g.session.half_way:
            return redirect(wanted(), 303)
        return _sign_in_page(services)

    @pages.post("/sign-in")
    @allows(Door.PUBLIC)
    def check() -> ResponseReturnValue:
        login = request.form.get("login", "")
        try:
            person = services.sign_in.check_password(login, request.form.get("password", ""), sender())
        except (NotSignedIn, TooMany, Invalid) as problem:
            return _sign_in_page(services, problem, login)
        return entrance.let_in(person, wanted())


def _add_invitation(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.get("/invitation/<token>")
    @allows(Door.PUBLIC)
    def invitation(token: str) -> ResponseReturnValue:
        return _invitation_page(token, entrance.invited(token))

    @pages.post("/invitation/<token>")
    @allows(Door.PUBLIC)
    def accept(token: str) -> ResponseReturnValue:
        person = entrance.invited(token)
        try:
            services.sign_in.accept_by_password(token, request.form.get("password", ""))
        except Invalid as problem:
            return _invitation_page(token, person, problem)
        return entrance.let_in(person, "/")


def _add_leaving(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.post("/sign-out")
    @allows(Door.PUBLIC)
    def sign_out() -> ResponseReturnValue:
        return entrance.leave(everywhere=request.form.get("everywhere") == "1")

    @pages.post("/language")
    @allows(Door.PUBLIC)
    def language() -> ResponseReturnValue:
        chosen = request.form.get("lang", "")
        if chosen not in ("fr", "en"):
            raise Invalid("bad_language", {"lang": "unknown_value"})
        session["lang"] = chosen
        if g.session is not None:
            services.accounts.choose_language(g.session.viewer, chosen)
        return redirect(came_from(), 303)


def _sign_in_page(services: Services, problem: CityError | None = None, login: str = "") -> Response:
    error = None if problem is None else text_of(problem)
    has_oidc = bool(services.config.oidc_issuer)
    page = render_template("people/sign_in.html", login=login, next=wanted(), error=error, has_oidc=has_oidc)
    return answer(page, problem)


def _invitation_page(token: str, person: Viewer, problem: CityError | None = None) -> Response:
    page = render_template("people/invitation.html", token=token, person=person, errors=field_texts(problem))
    return answer(page, problem)
