"""What an order asks for and what came of it, in words: its arguments, the box's answers. Owns words only."""

from collections.abc import Mapping

from central.web.marks import N_
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext
from protocol.uplink_words import OrderClass

# What a box says beside a state: a reason to wait or to fail, or the word of a refusal.
DETAILS: dict[str, str] = {
    "device_away": N_("l’appareil est éteint ou absent"),
    "in_lesson": N_("attend la fin de la séance"),
    "during_lesson": N_("pendant une séance"),
    "clock_unknown": N_("le boîtier ne connaît pas encore l’heure"),
    "unsupported": N_("cet appareil ne sait pas le faire"),
    "no_answer": N_("l’appareil n’a pas répondu"),
    "device_gone": N_("l’appareil a quitté l’école entre-temps"),
    "reenrolled": N_("l’appareil a été inscrit à nouveau entre-temps : nul ne sait ce qui est fait"),
    "no_device": N_("appareil inconnu dans l’école"),
    "device_not_in_service": N_("appareil hors service"),
    "no_cart": N_("classe mobile inconnue dans l’école"),
    "interrupted": N_("interrompu plusieurs fois"),
    "restored": N_("le boîtier a été restauré entre-temps"),
    "city_left": N_("l’école a quitté la ville"),
    "seen": N_("constaté sur l’appareil"),
    "malformed": N_("illisible"),
    "not_for_us": N_("adressé à un autre boîtier"),
    "seen_before": N_("déjà reçu"),
    "too_late": N_("arrivé trop tard"),
    "altered": N_("modifié en route"),
    "wrong_key": N_("signé par une clé qui n’en a pas le droit"),
    "unknown_kind": N_("ordre que ce boîtier ne connaît pas : mettez-le à jour"),
    "unknown_instruction": N_("l’ordre à annuler n’est pas connu du boîtier"),
}
CLASSES: dict[str, str] = {
    OrderClass.ROUTINE: N_("courantes"),
    OrderClass.SENSITIVE: N_("sensibles"),
    OrderClass.DESTRUCTIVE: N_("qui effacent"),
}
NOT_HEARD = ("pending", "sent")  # states in which the box has not said that it has it
_ARGUMENTS = {
    "name": N_("Nouveau nom"),
    "cart": N_("Classe mobile"),
    "hours": N_("Journaux des dernières heures"),
    "during_lesson": N_("Pendant une séance"),
}


def outcome_text(code: str) -> str:
    """Of one instruction. What is no word of ours (a device's own) is quoted as such."""
    if not code:
        return ""
    word, equals, count = code.partition("=")
    if equals and count.isdecimal() and len(count) < 10:
        return _counted(word, int(count)) or _quoted(code)
    if code in DETAILS:
        return _(DETAILS[code])
    if code.startswith("too_late:"):
        return _("il était déjà commencé ou fini")
    return _quoted(code)


def _counted(word: str, count: int) -> str:
    if word == "devices":
        return ngettext("%(num)s appareil", "%(num)s appareils", count) % {"num": count}
    if word == "parts":
        return ngettext("%(num)s envoi", "%(num)s envois", count) % {"num": count}
    return ""


def _quoted(text: str) -> str:
    return _("réponse reçue : « %(words)s »", words=text)


def argument_lines(args: Mapping[str, object], cart_name: str = "") -> list[tuple[str, str]]:
    """(label, value) of what people chose; ids that no person chose stay out."""
    return [(_(label), _argument(name, args[name], cart_name)) for name, label in _ARGUMENTS.items() if name in args]


def _argument(name: str, value: object, cart_name: str) -> str:
    if name == "cart":
        return cart_name or (_("une classe mobile de l’école") if value else _("aucune"))
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    return str(value)
