"""The first line of the morning and the boxes that stand still, in words. Which is so: `domain.morning`."""

from datetime import datetime

from central.domain.fleet import ApplianceState
from central.domain.morning import SILENT, Counts, Verdict, verdict_of
from central.services.fleet import Standstill, Stop
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext
from central.web.times import since_text


def morning_sentence(counts: Counts) -> str:
    verdict = verdict_of(counts)
    if verdict is Verdict.GRAVE:
        number = max(counts.grave, counts.of(ApplianceState.FENCED))
        return ngettext(
            "%(num)s boîtier demande quelqu’un aujourd’hui.",
            "%(num)s boîtiers demandent quelqu’un aujourd’hui.",
            number,
        ) % {"num": number}
    if verdict is Verdict.SILENT:
        return ngettext(
            "%(num)s boîtier ne répond pas en ce moment.",
            "%(num)s boîtiers ne répondent pas en ce moment.",
            counts.silent,
        ) % {"num": counts.silent}
    if verdict is Verdict.TO_SEE:
        return ngettext(
            "Rien de grave : %(num)s point à voir.", "Rien de grave : %(num)s points à voir.", counts.others
        ) % {"num": counts.others}
    if verdict is Verdict.WAITING:
        return ngettext(
            "Rien à signaler ; %(num)s école attend son boîtier.",
            "Rien à signaler ; %(num)s écoles attendent leur boîtier.",
            counts.without,
        ) % {"num": counts.without}
    if verdict is Verdict.TAKEN:
        return _("Rien de nouveau : ce qui ne va pas est déjà pris en charge.")
    return _("Aucune école pour l’instant.") if verdict is Verdict.EMPTY else _("Tout va bien dans les écoles.")


def waiting_text(stop: Stop | None, now: datetime) -> str:
    """Why an order has not left for this school; empty when nothing stands in its way."""
    if stop is None:
        return ""
    if stop.state is ApplianceState.FENCED:
        return _("attend : deux boîtiers se présentent, il faut choisir le bon")
    if stop.state in (ApplianceState.LATE, ApplianceState.DOWN):
        return _("attend : l’école ne répond plus %(since)s", since=since_text(stop.since, now))
    return _("attend : l’école n’a pas de boîtier qui réponde")


def standstill_title(one: Standstill) -> str:
    if one.states == SILENT:
        return ngettext(
            "%(num)s boîtier ne répond pas en ce moment", "%(num)s boîtiers ne répondent pas en ce moment", one.count
        ) % {"num": one.count}
    return ngettext(
        "%(num)s école est sans boîtier en service", "%(num)s écoles sont sans boîtier en service", one.count
    ) % {"num": one.count}
