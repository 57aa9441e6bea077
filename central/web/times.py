"""Moments and quantities as people read them: 23/11/2026, 12 h 30, « il y a 6 min », 1 234, 3,2 Go."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask, g
from flask_babel import format_datetime, format_decimal
from markupsafe import Markup

from central.clock import Clock
from central.web.texts import filled as _
from central.web.texts import language, translate_number

DEFAULT_ZONE = "Europe/Paris"
_UNITS = ((1024**4, "To", "TB"), (1024**3, "Go", "GB"), (1024**2, "Mo", "MB"), (1024, "Ko", "KB"))


def add_filters(app: Flask, clock: Clock) -> None:
    """`now` is read once a request: one page has one time."""

    def now() -> datetime:
        if "now" not in g:
            g.now = clock.now()
        found: datetime = g.now
        return found

    app.jinja_env.globals["now"] = now
    app.jinja_env.filters.update(
        day=day_text,
        moment=moment_text,
        number=number_text,
        size=size_text,
        ago=lambda moment: ago_text(moment, now()),
        when=lambda moment: when_markup(moment, now()),
        since=lambda moment: since_text(moment, now()),
    )


def day_text(moment: datetime | date | None) -> str:
    """23/11/2026."""
    if moment is None:
        return "–"
    if isinstance(moment, datetime):
        return str(format_datetime(moment, "dd/MM/yyyy"))
    return moment.strftime("%d/%m/%Y")


def clock_text(moment: datetime) -> str:
    """« 10 h 30 », with no-break spaces; 10:30 in English."""
    return str(format_datetime(moment, "H:mm" if language() != "fr" else "H'\u202fh\u202f'mm"))


def moment_text(moment: datetime | None) -> str:
    """23/11/2026, 10 h 30."""
    return "–" if moment is None else f"{day_text(moment)}, {clock_text(moment)}"


def sortable_text(moment: datetime) -> str:
    """2026-11-23 10:30, in the pages' own hours: for files, where it sorts as it is. `in_zone` heads the column."""
    return moment.astimezone(ZoneInfo(DEFAULT_ZONE)).strftime("%Y-%m-%d %H:%M:%S")


def in_zone(heading: str) -> str:
    """« Moment (heure de Paris) »."""
    return _("%(what)s (heure de %(place)s)", what=heading, place=DEFAULT_ZONE.rpartition("/")[2])


def ago_text(moment: datetime | None, now: datetime) -> str:
    """How long since, as one says it; a moment to come (a clock that is ahead) is « à l’instant »."""
    if moment is None:
        return _("jamais")
    seconds = int((now - moment).total_seconds())
    if seconds < 60:
        return _("à l’instant")
    if seconds < 3600:
        return _("il y a %(n)s min", n=seconds // 60)
    if seconds < 48 * 3600:
        return _("il y a %(n)s h", n=seconds // 3600)
    return _("il y a %(n)s jours", n=seconds // 86400)


def since_text(moment: datetime | None, now: datetime) -> str:
    """« depuis 23 h 28 » today, else « depuis le 20/11/2026 à 17 h 02 »."""
    if moment is None:
        return _("depuis toujours")
    if day_text(moment) == day_text(now):
        return _("depuis %(time)s", time=clock_text(moment))
    return _("depuis le %(day)s à %(time)s", day=day_text(moment), time=clock_text(moment))


def when_markup(moment: datetime | None, now: datetime) -> Markup | str:
    """`ago`, with the exact moment for who points at it."""
    if moment is None:
        return _("jamais")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.astimezone(UTC).isoformat(timespec="seconds"), moment_text(moment), ago_text(moment, now)
    )


def told_number(singular: str, plural: str, number: int, **shown: object) -> Markup:
    """`ngettext` of the templates: the number is written as people write it, « 18 400 »."""
    return Markup(translate_number(singular, plural, number)) % {"num": number_text(number), **shown}  # noqa: S704 - ours


def number_text(number: float | None) -> str:
    return "–" if number is None else str(format_decimal(number))


def size_text(size: int | None) -> str:
    if size is None:
        return "–"
    for factor, french, english in _UNITS:
        if size >= factor:
            value = format_decimal(round(size / factor, 1 if size < 100 * factor else 0))
            return f"{value}\u00a0{french if language() == 'fr' else english}"
    return f"{size}\u00a0{'o' if language() == 'fr' else 'B'}"


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)
