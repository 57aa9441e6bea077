"""Sends an alert's message by e-mail (SMTP). Owns its words, in French: a city's technicians read them at night.

It neither retries nor stores; settings are read each time, so that a changed one needs no restart.
"""

import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from central.keys.sealing import Unsealable
from central.services.mail_settings import MailSettings, Security, Smtp
from central.services.notifications import CannotSend

_TIMEOUT_SECONDS = 20
WORDS: dict[str, str] = {
    "fenced": "Deux boîtiers ont la même identité",
    "appliance_silent": "Boîtier muet",
    "storage_low": "Stockage presque plein",
    "no_snapshot": "Pas de sauvegarde récente de l’école",
    "clock_off": "Horloge fausse",
    "enrollment_failures": "Inscriptions qui échouent",
    "parked_records": "Données mises de côté",
    "device_silent": "Appareil muet",
    "battery_failing": "Batterie à changer",
}


class Mail:
    def __init__(self, settings: MailSettings, public_url: str) -> None:
        self._settings, self._public_url = settings, public_url

    def send(self, address: str, payload: Mapping[str, object]) -> str:
        """The mail server's last word, as it said it."""
        smtp = self._settings.smtp()
        if smtp is None:
            raise CannotSend("Aucun serveur de courriel n’est réglé.")
        try:
            message = written(address, smtp.sender, payload, self._public_url)
            with _connected(smtp) as server:
                if smtp.login:
                    server.login(smtp.login, self._settings.password())
                return _delivered(server, smtp.sender, address, message)
        # ValueError: a host, a password or an address that no wire takes
        except (OSError, ValueError, smtplib.SMTPException, Unsealable) as error:
            raise CannotSend(f"{type(error).__name__}: {_said(error)}") from error


def _connected(smtp: Smtp) -> smtplib.SMTP:
    if smtp.security == Security.TLS:
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS)
    if smtp.security == Security.STARTTLS:
        server.starttls(context=ssl.create_default_context())
    return server


def _delivered(server: smtplib.SMTP, sender: str, address: str, message: EmailMessage) -> str:
    """`send_message` in its three steps, because it keeps the last answer for itself."""
    server.ehlo_or_helo_if_needed()
    raw = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    code, text = 0, b""
    steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
        lambda: server.mail(sender),
        lambda: server.rcpt(address),
        lambda: server.data(raw),
    )
    for step in steps:
        code, text = step()
        if code >= 400:
            raise smtplib.SMTPResponseException(code, text)
    return f"{code} {_plain(text)}".strip()


def _said(error: Exception) -> str:
    """Of a server that refused: its own words, not their form in Python."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_plain(error.smtp_error)}".strip()
    return str(error)


def _plain(text: bytes | str) -> str:
    return " ".join((text.decode("utf-8", "replace") if isinstance(text, bytes) else text).split())[:300]


def written(address: str, sender: str, payload: Mapping[str, Any], public_url: str) -> EmailMessage:
    """Plain text: what a name holds is only ever text, and a header has no line of its own."""
    message = EmailMessage()
    message["From"], message["To"] = sender, address
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    where = f"\n{public_url}/alerts\n" if public_url else ""
    if payload.get("test"):
        message["Subject"] = "Préau : message d’essai"
        message.set_content(f"Ce message d’essai est arrivé : les alertes arriveront aussi.\n{where}")
        return message
    alerts = payload["alerts"]
    count = len(alerts) + payload["more"]
    first = _one_line(f"{_word(alerts[0]['kind'])} : {alerts[0]['school']}")
    message["Subject"] = f"Préau : {first}" if count == 1 else f"Préau : {count} alertes, dont {first}"
    lines = [f"- {_word(one['kind'])} : {_one_line(one['school'])} ({one['uai']})" for one in alerts]
    if payload["more"]:
        lines.append(f"- et {payload['more']} autres.")
    message.set_content("\n".join(["Ces alertes viennent de s’ouvrir :", "", *lines, where]))
    return message


def _word(kind: str) -> str:
    return WORDS.get(kind, kind)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:120]
