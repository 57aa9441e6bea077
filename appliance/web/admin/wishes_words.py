"""What the city fixes for this school, in words: each setting with its value. Owns words only."""

from collections.abc import Mapping, Sequence
from typing import Any

from appliance.web.texts import N_
from appliance.web.texts import filled as _
from appliance.web.texts import translate_number as ngettext

_SWITCHES = {
    ("sound", "blocked"): N_("son coupé"),
    ("sound", "allowed"): N_("son permis"),
    ("camera", "blocked"): N_("caméra coupée"),
    ("camera", "allowed"): N_("caméra permise"),
    ("internet", "blocked"): N_("internet coupé"),
    ("internet", "allowed"): N_("internet permis"),
}
_KEPT = {
    "lessons": N_("séances"),
    "journal": N_("journal"),
    "usage": N_("usage des applis"),
}
_LANGUAGES = {"fr": N_("français"), "en": N_("anglais")}
_DAYS = (
    N_("lundi"), N_("mardi"), N_("mercredi"), N_("jeudi"), N_("vendredi"), N_("samedi"), N_("dimanche"),
)  # fmt: skip


def wish_lines(wishes: Mapping[str, Any], people: int) -> list[tuple[str, str]]:
    """(what, how), of what is fixed only. `people`: how many of the school's accounts the city keeps."""
    found = [
        (_("Au début d’une séance"), _restrictions(wishes.get("restrictions") or {})),
        (_("Heures calmes, sans gros envois"), "\u00a0; ".join(map(_quiet, wishes.get("quiet_hours") or ()))),
        (_("Conservé au plus"), _retention(wishes.get("retention_days") or {})),
        (_("Langues proposées"), ", ".join(_(_LANGUAGES[one]) for one in wishes.get("languages") or ())),
        (_("Comptes tenus par la ville"), _people(people)),
    ]
    return [(label, value) for label, value in found if value]


def _restrictions(told: Mapping[str, str]) -> str:
    return ", ".join(_(_SWITCHES[pair]) for pair in told.items() if pair in _SWITCHES)


def _retention(told: Mapping[str, int]) -> str:
    return ", ".join(_("%(what)s : %(days)s", what=_(_KEPT[kind]), days=_days(days)) for kind, days in told.items())


def _days(count: int) -> str:
    return ngettext("%(num)s jour", "%(num)s jours", count) % {"num": count}


def _quiet(one: Mapping[str, Any]) -> str:
    return _("%(days)s, de %(begins)s à %(ends)s", days=_week(one["days"]), begins=one["begins"], ends=one["ends"])


def _week(days: Sequence[int]) -> str:
    """« lundi, jeudi »; three in a row or more are « du lundi au vendredi »."""
    told = sorted(set(days))
    if len(told) == len(_DAYS):
        return _("tous les jours")
    if len(told) > 2 and told[-1] - told[0] == len(told) - 1:
        return _("du %(first)s au %(last)s", first=_(_DAYS[told[0] - 1]), last=_(_DAYS[told[-1] - 1]))
    return ", ".join(_(_DAYS[day - 1]) for day in told)


def _people(count: int) -> str:
    return ngettext("%(num)s personne", "%(num)s personnes", count) % {"num": count} if count else ""
