"""What a line of a journal adds: numbers and names in words. What is of no interest to people stays out.

A test collects every field that a journal's line can carry: each is in `_FIELDS` or in `QUIET`.
"""

from collections.abc import Callable, Mapping

from central.domain.roles import Column, Role, Viewer
from central.services.naming import Entry, Names
from central.web.desk_words import ALERTS, DEVICE_KINDS, ORDERS, word_of
from central.web.marks import N_
from central.web.order_words import CLASSES, DETAILS, outcome_text
from central.web.role_words import role_name
from central.web.settings_forms import FIELD_WORDS
from central.web.texts import filled as _
from central.web.texts import translate_number as ngettext
from central.web.times import size_text

# Marks for programs, or what the line says already.
QUIET = frozenset(
    {"hardware", "other", "sha256", "instruction", "told_at", "version", "agent", "profile", "granted", "why"}
)
_SCHOOL_ROLES = {"teacher": N_("enseignant"), "administrator": N_("administrateur de l’école")}
ALARMS = {
    "not_owner": N_("le kiosque ne possède pas la tablette"),
    "may_not_lock": N_("le kiosque ne peut pas verrouiller"),
    "open": N_("la tablette est ouverte"),
    "pinned": N_("verrou faible"),
    "takeover": N_("deux connexions sous un même nom"),
    "cloned": N_("deux installations sous un même nom"),
    "reinstalled": N_("application réinstallée"),
    "wrong_name": N_("message au nom d’une autre tablette"),
    "fixed": N_("un réglage est fixé par le propriétaire de la tablette"),
}
_REASONS = {
    "certificate_unknown": N_("certificat inconnu"),
    "certificate_revoked": N_("certificat révoqué"),
    "appliance_revoked": N_("boîtier révoqué"),
    "appliance_replaced": N_("boîtier remplacé"),
    "bad_signature": N_("signature fausse"),
    "renewal_too_late": N_("certificat expiré depuis trop longtemps"),
    "foreign_appliance": N_("données d’un autre boîtier que le sien"),
    "not_a_replacement": N_("sauvegarde d’une école dont il n’a pas la place"),
}

_Teller = Callable[[Entry, object, Names], str]


def detail_text(one: Entry, names: Names, viewer: Viewer) -> str:
    """Its fields in words, in the order of the table; a serial number for those who see serials."""
    shown = []
    for name, teller in _FIELDS.items():
        value = one.detail.get(name)
        if value in (None, "", [], {}) or (name == "serial" and not viewer.sees(Column.SERIAL)):
            continue
        shown.append(teller(one, value, names))
    return ", ".join(text for text in shown if text)


def _kind(one: Entry, value: object, names: Names) -> str:
    tables = {"device": DEVICE_KINDS, "instruction": ORDERS, "alert": ALERTS}
    table = tables.get(one.action.partition(".")[0])
    is_told = not one.target and str(one.detail.get("instruction")) in names.instructions
    if one.action.startswith("alert.") or table is None or is_told:
        return ""  # what the line is about says it
    return word_of(table, str(value)).label


def _role(one: Entry, value: object, _names: Names) -> str:
    if str(value) in set(Role):
        return _("rôle : %(role)s", role=role_name(str(value)))
    return _("rôle : %(role)s", role=_word(_SCHOOL_ROLES, value))


def _by(one: Entry, value: object, names: Names) -> str:
    if one.action == "device.replace":
        found = names.devices.get(str(value))
        return _("par %(name)s", name=found.name) if found else _("par un appareil parti depuis")
    if one.action == "appliance.claim":
        return _("code créé par %(name)s", name=person(str(value), names))
    return _("par %(name)s", name=person(str(value), names))


def person(login: str, names: Names) -> str:
    return _("la ligne de commande") if login == "console" else names.people.get(login, login)


def _replaces(_one: Entry, value: object, names: Names) -> str:
    return _("à la place d’un autre boîtier") if str(value) else ""


def _count(one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    if one.action == "session.close_all":
        return ngettext("%(num)s connexion", "%(num)s connexions", count) % {"num": count}
    return _devices(one, value, _names)


def _devices(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("%(num)s appareil", "%(num)s appareils", count) % {"num": count}


def _instructions(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    text = ngettext("pour %(num)s appareil ou boîtier", "pour %(num)s appareils ou boîtiers", count)
    return text % {"num": count}


def _sent(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("%(num)s déjà parti", "%(num)s déjà partis", count) % {"num": count} if count else ""


def _keys(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("%(num)s clé", "%(num)s clés", count) % {"num": count}


def _rows(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("%(num)s ligne", "%(num)s lignes", count) % {"num": count}


def _uses(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("%(num)s utilisation", "%(num)s utilisations", count) % {"num": count}


def _applied(one: Entry, value: object, _names: Names) -> str:
    if isinstance(value, bool):
        return _("prise en compte") if value else _("encore refusée")
    count = _number(value)
    return ngettext("%(num)s prise en compte", "%(num)s prises en compte", count) % {"num": count}


def _tried(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("%(num)s essayée", "%(num)s essayées", count) % {"num": count}


def _taken(_one: Entry, value: object, _names: Names) -> str:
    return _("accepté") if value else _("refusé")


def _missing(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("sans %(num)s document", "sans %(num)s documents", count) % {"num": count} if count else ""


def _classes(_one: Entry, value: object, _names: Names) -> str:
    words = [_word(CLASSES, one) for one in value] if isinstance(value, list) else []
    return _("interventions %(classes)s", classes=", ".join(words)) if words else ""


def _fields(_one: Entry, value: object, _names: Names) -> str:
    return ", ".join(_word(FIELD_WORDS, one).lower() for one in value) if isinstance(value, list) else ""


def _key(_one: Entry, value: object, names: Names) -> str:
    holder = names.keys.get(str(value))
    return _("avec la clé de %(name)s", name=holder) if holder else ""


def _of(_one: Entry, value: object, names: Names) -> str:
    """Whose backup it was: of the box that it replaces, unless it is its own."""
    return "" if _one.actor == f"appliance:{value}" else _("celle du boîtier remplacé")


def _device(one: Entry, value: object, names: Names) -> str:
    found = names.devices.get(str(value))
    return found.name if found else _("un appareil parti depuis")


def _cart(one: Entry, value: object, names: Names) -> str:
    found = names.carts.get((one.school, str(value)))
    return _("vers « %(cart)s »", cart=found) if found else ""


def _detail(_one: Entry, value: object, _names: Names) -> str:
    return outcome_text(str(value))


def _refusal(_one: Entry, value: object, _names: Names) -> str:
    return _word(DETAILS, value)


def _same_epoch(_one: Entry, value: object, _names: Names) -> str:
    return _("les mêmes données, deux fois") if value else _("des données qui ont divergé")


def _moved(_one: Entry, value: object, _names: Names) -> str:
    return _("sur un autre matériel") if value else _("sur le même matériel")


def _periods(_one: Entry, value: object, _names: Names) -> str:
    count = _number(value)
    return ngettext("%(num)s période", "%(num)s périodes", count) % {"num": count}


def _worded(text: str) -> _Teller:
    """`%(value)s` as it is: a number, or a name that somebody gave."""
    return lambda _one, value, _names: _(text, value=value)


def _looked_up(table: Mapping[str, str]) -> _Teller:
    return lambda _one, value, _names: _word(table, value)


def _size(_one: Entry, value: object, _names: Names) -> str:
    return size_text(_number(value))


_FIELDS: dict[str, _Teller] = {
    "kind": _kind,
    "role": _role,
    "device": _device,
    "name": _worded(N_("« %(value)s »")),
    "number": _worded(N_("n° %(value)s")),
    "cart": _cart,
    "serial": _worded(N_("série %(value)s")),
    "count": _count,
    "instructions": _instructions,
    "sent": _sent,
    "keys": _keys,
    "rows": _rows,
    "uses": _uses,
    "seconds": _worded(N_("%(value)s s")),
    "size": _size,
    "missing": _missing,
    "tried": _tried,
    "applied": _applied,
    "taken": _taken,
    "classes": _classes,
    "fields": _fields,
    "key": _key,
    "of": _of,
    "replaces": _replaces,
    "same_epoch": _same_epoch,
    "moved": _moved,
    "mark": _worded(N_("le boîtier « %(value)s »")),
    "again": lambda _one, value, _names: _("après un premier choix") if value else "",
    "devices": _devices,
    "alarm": _looked_up(ALARMS),
    "reason": _looked_up(_REASONS),
    "detail": _detail,
    "periods": _periods,
    "silent_days": _worded(N_("appareil muet après %(value)s jours d’école")),
    "enrollment_failures": _worded(N_("%(value)s inscriptions échouées")),
    "battery_empty": _worded(N_("batterie à plat à %(value)s %%")),
    "battery_weak": _worded(N_("batterie faible à %(value)s %%")),
    "refusal": _refusal,
    "by": _by,
}
KNOWN = frozenset(_FIELDS) | QUIET


def _word(table: Mapping[str, str], key: object) -> str:
    return _(table[str(key)]) if str(key) in table else _("autre")


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
