"""`admin doctor`: what is wrong with this server, and what to do; `admin metrics-token`: who may watch it."""

import argparse
import json
import secrets
from collections.abc import Iterator
from datetime import timedelta
from shutil import disk_usage

from central.cli.answers import Act, Answer, Desk, Nouns
from central.services.vital_signs import VitalSigns
from central.store.desk_models import Notification
from central.store.models import Appliance, ParkedRecord
from protocol.uplink_words import Standing

_LOW_BYTES = 2 * 1024**3
_SILENT = timedelta(minutes=30)
_PROCESSES = {
    "broker": "Le serveur MQTT des écoles",
    "console": "La console",
    "door": "La porte des écoles",
    "desk": "Le bureau (alertes, envois)",
}
Line = tuple[bool, str]  # whether it is well, and the sentence


def add_words(nouns: "Nouns[argparse.ArgumentParser]", everywhere: argparse.ArgumentParser) -> None:
    nouns.add_parser("doctor", help="ce qui ne va pas, et que faire", parents=[everywhere])
    nouns.add_parser("metrics-token", help="ouvrir /metrics à Prometheus", parents=[everywhere])


def _doctor(desk: Desk, _options: argparse.Namespace) -> Answer:
    found = [*_processes(desk), *_database(desk), *_disk(desk), *_fleet(desk), *_work(desk)]
    found.sort(key=lambda line: line[0])
    lines = [f"{'✓' if is_well else '✗'} {text}" for is_well, text in found]
    is_well = all(good for good, _ in found)
    verdict = "Tout va bien." if is_well else "À regarder : voir ci-dessus."
    document = {"well": is_well, "found": [{"well": good, "text": text} for good, text in found]}
    return Answer(document, [*lines, "", verdict])


def _processes(desk: Desk) -> Iterator[Line]:
    try:
        status = json.loads((desk.config.runtime_path / "processes.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        yield False, f"Le serveur est arrêté. Démarrez-le : ./run central --data {desk.config.data_path}"
        return
    for name, facts in status.items():
        told = _PROCESSES.get(name, name)
        if not facts.get("running"):
            yield False, f"{told} : arrêt. La relance est automatique ; si cela dure, lisez le journal."
        elif facts.get("restarts"):
            yield False, f"{told} : en marche, redémarrages de suite : {facts['restarts']}. Lisez le journal."
        else:
            yield True, f"{told} : en marche."


def _database(desk: Desk) -> Iterator[Line]:
    signs = VitalSigns(desk.services.clock)
    signs.exercise()
    facts = signs.read()
    yield True, f"La base {facts.engine} écrit et relit (schéma {facts.schema}, appareils : {facts.devices})."


def _disk(desk: Desk) -> Iterator[Line]:
    free = disk_usage(desk.config.data_path).free
    gigabytes = f"{free / 1e9:.1f}".replace(".", ",")
    if free < _LOW_BYTES:
        yield False, f"Le disque est presque plein ({gigabytes} Go libres). Libérez de la place, ou agrandissez-le."
    else:
        yield True, f"De la place sur le disque : {gigabytes} Go libres."


def _fleet(desk: Desk) -> Iterator[Line]:
    now = desk.services.clock.now()
    active = list(Appliance.select().where(Appliance.standing == Standing.ACTIVE))
    heard = [one for one in active if one.hello_at is not None and now - one.hello_at < _SILENT]
    if active and not heard:
        yield (
            False,
            (
                "Aucun boîtier n’a été entendu depuis une demi-heure : vérifiez le port des écoles (pare-feu, nom, "
                "certificat), puis la ligne du serveur."
            ),
        )
    elif active:
        yield True, f"Boîtiers entendus depuis une demi-heure : {len(heard)} sur {len(active)}."
    fenced = Appliance.select().where(Appliance.standing == Standing.FENCED).count()
    if fenced:
        yield (
            False,
            f"Boîtiers mis de côté (deux pour une identité) : {fenced}. Leurs pages demandent lequel garder.",
        )


def _work(desk: Desk) -> Iterator[Line]:
    parked = ParkedRecord.select().count()
    if parked:
        yield False, f"Faits gardés sans être appliqués : {parked}. Après une mise à jour, réessayez."
    late = Notification.done_at.is_null() & (Notification.tries > 0)
    unsent = Notification.select().where(late).count()
    if unsent:
        yield False, f"Courriels ou appels qui ne partent pas : {unsent}. Vérifiez les réglages d’envoi des alertes."
    if not desk.services.rings.root_public():
        yield False, "La ville n’a pas de clé racine : « city init --root FICHIER »."


def _metrics_token(desk: Desk, _options: argparse.Namespace) -> Answer:
    """A new one at each call: the one before opens nothing any more."""
    # Here, because the page brings Flask along, and the other commands do without.
    from central.web.metrics import token_path

    token = secrets.token_urlsafe(32)
    folder = desk.services.keys.folder
    with folder.locked():
        folder.write(token_path(desk.config.secrets_path).name, token.encode())
    return Answer({"token": token}, [token], ["Pour Prometheus : « Authorization: Bearer … » sur /metrics."])


ACTS: dict[str, Act] = {"doctor": _doctor, "metrics-token": _metrics_token}
