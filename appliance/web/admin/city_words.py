"""The link to the city in sentences: what stops it, what its orders and refusals are called. Owns words only."""

from flask_babel import format_timedelta

from appliance.web.city_troubles import CITY_TROUBLES
from appliance.web.texts import N_
from appliance.web.texts import filled as _
from appliance.web.texts import translate_number as ngettext

_OTHER = N_("Le lien avec la ville est interrompu. Le boîtier réessaie.")

# What a person must know at once: standing -> what happened, what is safe and what to do.
STANDINGS: dict[str, tuple[str, str]] = {
    "fenced": (
        N_("Boîtier isolé : deux boîtiers se présentent sous la même identité"),
        N_(
            "Une carte a sans doute été copiée. Les séances fonctionnent, rien n’est perdu, rien ne part tant que le "
            "service informatique n’a pas dit lequel est le bon."
        ),
    ),
    "revoked": (
        N_("La ville a retiré l’accès de ce boîtier"),
        N_(
            "Les séances fonctionnent, plus rien ne part. Si c’est une erreur, demandez un nouveau code, quittez la "
            "ville, puis rejoignez-la."
        ),
    ),
    "replaced": (
        N_("Un autre boîtier a pris la place de celui-ci"),
        N_("Les séances fonctionnent, plus rien ne part. Éteignez ce boîtier, ou donnez-lui un nouveau code."),
    ),
}

# Of the two, the one that was not taken.
OTHER_CHOSEN = (
    N_("La ville a choisi l’autre boîtier"),
    N_(
        "Celui-ci reste dehors : les séances fonctionnent, mais rien ne part plus. S’il ne sert plus, éteignez-le. "
        "S’il sert ailleurs, quittez la ville, puis rejoignez-la avec un nouveau code. Si c’est une erreur, appelez "
        "le service informatique : il peut changer d’avis."
    ),
)

# What is not as it should be with the city's copy of this school.
NOTES: dict[str, str] = {
    "too_large": N_(
        "La sauvegarde de ce boîtier est trop volumineuse pour la ville : elle n’en garde plus de nouvelle. Prévenez "
        "le service informatique. Le boîtier continue à faire les siennes."
    ),
    "no_snapshot": N_(
        "Aucune sauvegarde de cette école n’était gardée par la ville : tout est à recommencer ici (appareils, classes "
        "mobiles, comptes)."
    ),
}

# A backup was there, and this box could not take it: too new, no room, damaged. The journal has the very reason.
NOT_TAKEN_OVER = N_(
    "Ce boîtier devait prendre la place d’un autre, mais la sauvegarde de l’école n’a pas pu y être remise. Prévenez "
    "le service informatique avant d’inscrire des appareils."
)

LANES: dict[int, str] = {
    0: N_("Actes et alertes"),
    1: N_("État des appareils"),
    2: N_("Statistiques"),
    3: N_("Journaux techniques demandés"),
}

EXCHANGES: dict[str, str] = {
    "hello": N_("bonjour"),
    "batch": N_("envoi"),
    "claim": N_("demande d’entrée"),
    "renew": N_("renouvellement"),
    "certificate": N_("renouvellement"),
    "time": N_("demande de l’heure"),
    "reconcile": N_("comparaison"),
    "snapshot": N_("sauvegarde"),
    "config": N_("lecture des réglages"),
    "instructions": N_("lecture des ordres"),
}

ORDERS: dict[str, str] = {
    "report": N_("dire son état"),
    "identify": N_("se signaler"),
    "rename": N_("renommer"),
    "move": N_("changer de classe mobile"),
    "fetch_logs": N_("envoyer le journal technique"),
    "reboot": N_("redémarrer"),
    "revoke": N_("retirer"),
    "wipe": N_("effacer"),
    "cancel": N_("annuler un ordre"),
}

# State -> word, icon, colour of the badge.
ORDER_STATES: dict[str, tuple[str, str, str]] = {
    "received": (N_("reçu"), "clock", ""),
    "started": (N_("commencé"), "hourglass", ""),
    "done": (N_("fait"), "circle-check", "good"),
    "failed": (N_("échoué"), "circle-x", "problem"),
    "refused": (N_("refusé"), "ban", "notice"),
    "expired": (N_("périmé"), "timer", "quiet"),
    "canceled": (N_("annulé"), "undo-2", "quiet"),
    "unknown": (N_("interrompu, on ne sait pas"), "circle-help", "notice"),
}

# What an instruction says beside its state: `key=count`, or a word.
OUTCOMES: dict[str, str] = {
    "clock_unknown": N_("attend l’heure de la ville"),
    "in_lesson": N_("attend la fin de la séance"),
    "device_away": N_("attend l’appareil"),
    "unsupported": N_("cet appareil ne sait pas le faire"),
    "no_answer": N_("l’appareil n’a pas répondu"),
    "seen": N_("vu à l’appareil"),
    "interrupted": N_("le boîtier a été arrêté pendant ce temps"),
    "device_gone": N_("l’appareil n’est plus là"),
    "reenrolled": N_("l’appareil a été inscrit à nouveau entre-temps"),
    "city_left": N_("l’école a quitté la ville"),
    "during_lesson": N_("pendant une séance"),
    "no_device": N_("appareil inconnu"),
    "device_not_in_service": N_("appareil hors service"),
    "no_cart": N_("classe mobile inconnue"),
    "restored": N_("le boîtier a été restauré entre-temps"),
    "unknown_instruction": N_("l’ordre à annuler n’est pas connu"),
}

REFUSALS: dict[str, str] = {
    "malformed": N_("illisible"),
    "not_for_us": N_("destiné à un autre boîtier"),
    "seen_before": N_("déjà reçu"),
    "too_late": N_("arrivé trop tard"),
    "altered": N_("modifié en chemin"),
    "wrong_key": N_("signé par une clé qui n’en a pas le droit"),
    "unknown_kind": N_("inconnu de cette version"),
}

STORAGE: dict[str, str] = {
    "normal": N_("Il y a de la place."),
    "thrifty": N_("Le disque se remplit ; rien n’est réduit."),
    "coarse": N_("Le disque se remplit : les statistiques qui attendent sont regroupées par semaine."),
    "essential": N_("Le disque est presque plein : plus de journaux techniques, statistiques par semaine."),
    "survival": N_("Le disque est plein : les statistiques attendent par semaine, sans journaux techniques."),
}


def outcome_words(detail: str) -> str:
    """What is no word of ours (a device's own) is quoted as such."""
    key, _equals, told = detail.partition("=")
    if told.isdecimal() and key in ("devices", "parts"):
        return _counted(key, int(told))
    if detail.startswith("too_late:"):
        return _("il était déjà commencé ou fini")
    if detail in REFUSALS:
        return _(REFUSALS[detail])
    return _(OUTCOMES[detail]) if detail in OUTCOMES else _quoted(detail)


def _counted(key: str, count: int) -> str:
    if key == "devices":
        return ngettext("%(num)s appareil", "%(num)s appareils", count) % {"num": count}
    return ngettext("%(num)s envoi", "%(num)s envois", count) % {"num": count}


def _quoted(detail: str) -> str:
    return _("réponse : « %(words)s »", words=detail) if detail else ""


def trouble_words(code: str) -> str:
    """What happens, and what to do. Nothing is lost in any of them: the page says so once."""
    return _(CITY_TROUBLES.get(code, _OTHER))


def how_long(seconds: float) -> str:
    """« 2 heures »."""
    return str(format_timedelta(max(60, seconds), granularity="minute", threshold=1.5))
