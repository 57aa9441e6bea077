"""The city's mail server as a form. The password goes in and is never shown; a trial says what the server answered."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.roles import Capability
from central.errors import CityError, Invalid
from central.services.desk_settings import Channel, Recipient
from central.services.mail_settings import Security, Smtp
from central.web.access import allows, viewer
from central.web.marks import N_
from central.web.recipients import say_trial
from central.web.texts import field_texts, text_of
from central.web.texts import filled as _

_MANAGE = allows(Capability.MANAGE_CONFIGURATION)
SECURITY_WORDS = {
    Security.STARTTLS: N_("STARTTLS (port 587, le plus courant)"),
    Security.TLS: N_("TLS dès la connexion (port 465)"),
    Security.NONE: N_("aucune : sans mot de passe, sur le réseau de la ville seulement"),
}
_EMPTY = Smtp("", 587, "")


def add_mail_server(pages: Blueprint, services: Services) -> None:
    mail = services.desk.mail

    @pages.get("/mail")
    @_MANAGE
    def mail_server() -> ResponseReturnValue:
        return _page(services, mail.smtp() or _EMPTY)

    @pages.post("/mail")
    @_MANAGE
    def change_mail_server() -> ResponseReturnValue:
        typed = _typed()
        try:
            mail.change(viewer(), services.clock.now(), typed, request.form.get("password", ""))
        except Invalid as problem:
            return _page(services, typed, problem)
        flash(_("C’est enregistré. Envoyez un essai : lui seul montre que le serveur accepte."), "good")
        return redirect(url_for("settings.mail_server"), 303)

    @pages.post("/mail/forget")
    @_MANAGE
    def forget_mail_server() -> ResponseReturnValue:
        mail.forget(viewer(), services.clock.now())
        flash(_("Oublié, avec son mot de passe : plus aucun courriel ne part."), "good")
        return redirect(url_for("settings.mail_server"), 303)

    @pages.post("/mail/test")
    @_MANAGE
    def try_mail_server() -> ResponseReturnValue:
        one = Recipient(Channel.EMAIL, request.form.get("to", "").strip())
        try:
            trial = services.desk.notifications.try_out(viewer(), one)
        except Invalid:
            return _page(services, mail.smtp() or _EMPTY, Invalid("bad_recipient", {"to": "wrong_type"}))
        say_trial(trial)
        return redirect(url_for("settings.mail_server"), 303)


def _typed() -> Smtp:
    form = request.form
    port = form.get("port", "").strip()
    return Smtp(
        host=form.get("host", "").strip(),
        port=int(port) if port.isascii() and port.isdecimal() and len(port) < 6 else 0,
        sender=form.get("sender", "").strip(),
        security=form.get("security", ""),
        login=form.get("login", "").strip(),
    )


def _page(services: Services, shown: Smtp, problem: CityError | None = None) -> Response:
    desk = services.desk
    page = render_template(
        "desk/mail_server.html",
        smtp=shown,
        is_set=desk.mail.smtp() is not None,
        has_password=desk.mail.has_password(),
        securities=[(one.value, _(text)) for one, text in SECURITY_WORDS.items()],
        to=request.form.get("to") or services.accounts.get(viewer().account_id).email,
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
    )
    return make_response(page, problem.status if problem else 200)
