"""My account: passkeys, the telephone's codes, the password, the open sessions."""

from flask import Blueprint, Response, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import CityError, Invalid
from central.web.access import allows, viewer
from central.web.entrance import Entrance, answer
from central.web.texts import field_texts


def make_account(services: Services, entrance: Entrance) -> Blueprint:
    pages = Blueprint("account", __name__)

    @pages.get("/account")
    @allows(Capability.OWN_ACCOUNT)
    def own() -> ResponseReturnValue:
        return _page(services)

    @pages.post("/account/password")
    @allows(Capability.OWN_ACCOUNT)
    def password() -> ResponseReturnValue:
        """Every session ends; this one goes on under a new word."""
        form = request.form
        try:
            services.sign_in.change_password(viewer(), form.get("current", ""), form.get("password", ""))
        except Invalid as problem:
            return _page(services, problem)
        return entrance.let_in(viewer(), "/account", is_strong=True)

    @pages.post("/account/passkeys/remove")
    @allows(Capability.OWN_ACCOUNT)
    def remove_passkey() -> ResponseReturnValue:
        services.passkeys.remove(viewer(), request.form.get("id", ""))
        return redirect("/account", 303)

    return pages


def _page(services: Services, problem: CityError | None = None) -> Response:
    page = render_template(
        "people/account.html",
        account=services.accounts.get(viewer().account_id),
        passkeys=services.passkeys.of(viewer()),
        recovery_left=services.second_factor.recovery_left(viewer()),
        sessions=services.sessions.all_of(viewer(), g.session.id_hash),
        errors=field_texts(problem),
    )
    return answer(page, problem)
