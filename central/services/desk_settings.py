"""What the city has set for its console: school holidays, when a device counts as silent, who is told of alerts.

Owns rows of `Setting` and their form. What cannot be read any more counts as not set: a page must still come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from central.domain.alerts import AlertKind
from central.domain.school_days import Closure
from central.errors import Invalid
from central.services.settings import read_setting, write_setting

_CLOSURES, _SILENT, _RECIPIENTS, _SMTP = "closures", "silent_days", "recipients", "smtp"
SILENT_DAYS = 10
_MOST_RECIPIENTS, _MOST_CLOSURES = 200, 60


class Channel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Recipient:
    """`group` None: of the whole city. `kinds` empty: of every kind."""

    channel: Channel
    address: str
    group: int | None = None
    kinds: tuple[str, ...] = ()

    def wants(self, kind: str, group: int | None) -> bool:
        return (not self.kinds or kind in self.kinds) and (self.group is None or self.group == group)


@dataclass(frozen=True, slots=True)
class Smtp:
    """`security`: "none", "starttls" or "tls". The password is a file of the secrets folder."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    login: str = ""


class DeskSettings:
    def closures(self) -> tuple[Closure, ...]:
        return tuple(_closure(pair) for pair in _read(_CLOSURES, []))

    def set_closures(self, closures: tuple[Closure, ...]) -> None:
        if len(closures) > _MOST_CLOSURES or any(first > last for first, last in closures):
            raise Invalid("bad_closures", {"closures": "out_of_range"})
        write_setting(_CLOSURES, [[first.isoformat(), last.isoformat()] for first, last in closures])

    def silent_days(self) -> int:
        return int(_read(_SILENT, SILENT_DAYS))

    def set_silent_days(self, days: int) -> None:
        if not 1 <= days <= 100:
            raise Invalid("bad_silent_days", {"silent_days": "out_of_range"})
        write_setting(_SILENT, days)

    def recipients(self) -> tuple[Recipient, ...]:
        return tuple(_recipient(one) for one in _read(_RECIPIENTS, []))

    def set_recipients(self, recipients: tuple[Recipient, ...]) -> None:
        if len(recipients) > _MOST_RECIPIENTS:
            raise Invalid("too_many_recipients", {"address": "too_many"})
        for one in recipients:
            _check(one)
        write_setting(_RECIPIENTS, [_told(one) for one in recipients])

    def smtp(self) -> Smtp | None:
        stored = _read(_SMTP, None)
        return None if not stored else Smtp(**stored)

    def set_smtp(self, smtp: Smtp | None) -> None:
        if smtp is not None:
            wrong = {
                "host": not smtp.host or len(smtp.host) > 255 or any(sign.isspace() for sign in smtp.host),
                "port": not 1 <= smtp.port <= 65535,
                "sender": not _is_email(smtp.sender),
                "security": smtp.security not in ("none", "starttls", "tls"),
            }
            fields = {name: "wrong_type" for name, is_wrong in wrong.items() if is_wrong}
            if fields:
                raise Invalid("bad_smtp", fields)
        stored = None if smtp is None else {name: getattr(smtp, name) for name in Smtp.__slots__}
        write_setting(_SMTP, stored)


def _closure(pair: list[str]) -> Closure:
    return date.fromisoformat(pair[0]), date.fromisoformat(pair[1])


def _recipient(one: Mapping[str, object]) -> Recipient:
    group, kinds = one.get("group"), one.get("kinds")
    return Recipient(
        Channel(str(one["channel"])),
        str(one["address"]),
        group if isinstance(group, int) else None,
        tuple(str(kind) for kind in kinds) if isinstance(kinds, list) else (),
    )


def _told(one: Recipient) -> dict[str, object]:
    return {"channel": one.channel.value, "address": one.address, "group": one.group, "kinds": list(one.kinds)}


def _check(one: Recipient) -> None:
    known = {kind.value for kind in AlertKind}
    is_right = _is_email(one.address) if one.channel is Channel.EMAIL else _is_address(one.address)
    if not is_right:
        raise Invalid("bad_recipient", {"address": "wrong_type"}, address=one.address[:60])
    if not set(one.kinds) <= known:
        raise Invalid("bad_recipient", {"kinds": "unknown_value"}, address=one.address[:60])


def _is_email(text: str) -> bool:
    """No more than keeps a header whole: the mail server says the rest."""
    name, at, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not any(sign in ' ,;<>()[]\\"' for sign in text)
    return bool((at and name and "." in domain.strip(".")) or domain == "localhost") and plain and len(text) <= 254


def _is_address(text: str) -> bool:
    host = text.removeprefix("https://").removeprefix("http://")
    return host != text and bool(host) and text.isascii() and text.isprintable() and " " not in text and len(text) < 500


def _read(key: str, default: Any) -> Any:
    value = read_setting(key)
    return default if value is None else value
