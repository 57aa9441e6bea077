"""Sends an alert's message by e-mail (SMTP). Owns its words, in French: a city's technicians read them at night.

It neither retries nor stores; the password is read from a file each time, so that a changed one needs no restart.
"""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any

from central.services.desk_settings import DeskSettings, Smtp
from central.services.notifications import CannotSend

_TIMEOUT_SECONDS = 20
WORDS: dict[str, str] = {
    "fenced": "Deux boîtiers ont la même identité",
    "appliance_silent": "Boîtier muet",
    "storage_low": "Stockage presque plein",
    "clock_off": "Horloge fausse",
    "enrollment_failures": "Inscriptions qui échouent",
    "parked_records": "Données mises de côté",
    "device_silent": "Appareil muet",
    "battery_failing": "Batterie à changer",
}


class Mail:
    def __init__(self, settings: DeskSettings, password_path: Path, public_url: str) -> None:
        self._settings, self._password_path, self._public_url = settings, password_path, public_url

    def send(self, address: str, payload: Mapping[str, object]) -> None:
        smtp = self._settings.smtp()
        if smtp is None:
            raise CannotSend("Aucun serveur de courriel n’est réglé.")
        try:
            message = written(address, smtp.sender, payload, self._public_url)
            with _connected(smtp) as server:
                if smtp.login:
                    server.login(smtp.login, self._password())
                server.send_message(message)
        # ValueError: a host, a password or an address that no wire takes
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise CannotSend(f"{type(error).__name__}: {error}") from error

    def _password(self) -> str:
        return self._password_path.read_text(encoding="utf-8").strip()


def _connected(smtp: Smtp) -> smtplib.SMTP:
    if smtp.security == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS)
    if smtp.security == "starttls":
        server.starttls(context=ssl.create_default_context())
    return server


def written(address: str, sender: str, payload: Mapping[str, Any], public_url: str) -> EmailMessage:
    """Plain text: what a name holds is only ever text, and a header has no line of its own."""
    alerts = payload["alerts"]
    count = len(alerts) + payload["more"]
    message = EmailMessage()
    first = _one_line(f"{_word(alerts[0]['kind'])} : {alerts[0]['school']}")
    message["Subject"] = f"Préau : {first}" if count == 1 else f"Préau : {count} alertes, dont {first}"
    message["From"], message["To"] = sender, address
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    lines = [f"- {_word(one['kind'])} : {_one_line(one['school'])} ({one['uai']})" for one in alerts]
    if payload["more"]:
        lines.append(f"- et {payload['more']} autres.")
    where = f"\n{public_url}/alerts\n" if public_url else ""
    message.set_content("\n".join(["Ces alertes viennent de s’ouvrir :", "", *lines, where]))
    return message


def _word(kind: str) -> str:
    return WORDS.get(kind, kind)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:120]
