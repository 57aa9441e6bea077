"""Who is told of alerts, and by what: added, removed, tried at once with the answer that came back."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.alerts import AlertKind
from central.domain.roles import Capability
from central.errors import CityError, Conflict, Invalid, NotFound
from central.services.desk_settings import Channel, Recipient
from central.services.notifications import Trial
from central.web.access import allows, viewer
from central.web.desk_words import ALERTS, word_of
from central.web.texts import field_texts, text_of
from central.web.texts import filled as _

_MANAGE = allows(Capability.MANAGE_CONFIGURATION)


def add_recipients(pages: Blueprint, services: Services) -> None:
    settings = services.desk.settings

    @pages.get("/alerts/recipients")
    @_MANAGE
    def recipients() -> ResponseReturnValue:
        return _page(services)

    @pages.post("/alerts/recipients")
    @_MANAGE
    def add_recipient() -> ResponseReturnValue:
        try:
            settings.add_recipient(viewer(), services.clock.now(), _typed())
        except (Invalid, Conflict) as problem:
            return _page(services, problem)
        flash(_("C’est enregistré."), "good")
        return redirect(url_for("alerts.recipients"), 303)

    @pages.post("/alerts/recipients/remove")
    @_MANAGE
    def remove_recipient() -> ResponseReturnValue:
        settings.remove_recipient(viewer(), services.clock.now(), _typed())
        flash(_("Retiré : plus rien ne lui est envoyé."), "good")
        return redirect(url_for("alerts.recipients"), 303)

    @pages.post("/alerts/recipients/test")
    @_MANAGE
    def try_recipient() -> ResponseReturnValue:
        """Only to one that is kept: the server calls no address because a form names it."""
        wanted = _typed()
        known = [one for one in settings.recipients() if (one.channel, one.address) == (wanted.channel, wanted.address)]
        if not known:
            raise NotFound("not_found")
        say_trial(services.desk.notifications.try_out(viewer(), known[0]))
        return redirect(url_for("alerts.recipients"), 303)


def say_trial(trial: Trial) -> None:
    """The other end's own words: whoever runs it knows them."""
    if trial.is_taken:
        flash(_("Essai parti vers %(to)s. Réponse : %(answer)s", to=trial.address, answer=trial.answer), "good")
    else:
        flash(_("L’essai vers %(to)s a échoué. Réponse : %(answer)s", to=trial.address, answer=trial.answer), "problem")


def _typed() -> Recipient:
    form = request.form
    channel = Channel.WEBHOOK if form.get("channel") == Channel.WEBHOOK else Channel.EMAIL
    group = form.get("group", "")
    kinds = tuple(dict.fromkeys(form.getlist("kinds")))
    return Recipient(
        channel,
        form.get("address", "").strip(),
        int(group) if group.isdecimal() and len(group) < 10 else None,
        () if len(kinds) == len(AlertKind) else kinds,
    )


def _page(services: Services, problem: CityError | None = None) -> Response:
    groups, desk = services.desk.fleet.groups(), services.desk
    names = {kind.value: word_of(ALERTS, kind.value).label for kind in AlertKind}
    page = render_template(
        "desk/recipients.html",
        recipients=[
            (one, groups.get(one.group or 0, ""), ", ".join(names.get(kind, kind) for kind in one.kinds))
            for one in desk.settings.recipients()
        ],
        groups=[("", _("Toute la ville")), *((str(id_), name) for id_, name in groups.items())],
        kinds=list(names.items()),
        typed=_typed() if problem else Recipient(Channel.EMAIL, ""),
        undelivered=desk.notifications.undelivered(),
        smtp=desk.mail.smtp(),
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
    )
    return make_response(page, problem.status if problem else 200)
