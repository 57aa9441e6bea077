"""A line of a journal for people: who, what, on what, with which detail. Names instead of ids, words instead of codes.

What a line's reader may not see is asked of the viewer here, column by column; which lines there are is the reader's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from central.domain.roles import Capability, Column, Viewer
from central.services.journal import CONSOLE
from central.services.naming import Entry, Names, names_of
from central.web.deeds import deed_of
from central.web.desk_words import ALERTS, ORDERS, word_of
from central.web.journal_details import detail_text
from central.web.texts import filled as _


@dataclass(frozen=True, slots=True)
class Told:
    """`on` is what it was done to; `href` leads there, for who may go."""

    who: str
    what: str
    on: str
    href: str
    detail: str


def told_lines(entries: Sequence[Entry], viewer: Viewer) -> list[Told]:
    names = names_of(entries)
    return [_told(one, names, viewer) for one in entries]


def _told(one: Entry, names: Names, viewer: Viewer) -> Told:
    on, href = _target(one, names, viewer)
    shows_detail = one.is_of_school or viewer.is_of_the_city
    return Told(
        who=_who(one, names) if viewer.sees(_column(one)) else _house(one),
        what=deed_of(one.action, one.is_of_school),
        on=on,
        href=href,
        detail=detail_text(one, names, viewer) if shows_detail else "",
    )


def _column(one: Entry) -> Column:
    return Column.STAFF_LOGIN if one.is_of_school else Column.ACCOUNT


def _house(one: Entry) -> str:
    """Who may not read who it was still reads on which side it was."""
    return _("l’école") if one.is_of_school else _("la ville")


def _who(one: Entry, names: Names) -> str:
    noun, colon, key = one.actor.partition(":")
    if one.is_of_school:
        return _who_of_school(one.actor, noun, key)
    if noun == "appliance" and colon:
        return box_name(key, names, one.school)
    if noun == "address" and colon:
        return _("l’adresse %(address)s", address=key)
    if one.actor == CONSOLE:
        return _("la ligne de commande")
    if one.actor in ("", "-"):
        return _("quelqu’un d’inconnu")
    return names.people.get(one.actor, one.actor)


def _who_of_school(actor: str, noun: str, key: str) -> str:
    """The names of a school's people never leave it: a number is all that the city is told."""
    if noun == "user" and key:
        return _("personne n° %(number)s", number=key)
    if noun == "token" and key:
        return _("lien d’inscription n° %(number)s", number=key)
    words = {
        "console": _("la console du boîtier"),
        "appliance": _("le boîtier"),
        "bridge": _("le boîtier"),
        "city": _("la ville"),
        "guest": _("un invité"),
        "code": _("un code de séance"),
    }
    return words.get(actor, actor)


def box_name(appliance: str, names: Names, beside: str = "") -> str:
    """`beside`: the school that the line names anyway."""
    uai = names.boxes.get(appliance)
    if uai is None:
        return _("un boîtier inconnu")
    return _("le boîtier") if uai == beside else _("le boîtier (%(school)s)", school=names.schools.get(uai, uai))


def _target(one: Entry, names: Names, viewer: Viewer) -> tuple[str, str]:
    """What it is called now, and its page; of an order that a school tells of without a device, the order."""
    noun, _colon, key = (one.target or f"instruction:{one.detail.get('instruction', '')}").partition(":")
    if noun == "instruction" and key:
        noun, key = "order", names.instructions.get(key, "")
        return _order(key, names, viewer) if key else ("", "")
    is_own = one.actor in (one.target, key) or (noun == "account" and key == names.account_ids_of.get(one.actor))
    if not key or is_own or one.target == f"school:{one.school}":
        return "", ""  # the line says it already: the own account, the school beside
    if noun in _LINKED:
        return _LINKED[noun](key, names, viewer)
    return _plain(noun, key, one, names), ""


def _device(key: str, names: Names, viewer: Viewer) -> tuple[str, str]:
    found = names.devices.get(key)
    if found is None:
        return _("un appareil parti depuis"), ""
    if not viewer.sees(Column.DEVICE):
        return _("un appareil"), ""
    number = f"{found.number:02d}"
    name = found.name if not found.number or number in found.name else f"{number} · {found.name}"
    return name, url_for("devices.one", device_id=key)


def _order(key: str, names: Names, viewer: Viewer) -> tuple[str, str]:
    kind = names.orders.get(key)
    if kind is None:
        return _("un ordre"), ""
    href = url_for("orders.one", order_id=key) if viewer.may(Capability.ORDER_ROUTINE) else ""
    return word_of(ORDERS, kind).label, href


def _school(key: str, names: Names, viewer: Viewer) -> tuple[str, str]:
    is_there = key in names.schools and viewer.reads_school(key)
    return names.schools.get(key, key), url_for("schools.one", uai=key) if is_there else ""


def _box(key: str, names: Names, viewer: Viewer) -> tuple[str, str]:
    uai = names.boxes.get(key, "")
    return box_name(key, names, uai), url_for("schools.one", uai=uai) if uai and viewer.reads_school(uai) else ""


def _scope(key: str, names: Names, viewer: Viewer) -> tuple[str, str]:
    kind, _colon, id_ = key.partition(":")
    href = url_for("settings.scope", scope_key=key) if viewer.may(Capability.MANAGE_CONFIGURATION) else ""
    if kind == "school":
        return names.schools.get(id_, id_), href
    return _("toute la ville") if kind == "city" else names.groups.get(id_, _("un groupe")), href


def _alert(key: str, names: Names, viewer: Viewer) -> tuple[str, str]:
    kind, subject = names.alerts.get(key, ("", ""))
    if not kind:
        return _("une alerte"), ""
    about = _device(subject.removeprefix("device:"), names, viewer)[0] if subject.startswith("device:") else ""
    label = word_of(ALERTS, kind).label
    return f"{label}, {about}" if about else label, ""


_LINKED = {
    "device": _device, "order": _order, "school": _school, "appliance": _box, "city": _box, "scope": _scope,
    "alert": _alert,
}  # fmt: skip


def _plain(noun: str, key: str, one: Entry, names: Names) -> str:
    """What has no page of its own."""
    if noun in ("mail", "recipient"):
        return key  # a server's name, an address: what somebody typed
    found = {
        "account": names.people.get(key) or names.account_ids.get(key) or key,
        "school_user": names.school_users.get(key) or _("une personne retirée"),
        "cart": names.carts.get((one.school, key)) or _("une classe mobile"),
        "key": _("la clé de %(name)s", name=names.keys[key]) if key in names.keys else _("une clé retirée"),
        "user": _("personne n° %(number)s", number=key),
        "address": _("l’adresse %(address)s", address=key),
        "claim_code": _("le code n° %(number)s", number=key),
        "token": _("le lien n° %(number)s", number=key),
        "ring": _("le trousseau n° %(number)s", number=key),
        "backup": "",  # a file's name, made of its moment
        "lesson": _("une séance"),
        "instruction": _("un ordre"),
    }
    return found.get(noun, one.target)
