"""The second step of a sign-in, and the telephone that makes codes: asked for, set up, replaced, removed."""

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import CityError, Invalid, NotSignedIn, TooMany
from central.web.access import Door, allows, viewer
from central.web.entrance import Entrance, answer
from central.web.passkeys import require_open_way
from central.web.paths import wanted
from central.web.qr import qr_drawing
from central.web.texts import field_texts, text_of

_TOKEN = "totp"  # noqa: S105 - the name of a place


def make_second(services: Services, entrance: Entrance) -> Blueprint:
    pages = Blueprint("second", __name__)
    _add_step(pages, services, entrance)
    _add_telephone(pages, services, entrance)
    _add_codes(pages, services)
    return pages


def _add_step(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.get("/sign-in/second")
    @allows(Door.HALF_WAY)
    def ask() -> ResponseReturnValue:
        if not g.session.half_way:
            return redirect(wanted(), 303)
        return _step_page(services)

    @pages.post("/sign-in/second")
    @allows(Door.HALF_WAY)
    def check() -> ResponseReturnValue:
        try:
            services.second_factor.check(viewer(), request.form.get("code", ""))
        except (NotSignedIn, TooMany) as problem:
            return _step_page(services, problem)
        return entrance.renewed(make_response(redirect(wanted(), 303)))


def _add_telephone(pages: Blueprint, services: Services, entrance: Entrance) -> None:
    @pages.post("/account/totp/new")
    @allows(Door.HALF_WAY)
    def begin() -> ResponseReturnValue:
        require_open_way()
        session[_TOKEN] = services.second_factor.begin(viewer()).token
        return redirect("/account/totp", 303)

    @pages.get("/account/totp")
    @allows(Door.HALF_WAY)
    def show() -> ResponseReturnValue:
        require_open_way()
        return _telephone_page(services)

    @pages.post("/account/totp")
    @allows(Door.HALF_WAY)
    def confirm() -> ResponseReturnValue:
        require_open_way()
        try:
            codes = services.second_factor.confirm(viewer(), session.get(_TOKEN, ""), request.form.get("code", ""))
        except Invalid as problem:
            return _telephone_page(services, problem)
        return entrance.renewed(make_response(render_template("people/recovery.html", codes=codes)))


def _add_codes(pages: Blueprint, services: Services) -> None:
    @pages.post("/account/totp/remove")
    @allows(Capability.OWN_ACCOUNT)
    def remove() -> ResponseReturnValue:
        services.second_factor.remove(viewer())
        return redirect("/account", 303)

    @pages.post("/account/recovery")
    @allows(Capability.OWN_ACCOUNT)
    def recovery() -> ResponseReturnValue:
        return render_template("people/recovery.html", codes=services.second_factor.renew_recovery(viewer()))


def _step_page(services: Services, problem: CityError | None = None) -> Response:
    account = services.accounts.get(viewer().account_id)
    error = None if problem is None else text_of(problem)
    template = "people/second.html" if account.is_strong else "people/first_factor.html"
    return answer(render_template(template, account=account, next=wanted(), error=error), problem)


def _telephone_page(services: Services, problem: CityError | None = None) -> Response:
    enrolment = services.second_factor.pending(viewer(), session.get(_TOKEN, ""))
    page = render_template(
        "people/totp.html", secret=enrolment.secret, drawing=qr_drawing(enrolment.uri), errors=field_texts(problem)
    )
    return answer(page, problem)
