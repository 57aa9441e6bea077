"""What each command of `admin` does: one service call, and its answer as lines and as a document."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from appliance.bootstrap import Services
from appliance.clock import HubClock
from appliance.config import Config
from appliance.domain.devices import DeviceStatus
from appliance.domain.people import CONSOLE
from appliance.errors import CannotStart
from appliance.services.device_list import DeviceLine, Filters
from appliance.services.people import NewPerson, Person
from appliance.services.settings import read_setting
from appliance.store.restore import restore

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """`lines` for people, `document` for `--json`, `notes` on the side (standard error)."""

    document: Document
    lines: Sequence[str]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Desk:
    """Which appliance, its use cases (None where the act must not open the store), and whether it runs."""

    config: Config
    services: Services | None
    running: bool

    @property
    def use(self) -> Services:
        assert self.services is not None  # noqa: S101 - the frame opens the store for these acts
        return self.services


def _base(options: argparse.Namespace) -> str:
    base = options.base or read_setting("base_url")
    if not base:
        raise CannotStart(
            "no_base", "L’adresse du boîtier n’est pas encore connue : démarrez-le une fois, ou donnez --base URL."
        )
    return str(base)


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _user_add(desk: Desk, options: argparse.Namespace) -> Answer:
    base = "" if options.password_stdin else _base(options)
    new = NewPerson(options.login, options.name, options.role, options.language)
    person = desk.use.people.add(CONSOLE, new, _password() if options.password_stdin else None)
    if options.password_stdin:
        return Answer(
            {"user": _person(person), "invitation": None}, [f"{person.name} ({person.login}) peut se connecter."]
        )
    return _invitation(desk, person, base)


def _user_invite(desk: Desk, options: argparse.Namespace) -> Answer:
    return _invitation(desk, desk.use.people.find(options.login), _base(options))


def _invitation(desk: Desk, person: Person, base: str) -> Answer:
    link = f"{base}/invitation/{desk.use.people.invite(CONSOLE, person.id)}"
    text = f"{person.name} ({person.login}) choisit son mot de passe à cette adresse, une fois, avant sept jours :"
    return Answer({"user": _person(person), "invitation": link}, [text, link])


def _user_password(desk: Desk, options: argparse.Namespace) -> Answer:
    person = desk.use.people.reset_password(CONSOLE, desk.use.people.find(options.login).id, _password())
    return Answer(
        {"user": _person(person)}, [f"Nouveau mot de passe pour {person.login} ; ses autres accès sont fermés."]
    )


def _user_deactivate(desk: Desk, options: argparse.Namespace) -> Answer:
    person = desk.use.people.deactivate(CONSOLE, desk.use.people.find(options.login).id)
    return Answer({"user": _person(person)}, [f"{person.login} ne peut plus se connecter."])


def _user_reactivate(desk: Desk, options: argparse.Namespace) -> Answer:
    person = desk.use.people.reactivate(CONSOLE, desk.use.people.find(options.login).id)
    return Answer({"user": _person(person)}, [f"{person.login} peut de nouveau se connecter."])


def _user_list(desk: Desk, _options: argparse.Namespace) -> Answer:
    people = desk.use.people.all()
    roles = {"teacher": "enseignant", "administrator": "administrateur"}
    lines = [
        f"{person.login:<20} {roles[person.role]:<15} {person.name}{'' if person.is_active else ' (désactivé)'}"
        for person in people
    ]
    return Answer({"users": [_person(person) for person in people]}, lines)


def _person(person: Person) -> Document:
    return {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "role": person.role,
        "active": person.is_active,
        "has_password": person.has_password,
    }


def _cart_add(desk: Desk, options: argparse.Namespace) -> Answer:
    cart = desk.use.carts.add(options.name, CONSOLE)
    return Answer({"cart": {"id": cart.id, "name": cart.name}}, [f"Classe mobile ajoutée : {cart.name}"])


def _cart_remove(desk: Desk, options: argparse.Namespace) -> Answer:
    cart = desk.use.carts.find(options.name)
    desk.use.carts.remove(cart.id, CONSOLE)
    return Answer({"cart": {"id": cart.id, "name": cart.name}}, [f"Classe mobile supprimée : {cart.name}"])


def _cart_list(desk: Desk, _options: argparse.Namespace) -> Answer:
    carts = desk.use.carts.listed()
    document = [{"id": cart.id, "name": cart.name, "devices": cart.devices} for cart in carts]
    return Answer({"carts": document}, [f"{cart.name}  ({cart.devices} appareils)" for cart in carts])


def _token_new(desk: Desk, options: argparse.Namespace) -> Answer:
    base = _base(options)
    cart = desk.use.carts.find(options.cart) if options.cart else None
    token = desk.use.tokens.new(CONSOLE, options.uses, options.expires, cart.id if cart else None)
    link = base + token.path
    document = {
        "id": token.id,
        "link": link,
        "cart": token.cart or None,
        "uses": token.uses,
        "expires_at": token.expires_at,
    }
    where = f" dans « {token.cart} »" if token.cart else ""
    return Answer(
        {"token": document}, [f"Lien nº {token.id} : {token.uses} appareils{where}, {_until(token.expires_at)}.", link]
    )


def _token_list(desk: Desk, _options: argparse.Namespace) -> Answer:
    tokens = desk.use.tokens.listed()
    document = [
        {
            "id": token.id,
            "cart": token.cart or None,
            "uses": token.uses,
            "used": token.used,
            "expires_at": token.expires_at,
            "revoked": token.revoked_at is not None,
            "open": token.is_open,
        }
        for token in tokens
    ]
    lines = [
        f"{token.id:>4}  {'ouvert' if token.is_open else 'fermé':<7} {token.used}/{token.uses}  "
        f"{_until(token.expires_at)}  {token.cart}"
        for token in tokens
    ]
    return Answer({"tokens": document}, lines)


def _token_revoke(desk: Desk, options: argparse.Namespace) -> Answer:
    desk.use.tokens.revoke(options.id, CONSOLE)
    return Answer({"token": {"id": options.id, "revoked": True}}, [f"Lien nº {options.id} révoqué."])


def _device_list(desk: Desk, options: argparse.Namespace) -> Answer:
    cart = desk.use.carts.find(options.cart) if options.cart else None
    filters = Filters(None if options.all else DeviceStatus.ACTIVE, cart.id if cart else None)
    devices = desk.use.device_list.listed(filters)
    lines = [
        f"{device.id}  {device.number:>3}  {_STATE[device.status, device.online]:<11} {device.name}  {device.cart}"
        for device in devices
    ]
    return Answer({"devices": [_device(device) for device in devices]}, lines)


_STATE = {
    (status, online): word
    for status, words in (
        (DeviceStatus.ACTIVE, ("hors ligne", "en ligne")),
        (DeviceStatus.RETIRED, ("fin service", "fin service")),
        (DeviceStatus.REMOVED, ("retiré", "retiré")),
    )
    for online, word in enumerate(words)
}


def _device(device: DeviceLine) -> Document:
    return {
        "id": device.id,
        "number": device.number,
        "name": device.name,
        "kind": device.kind,
        "cart": device.cart or None,
        "model": device.model,
        "serial": device.serial,
        "status": device.status,
        "online": device.online,
        "seen_at": device.seen_at,
        "battery": device.battery,
        "enrolled_at": device.enrolled_at,
    }


def _device_revoke(desk: Desk, options: argparse.Namespace) -> Answer:
    desk.use.devices.revoke(options.id, CONSOLE)
    return Answer({"device": {"id": options.id, "status": DeviceStatus.REMOVED}}, [f"{options.id} n’a plus d’accès."])


def _device_retire(desk: Desk, options: argparse.Namespace) -> Answer:
    desk.use.devices.retire(options.id, CONSOLE)
    return Answer({"device": {"id": options.id, "status": DeviceStatus.RETIRED}}, [f"{options.id} est hors service."])


def _backup(desk: Desk, options: argparse.Namespace) -> Answer:
    path, manifest = desk.use.backups.create(CONSOLE, options.file.absolute() if options.file else None)
    document = {
        "file": str(path),
        "size": path.stat().st_size,
        "created_at": manifest.created_at,
        "documents": len(manifest.parts) - 1,
        "missing": list(manifest.missing),
    }
    notes = [f"{len(manifest.missing)} documents manquaient ou étaient abîmés."] if manifest.missing else []
    return Answer({"backup": document}, [str(path)], notes)


def _restore(desk: Desk, options: argparse.Namespace) -> Answer:
    now = HubClock(desk.config.runtime_path).now()
    restored = restore(desk.config, options.file.absolute(), now)
    manifest = restored.manifest
    document = {
        "school": manifest.school,
        "created_at": manifest.created_at,
        "documents": len(manifest.parts) - 1,
        "missing": list(restored.missing),
    }
    lines = [
        f"Restauré : l’état du {manifest.created_at.astimezone():%d/%m/%Y à %H:%M}.",
        "Les noms d’élèves ne sont pas dans les sauvegardes : importez à nouveau les listes de classe.",
        "Vérifiez la liste des appareils : ceux qui ont été retirés depuis cette sauvegarde sont de retour.",
    ]
    notes = [f"Documents absents de ce boîtier et de la sauvegarde : {len(restored.missing)}."]
    return Answer({"restored": document}, lines, notes if restored.missing else [])


def _until(moment: datetime) -> str:
    return f"jusqu’au {moment.astimezone():%d/%m/%Y à %H:%M}"


ACTS: dict[str, Callable[[Desk, Any], Answer]] = {
    "user add": _user_add,
    "user invite": _user_invite,
    "user password": _user_password,
    "user deactivate": _user_deactivate,
    "user reactivate": _user_reactivate,
    "user list": _user_list,
    "cart add": _cart_add,
    "cart remove": _cart_remove,
    "cart list": _cart_list,
    "token new": _token_new,
    "token list": _token_list,
    "token revoke": _token_revoke,
    "device list": _device_list,
    "device revoke": _device_revoke,
    "device retire": _device_retire,
    "backup": _backup,
    "restore": _restore,
}
# On a box that has never been started, too: a script may prepare it.
STARTS_A_STORE = frozenset({"user add", "cart add", "token new", "restore"})
NEEDS_NO_STORE = frozenset({"restore"})
