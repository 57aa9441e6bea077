"""When an alert opens: the city's numbers, and its school holidays, in which no silence counts."""

from datetime import date

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from central.bootstrap import Services
from central.domain.alerts import USUAL, Thresholds
from central.domain.roles import Capability
from central.domain.school_days import school_day_before, zone_of
from central.errors import CityError, Invalid
from central.services.desk_settings import LIMITS, Holiday
from central.web.access import allows, viewer
from central.web.marks import N_
from central.web.texts import field_texts, text_of
from central.web.texts import filled as _
from central.web.times import DEFAULT_ZONE

_MANAGE = allows(Capability.MANAGE_CONFIGURATION)
THRESHOLD_WORDS = {
    "silent_days": N_("Jours d’école sans nouvelles d’un appareil"),
    "enrollment_failures": N_("Inscriptions qui échouent, en deux jours d’école"),
    "battery_empty": N_("Batterie à plat en fin de journée (%)"),
    "battery_weak": N_("Batterie qui ne remonte plus au-dessus de (%)"),
}
_SPARE_ROWS, _MOST_ROWS = 3, 63
Row = tuple[str, str, str]


def add_alert_rules(pages: Blueprint, services: Services) -> None:
    settings = services.desk.settings

    @pages.get("/alerts")
    @_MANAGE
    def alert_rules() -> ResponseReturnValue:
        return _page(services)

    @pages.post("/alerts")
    @_MANAGE
    def change_thresholds() -> ResponseReturnValue:
        typed = {name: request.form.get(name, "").strip() for name in LIMITS}
        try:
            settings.set_thresholds(viewer(), services.clock.now(), _thresholds(typed))
        except Invalid as problem:
            return _page(services, problem, typed=typed)
        flash(_("C’est enregistré : les alertes suivent dans la minute."), "good")
        return redirect(url_for("settings.alert_rules"), 303)

    @pages.post("/holidays")
    @_MANAGE
    def change_holidays() -> ResponseReturnValue:
        rows = _typed_rows(request.form)
        try:
            settings.set_holidays(viewer(), services.clock.now(), _holidays(rows))
        except Invalid as problem:
            return _page(services, problem, rows=rows)
        flash(_("C’est enregistré : les alertes suivent dans la minute."), "good")
        return redirect(url_for("settings.alert_rules"), 303)


def _thresholds(typed: dict[str, str]) -> Thresholds:
    wrong = {name: "wrong_type" for name, text in typed.items() if not (text.isascii() and text.isdecimal())}
    if wrong:
        raise Invalid("bad_thresholds", wrong)
    return Thresholds(**{name: min(int(text[:6]), 100_000) for name, text in typed.items()})


def _typed_rows(form: MultiDict[str, str]) -> list[Row]:
    """Those in which something was typed."""
    rows = [
        (form.get(f"name-{n}", "").strip(), form.get(f"first-{n}", "").strip(), form.get(f"last-{n}", "").strip())
        for n in range(_MOST_ROWS)
    ]
    return [row for row in rows if any(row)]


def _holidays(rows: list[Row]) -> list[Holiday]:
    """A single day needs no last one."""
    days = [(name, _day(first), _day(last or first)) for name, first, last in rows]
    wrong = {f"holiday-{n}": "missing" for n, (_name, first, last) in enumerate(days) if first is None or last is None}
    if wrong:
        raise Invalid("bad_holidays", wrong)
    return [Holiday(name, first, last) for name, first, last in days if first and last]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(
    services: Services,
    problem: CityError | None = None,
    *,
    typed: dict[str, str] | None = None,
    rows: list[Row] | None = None,
) -> Response:
    settings = services.desk.settings
    limits, closures = settings.thresholds(), settings.closures()
    today = services.clock.now().astimezone(zone_of(DEFAULT_ZONE)).date()
    if rows is None:
        rows = [(one.name, one.first.isoformat(), one.last.isoformat()) for one in settings.holidays()]
    page = render_template(
        "desk/alert_rules.html",
        numbers=[
            (name, _(text), (typed or {}).get(name, getattr(limits, name)), *LIMITS[name], getattr(USUAL, name))
            for name, text in THRESHOLD_WORDS.items()
        ],
        rows=(rows + [("", "", "")] * _SPARE_ROWS)[:_MOST_ROWS],
        silent_since=school_day_before(today, limits.silent_days, closures),
        problem=text_of(problem) if problem else "",
        errors=field_texts(problem),
    )
    return make_response(page, problem.status if problem else 200)
