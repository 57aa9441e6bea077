"""How the console says what the tables hold: states, alerts, kinds, orders. Words and icons only."""

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import format_decimal

from central.domain.alerts import AlertKind
from central.domain.fleet import ApplianceState
from central.services.school_view import AlertLine
from central.services.statistics import Help
from central.web.marks import N_
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext


class Word(NamedTuple):
    label: str
    icon: str = "circle"
    kind: str = ""  # of a badge: good, notice, problem, quiet


STATES: dict[str, Word] = {
    ApplianceState.FENCED: Word(N_("en double"), "ban", "problem"),
    ApplianceState.DOWN: Word(N_("muet"), "circle-x", "problem"),
    ApplianceState.LATE: Word(N_("ne répond plus"), "clock", "notice"),
    ApplianceState.NEW: Word(N_("jamais venu"), "circle-dashed", "quiet"),
    ApplianceState.ABSENT: Word(N_("sans boîtier"), "minus", "quiet"),
    ApplianceState.UP: Word(N_("en ligne"), "circle-check", "good"),
    ApplianceState.REVOKED: Word(N_("révoqué"), "ban", "quiet"),
}
ALERTS: dict[str, Word] = {
    AlertKind.FENCED: Word(N_("Deux boîtiers ont la même identité"), "copy", "problem"),
    AlertKind.APPLIANCE_SILENT: Word(N_("Boîtier muet"), "unplug", "problem"),
    AlertKind.STORAGE_LOW: Word(N_("Stockage presque plein"), "save", "problem"),
    AlertKind.NO_SNAPSHOT: Word(N_("Pas de sauvegarde récente"), "save", "notice"),
    AlertKind.CLOCK_OFF: Word(N_("Horloge fausse"), "clock", "notice"),
    AlertKind.ENROLLMENT_FAILURES: Word(N_("Inscriptions qui échouent"), "qr-code", "notice"),
    AlertKind.PARKED_RECORDS: Word(N_("Données mises de côté"), "file-text", "notice"),
    AlertKind.DEVICE_SILENT: Word(N_("Appareil muet"), "tablet", "notice"),
    AlertKind.BATTERY_FAILING: Word(N_("Batterie à changer"), "battery-warning", "notice"),
}
DEVICE_KINDS: dict[str, Word] = {
    "tablet": Word(N_("tablette"), "tablet"),
    "laptop": Word(N_("ordinateur portable"), "laptop"),
    "chromebook": Word(N_("Chromebook"), "laptop"),
    "screen": Word(N_("écran"), "presentation"),
    "phone": Word(N_("téléphone"), "smartphone"),
    "other": Word(N_("autre"), "square"),
}
STATUSES = {
    "active": N_("en service"),
    "retired": N_("hors service"),
    "removed": N_("retiré"),
    "revoked": N_("révoqué"),
}
ORDERS: dict[str, Word] = {
    "report": Word(N_("Faire le point"), "refresh-cw"),
    "identify": Word(N_("Faire sonner et clignoter"), "bell-ring"),
    "rename": Word(N_("Renommer"), "pencil"),
    "move": Word(N_("Changer de classe mobile"), "arrow-right"),
    "fetch_logs": Word(N_("Demander les journaux techniques"), "file-text"),
    "reboot": Word(N_("Redémarrer"), "refresh-cw", "notice"),
    "revoke": Word(N_("Révoquer"), "ban", "problem"),
    "wipe": Word(N_("Effacer à distance"), "trash-2", "problem"),
    "cancel": Word(N_("Annuler un ordre"), "x"),
}
INSTRUCTIONS: dict[str, Word] = {
    "pending": Word(N_("à envoyer"), "hourglass"),
    "sent": Word(N_("envoyé"), "send"),
    "received": Word(N_("reçu"), "check"),
    "started": Word(N_("en cours"), "timer"),
    "done": Word(N_("fait"), "circle-check", "good"),
    "failed": Word(N_("échoué"), "circle-x", "problem"),
    "refused": Word(N_("refusé"), "ban", "problem"),
    "expired": Word(N_("trop tard"), "clock", "notice"),
    "canceled": Word(N_("annulé"), "x", "quiet"),
    "unknown": Word(N_("on ne sait pas"), "circle-help", "notice"),
}
STORAGE = {
    "normal": N_("normal"),
    "thrifty": N_("économe"),
    "coarse": N_("statistiques réduites"),
    "essential": N_("l’essentiel seulement"),
    "survival": N_("survie"),
}
HELD = {
    "eyes_up": N_("les yeux vers l’enseignant"),
    "lock": N_("écran verrouillé"),
    "apps": N_("applications choisies seulement"),
    "sound": N_("sans le son"),
    "camera": N_("sans l’appareil photo"),
    "internet": N_("sans internet"),
}
HELPS = {
    Help.NO_LESSON: N_("aucune séance"),
    Help.FEW_DEVICES: N_("peu d’appareils allumés"),
    Help.GESTURES_FAIL: N_("gestes qui échouent"),
    Help.ENROLLMENTS_FAIL: N_("inscriptions qui échouent"),
}
BATTERY_TROUBLES = {
    "drains": N_("Se vide dans la journée après une charge complète."),
    "does_not_charge": N_("Ne se charge plus : câble, chariot ou batterie."),
}
_STANDARD = Word(N_("autre"), "circle-help", "quiet")


def word_of(table: Mapping[str, Word], key: str) -> Word:
    """Translated; what is newer than we are is « autre »."""
    found = table.get(key, _STANDARD)
    return found._replace(label=_(found.label))


def kind_count(kind: str, count: int) -> str:
    """« 3 écrans »."""
    texts = {
        "tablet": ngettext("%(num)s tablette", "%(num)s tablettes", count),
        "laptop": ngettext("%(num)s ordinateur portable", "%(num)s ordinateurs portables", count),
        "chromebook": ngettext("%(num)s Chromebook", "%(num)s Chromebooks", count),
        "screen": ngettext("%(num)s écran", "%(num)s écrans", count),
        "phone": ngettext("%(num)s téléphone", "%(num)s téléphones", count),
    }
    other = ngettext("%(num)s autre appareil", "%(num)s autres appareils", count)
    return texts.get(kind, other) % {"num": format_decimal(count)}


def text_of(table: Mapping[str, str], key: str) -> str:
    return _(table[key]) if key in table else ""


def alert_detail(line: AlertLine) -> str:
    """What a kind of alert adds to its name."""
    detail = line.detail
    if line.kind == AlertKind.CLOCK_OFF:
        minutes = round(_number(detail.get("seconds")) / 60)
        return _("%(n)s min d’avance", n=minutes) if minutes > 0 else _("%(n)s min de retard", n=-minutes)
    if line.kind == AlertKind.NO_SNAPSHOT:
        return _unsaved_text(detail)
    if line.kind == AlertKind.STORAGE_LOW:
        return text_of(STORAGE, str(detail.get("storage", "")))
    if line.kind == AlertKind.BATTERY_FAILING:
        return text_of(BATTERY_TROUBLES, str(detail.get("trouble", "")))
    if line.kind == AlertKind.DEVICE_SILENT:
        days = _number(detail.get("days"))
        return ngettext("plus de %(num)s jour d’école", "plus de %(num)s jours d’école", days) % {"num": days}
    if "count" in detail:
        count = _number(detail["count"])
        return ngettext("%(num)s fois", "%(num)s fois", count) % {"num": count}
    return ""


def _unsaved_text(detail: Mapping[str, object]) -> str:
    if detail.get("reason") == "too_large":
        return _("celle de son boîtier est trop volumineuse (64 Mo au plus)")
    days = _number(detail.get("days"))
    return ngettext("aucune depuis %(num)s jour d’école", "aucune depuis %(num)s jours d’école", days) % {"num": days}


def trouble_title(kind: str, count: int) -> str:
    """One line of the morning."""
    titles = {
        AlertKind.FENCED: ngettext("%(num)s boîtier existe en double", "%(num)s boîtiers existent en double", count),
        AlertKind.APPLIANCE_SILENT: ngettext("%(num)s boîtier est muet", "%(num)s boîtiers sont muets", count),
        AlertKind.STORAGE_LOW: ngettext(
            "%(num)s boîtier est presque plein", "%(num)s boîtiers sont presque pleins", count
        ),
        AlertKind.NO_SNAPSHOT: ngettext(
            "%(num)s école n’a pas de sauvegarde récente", "%(num)s écoles n’ont pas de sauvegarde récente", count
        ),
        AlertKind.CLOCK_OFF: ngettext("%(num)s horloge est fausse", "%(num)s horloges sont fausses", count),
        AlertKind.ENROLLMENT_FAILURES: ngettext(
            "%(num)s école n’arrive pas à inscrire", "%(num)s écoles n’arrivent pas à inscrire", count
        ),
        AlertKind.PARKED_RECORDS: ngettext(
            "%(num)s boîtier envoie ce que le serveur ne comprend pas",
            "%(num)s boîtiers envoient ce que le serveur ne comprend pas",
            count,
        ),
        AlertKind.DEVICE_SILENT: ngettext(
            "%(num)s appareil n’a plus été vu", "%(num)s appareils n’ont plus été vus", count
        ),
        AlertKind.BATTERY_FAILING: ngettext(
            "%(num)s batterie est à changer", "%(num)s batteries sont à changer", count
        ),
    }
    found = titles.get(AlertKind(kind)) if kind in set(AlertKind) else None
    return (found or f"{kind} : %(num)s") % {"num": count}


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
