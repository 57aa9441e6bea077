"""Set-ups of tablets as an appliance hands them out: a file that was downloaded, or the address shown for the tablet.

Blocking: runs in a thread. Errors are told in French: a teacher or a trainer reads them on the console.
"""

from pathlib import Path

import requests

from simulator.webview_kiosk.lenient import Unreadable
from simulator.webview_kiosk.settings import Settings, parse_import

TIMEOUT_SECONDS = (5.0, 20.0)
ANSWER_NAME = "settings.json"


class BadSetup(Exception):
    """Not to be tried again without a person; the text says what to do."""


def load_setup(place: str) -> Settings:
    text = _fetched(place) if place.startswith(("http://", "https://")) else _read(place)
    try:
        settings = Settings(parse_import(text))
    except Unreadable as error:
        raise BadSetup(f"Réglages illisibles ({place}) : {error}.") from None
    if not settings.stored_flag("mqtt.enabled") or not settings.stored_text("mqtt.connection.username"):
        raise BadSetup(f"Ces réglages ne connectent aucune tablette ({place}).")
    return settings


def _fetched(link: str) -> str:
    address = link if link.endswith(".json") else f"{link.rstrip('/')}/{ANSWER_NAME}"
    try:
        answer = requests.get(address, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        raise BadSetup(f"Le boîtier ne répond pas ({type(error).__name__}).") from None
    if answer.status_code != requests.codes.ok:
        raise BadSetup(f"Cette adresse ne montre plus de réglages ({answer.status_code}) : faites-en une nouvelle.")
    return answer.text


def _read(place: str) -> str:
    try:
        return Path(place).read_text(encoding="utf-8")
    except OSError as error:
        raise BadSetup(f"Fichier illisible : {place} ({error.strerror}).") from None
