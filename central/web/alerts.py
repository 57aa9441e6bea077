"""Alerts: what is open, what somebody has taken on, what is over; who is told."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from central.bootstrap import Services
from central.domain.alerts import AlertKind
from central.domain.roles import Capability
from central.services.alerts import PAGE, AlertFilter
from central.web.access import allows, viewer
from central.web.desk_words import ALERTS, word_of
from central.web.lists import Slice, asked, files, number_asked
from central.web.paths import came_from
from central.web.recipients import add_recipients
from central.web.schools import told_alerts
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext


def make_alerts(services: Services) -> Blueprint:
    pages = Blueprint("alerts", __name__)
    _add_listing(pages, services)
    add_recipients(pages, services)
    return pages


def filter_of_address() -> AlertFilter:
    state = asked("state", "open")
    return AlertFilter(
        kind=asked("kind"),
        state="" if state == "all" else state,
        school=asked("school"),
        group=number_asked("group"),
        page=number_asked("page") or 1,
    )


def _add_listing(pages: Blueprint, services: Services) -> None:
    @pages.get("/alerts")
    @allows(Capability.SEE_SCHOOLS)
    def listing() -> ResponseReturnValue:
        wanted = filter_of_address()
        lines, total = services.desk.alerts.listed(wanted, viewer())
        return render_template(
            "desk/alerts.html",
            files=files("exports.alerts"),
            lines=told_alerts(lines),
            shown=Slice(lines, total, max(1, wanted.page), max(1, -(-total // PAGE))),
            wanted=wanted,
            kinds=[(kind.value, word_of(ALERTS, kind.value).label) for kind in AlertKind],
            states=[("open", _("À voir")), ("acknowledged", _("Prises en charge")), ("over", _("Finies"))],
            state=asked("state", "open"),
        )

    @pages.post("/alerts/acknowledge")
    @allows(Capability.ACKNOWLEDGE)
    def acknowledge() -> ResponseReturnValue:
        ids = [int(one) for one in request.form.getlist("alerts") if one.isdecimal() and len(one) < 15]
        count = services.desk.alerts.acknowledge(ids, request.form.get("remark", ""), viewer(), services.clock.now())
        text = ngettext("%(num)s alerte prise en charge.", "%(num)s alertes prises en charge.", count)
        flash(text % {"num": count}, "good")
        return redirect(came_from(), 303)
