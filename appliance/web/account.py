"""A person's own page: password, the short PIN of this browser, signing out everywhere."""

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from appliance.bootstrap import Services
from appliance.errors import Denied, Invalid, NotSignedIn, PreauError, TooMany
from appliance.web.auth import Door, answer
from appliance.web.sessions import local_path, sign_in_required
from appliance.web.texts import field_texts, text_of
from appliance.web.texts import filled as _


def make_account(services: Services, door: Door) -> Blueprint:
    pages = Blueprint("account", __name__, url_prefix="/account")
    pages.before_request(sign_in_required())
    _add_page(pages, services, door)
    _add_pin(pages, services, door)
    return pages


def _add_page(pages: Blueprint, services: Services, door: Door) -> None:
    @pages.get("")
    def show() -> ResponseReturnValue:
        return _page(door)

    @pages.post("/password")
    def change_password() -> ResponseReturnValue:
        form = request.form
        try:
            door.check_password(g.session.person.login, form.get("current", ""))
            person = services.people.change_password(g.actor, form.get("current"), form.get("password"))
        except NotSignedIn:
            return _page(door, Invalid("wrong_current_password", {"current": "wrong_password"}))
        except (TooMany, Invalid) as problem:
            return _page(door, problem)
        response = door.let_in(person, url_for("account.show"))
        flash(_("Votre mot de passe est changé. Les autres navigateurs sont déconnectés."), "good")
        return response


def _add_pin(pages: Blueprint, services: Services, door: Door) -> None:
    @pages.get("/pin")
    def choose_pin() -> ResponseReturnValue:
        return _pin_page()

    @pages.post("/pin")
    def set_pin() -> ResponseReturnValue:
        """Only after the password: a PIN that a short PIN could change would live for ever."""
        if g.session.by_pin:
            raise Denied("password_needed")
        try:
            secret = services.sign_in.browsers.remember(
                g.session.person, request.form.get("pin"), replaces=_own_browser(door)
            )
        except Invalid as problem:
            return _pin_page(problem)
        response = make_response(redirect(local_path(request.form.get("next") or url_for("account.show")), 303))
        g.pop("known", None)
        door.remember(response, secret)
        flash(_("C’est noté : sur cet appareil, votre code suffit désormais."), "good")
        return response

    @pages.post("/pin/forget")
    def forget_pin() -> ResponseReturnValue:
        response = make_response(redirect(url_for("account.show"), 303))
        door.forget(response, g.session.person.login)
        flash(_("Cet appareil ne vous connaît plus : il demandera votre mot de passe."), "good")
        return response


def _own_browser(door: Door) -> str | None:
    """This person's record of this browser, if there is one."""
    mine = [known.browser for known in door.known().values() if known.person.id == g.actor.user_id]
    return mine[0] if mine else None


def _page(door: Door, problem: PreauError | None = None) -> ResponseReturnValue:
    page = render_template(
        "auth/account.html",
        person=g.session.person,
        has_pin=_own_browser(door) is not None,
        problem=None if problem is None else text_of(problem),
        errors=field_texts(problem),
    )
    return answer(page, problem)


def _pin_page(problem: Invalid | None = None) -> ResponseReturnValue:
    target = local_path(request.values.get("next") or url_for("account.show"))
    return answer(render_template("auth/pin.html", next=target, errors=field_texts(problem)), problem)
