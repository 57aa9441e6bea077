"""What the city wishes for its schools: for all of them, for a group, for one. Staff that it keeps: `school_staff`."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.configuration import RETENTION_KINDS, SWITCHES, Scope
from central.domain.roles import Capability
from central.errors import CityError
from central.services.configurations import checked_scope
from central.services.schools import find_school
from central.web import settings_forms as forms
from central.web.access import allows, viewer
from central.web.alert_rules import add_alert_rules
from central.web.mail_server import add_mail_server
from central.web.school_staff import add_staff
from central.web.texts import field_texts, text_of
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext


def make_settings(services: Services) -> Blueprint:
    pages = Blueprint("settings", __name__, url_prefix="/settings")
    _add_overview(pages, services)
    _add_scope(pages, services)
    add_staff(pages, services)
    add_mail_server(pages, services)
    add_alert_rules(pages, services)
    return pages


def _add_overview(pages: Blueprint, services: Services) -> None:
    @pages.get("")
    @allows(Capability.MANAGE_CONFIGURATION)
    def overview() -> ResponseReturnValue:
        told = {scope.key: document for scope, document in services.configurations.told()}
        groups = [Scope("group", str(id_)) for id_ in services.desk.fleet.groups()]
        schools = [scope for scope, _document in services.configurations.told() if scope.kind == "school"]
        return render_template(
            "desk/settings.html",
            sections=[
                (_("La ville"), [_entry(services, Scope("city"), told)]),
                (_("Les groupes"), [_entry(services, one, told) for one in groups]),
                (_("Les écoles qui ont des réglages à elles"), [_entry(services, one, told) for one in schools]),
            ],
            console=_console_lines(services),
            staff=sum(one.is_active for one in services.school_users.listed()),
        )


def _console_lines(services: Services) -> list[tuple[str, str, str, str]]:
    """Address, drawing, name, how it is set: what concerns the console itself and no school."""
    desk = services.desk
    smtp, told, days = desk.mail.smtp(), len(desk.settings.recipients()), len(desk.settings.holidays())
    return [
        (url_for("settings.alert_rules"), "bell-ring", _("Seuils et vacances"),
         ngettext("%(num)s période sans école", "%(num)s périodes sans école", days) % {"num": days}),
        (url_for("alerts.recipients"), "users", _("Qui est prévenu"),
         ngettext("%(num)s destinataire", "%(num)s destinataires", told) % {"num": told}),
        (url_for("settings.mail_server"), "send", _("Serveur de courriel"),
         smtp.host if smtp else _("pas encore réglé")),
    ]  # fmt: skip


def _entry(services: Services, scope: Scope, told: dict[str, dict[str, object]]) -> tuple[str, str, str]:
    return scope.key, scope_name(services, scope), forms.told_fields(told.get(scope.key, {}))


def scope_name(services: Services, scope: Scope) -> str:
    if scope.kind == "school":
        return str(find_school(scope.id).name)
    return services.desk.fleet.groups().get(int(scope.id), "") if scope.kind == "group" else _("Toute la ville")


def _add_scope(pages: Blueprint, services: Services) -> None:
    @pages.get("/scope/<scope_key>")
    @allows(Capability.MANAGE_CONFIGURATION)
    def scope(scope_key: str) -> ResponseReturnValue:
        return _scope_page(services, checked_scope(scope_key))

    @pages.post("/scope/<scope_key>")
    @allows(Capability.MANAGE_CONFIGURATION)
    def change(scope_key: str) -> ResponseReturnValue:
        found = checked_scope(scope_key)
        try:
            count = services.configurations.change(viewer(), found.key, forms.typed_document(request.form))
        except CityError as error:
            return _scope_page(services, found, error)
        text = ngettext(
            "C’est enregistré : %(num)s école reçoit du nouveau.",
            "C’est enregistré : %(num)s écoles reçoivent du nouveau.",
            count,
        )
        flash(text % {"num": count}, "good")
        return redirect(url_for("settings.scope", scope_key=found.key), 303)


def _scope_page(services: Services, scope: Scope, problem: CityError | None = None) -> Response:
    own = services.configurations
    document = own.document(scope.key) if problem is None else forms.typed_document(request.form)
    effective = own.effective(scope.id) if scope.kind == "school" else None
    page = render_template(
        "desk/settings_scope.html",
        scope=scope,
        name=scope_name(services, scope),
        document=document,
        rows=forms.quiet_rows(document),
        days=[(number, _(text)) for number, text in enumerate(forms.DAY_WORDS, 1)],
        switches=[(name, _(forms.SWITCH_WORDS[name])) for name in SWITCHES],
        choices=forms.choices(_("Laissé à l’école") if scope.kind == "city" else _("Comme au-dessus")),
        kept=[(name, _(forms.RETENTION_WORDS[name]), most) for name, most in RETENTION_KINDS.items()],
        tongues=forms.languages(),
        effective=effective,
        lines=forms.lines(effective.document, effective.from_scope) if effective else [],
        scope_word=lambda one: {"city": _("la ville"), "group": _("le groupe")}.get(one.kind, _("l’école")),
        versions=own.versions(scope.key, 10),
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
    )
    return make_response(page, problem.status if problem else 200)
