"""What `admin` does with the city: ask to join, say how the line is, leave. The uplink does the work."""

import argparse
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.cli.admin_acts import Answer, Desk
from appliance.domain.people import CONSOLE
from appliance.errors import CannotStart
from appliance.services.city import LinkStatus
from appliance.web.city_troubles import CITY_TROUBLES, OTHER_CHOSEN, STANDINGS

_LOOK_SECONDS = 0.3
_MOST_BYTES = 64 * 1024


def _claim(desk: Desk, options: argparse.Namespace) -> Answer:
    """By a code with `--address`, or by the file that the city gave, which holds both."""
    city, file = desk.use.city, Path(options.code)
    if file.is_file():
        with file.open("rb") as stream:
            city.request_claim_file(stream.read(_MOST_BYTES), CONSOLE)
    elif options.address:
        city.request_claim(options.code, options.address, CONSOLE)
    else:
        raise CannotStart("no_address", "Donnez l’adresse de la ville : --address ville.example:8443.")
    if not desk.running:
        return Answer({"joined": False}, ["C’est noté : le boîtier se rattachera à la ville dès qu’il sera démarré."])
    return _wait(desk, options.wait)


def _wait(desk: Desk, seconds: float) -> Answer:
    """Until the city has spoken, or a trouble is known."""
    pause = threading.Event()
    for _ in range(int(seconds / _LOOK_SECONDS)):
        asked = desk.use.city.pending_claim()
        if asked is None and desk.use.city.status() is not None:
            return _status(desk, argparse.Namespace())
        if asked is not None and asked.trouble:
            raise CannotStart(asked.trouble, _sentence(asked.trouble, asked.trouble_detail))
        pause.wait(_LOOK_SECONDS)
    return Answer({"joined": False}, ["La ville n’a pas encore répondu : « city-status » dira la suite."])


def _status(desk: Desk, _options: argparse.Namespace) -> Answer:
    status, asked = desk.use.city.status(), desk.use.city.pending_claim()
    if status is None and asked is None:
        return Answer({"joined": False}, ["Ce boîtier n’est rattaché à aucune ville."])
    if status is None:
        trouble = asked.trouble if asked is not None else ""
        detail = asked.trouble_detail if asked is not None else ""
        lines = ["Le rattachement est demandé.", *([_sentence(trouble, detail)] if trouble else [])]
        return Answer({"joined": False, "trouble": trouble}, lines)
    waiting = sum(one.records for one in desk.use.outbox.backlog().values())
    parked = desk.use.outbox.parked()
    document = {"joined": True, **asdict(status), "waiting": waiting, "parked": parked}
    return Answer(document, [*_sentences(status), *_of_records(waiting, parked)])


def _sentences(status: LinkStatus) -> list[str]:
    lines = [
        f"{standing_text(status)} {status.city}, école {status.uai}, depuis le {_day(status.claimed_at)}.",
        f"Adresse : {status.address}. Identifiant : {status.appliance}.",
    ]
    heard = status.hello_at
    lines.append("La ville n’a pas encore répondu." if heard is None else f"Dernière réponse : {_moment(heard)}.")
    if status.trouble:
        lines.append(_sentence(status.trouble, status.trouble_detail))
    return lines


def standing_text(status: LinkStatus) -> str:
    """With the word by which the city's people know this box, while there are two."""
    text = OTHER_CHOSEN if status.other_chosen else STANDINGS[status.standing]
    return f"{text} Celui-ci : « {status.mark} »." if status.mark else text


def _of_records(waiting: int, parked: int) -> list[str]:
    lines = [f"En attente d’envoi : {waiting}." if waiting else "Tout est envoyé."]
    return [*lines, f"Refusés par la ville, gardés ici : {parked}."] if parked else lines


def _sentence(trouble: str, detail: str) -> str:
    """The detail is for whoever looks into it; a newer uplink may know more words than we do."""
    told = CITY_TROUBLES.get(trouble, f"La liaison est arrêtée ({trouble}).")
    return f"{told} (Détail technique : {detail})" if detail else told


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%d/%m/%Y}"


def _moment(moment: datetime) -> str:
    return f"le {moment.astimezone():%d/%m/%Y à %H:%M}"


def _leave(desk: Desk, _options: argparse.Namespace) -> Answer:
    if desk.use.city.pending_claim() is not None:
        desk.use.city.withdraw_claim(CONSOLE)
        return Answer({"joined": False}, ["La demande de rattachement est retirée."])
    desk.use.city.leave(CONSOLE)
    return Answer({"joined": False}, ["Ce boîtier n’est plus rattaché à la ville ; sa clé est effacée."])


def _broker(desk: Desk, options: argparse.Namespace) -> Answer:
    desk.use.city.use_broker(options.addresses, CONSOLE)
    told = f"La liaison rapide passe par {options.addresses}." if options.addresses else "Plus de liaison rapide."
    return Answer({"broker": options.addresses}, [told])


CITY_ACTS: dict[str, Callable[[Desk, Any], Answer]] = {
    "city-claim": _claim,
    "city-status": _status,
    "city-leave": _leave,
    "city-broker": _broker,
}
CITY_STARTS_A_STORE = frozenset({"city-claim"})
