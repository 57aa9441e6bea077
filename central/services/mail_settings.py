"""The city's mail server: where it is, how it is spoken to, as whom. Owns its row of settings and the sealed password.

The password goes in and never out: it is sealed with a key that is not in the database, and only `mail` opens it. It is
kept for the server it was typed for: of another host it is asked again, so that nobody can have it sent elsewhere.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from central.domain.roles import Viewer
from central.errors import Invalid
from central.keys.sealing import Sealer
from central.services.desk_settings import is_email
from central.services.journal import record
from central.services.settings import read_setting, write_setting
from central.store.database import writing

_SMTP, _PASSWORD = "smtp", "smtp_password"
_PURPOSE = "smtp-password"
_LONGEST_PASSWORD = 500


class Security(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Smtp:
    host: str
    port: int
    sender: str
    security: str = Security.STARTTLS.value
    login: str = ""


class MailSettings:
    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def smtp(self) -> Smtp | None:
        stored = read_setting(_SMTP)
        return None if not stored else Smtp(**stored)

    def password(self) -> str:
        """For `mail` only."""
        sealed = read_setting(_PASSWORD)
        return "" if not sealed else self._sealer.unseal_text(str(sealed), _PURPOSE)

    def has_password(self) -> bool:
        return bool(read_setting(_PASSWORD))

    def change(self, by: Viewer, now: datetime, wished: Smtp, password: str = "") -> None:
        """An empty password leaves the one that is kept."""
        _check(wished, password)
        with writing(_SMTP):
            before = self.smtp()
            is_kept = wished.login and not password and self.has_password()
            if is_kept and (before is None or _who(before) != _who(wished)):
                raise Invalid("bad_smtp", {"password": "type_again"})
            if wished.login and not password and not is_kept:
                raise Invalid("bad_smtp", {"password": "missing"})
            if not is_kept:
                write_setting(_PASSWORD, self._sealer.seal_text(password, _PURPOSE) if wished.login else "")
            write_setting(_SMTP, asdict(wished))
            record(now, by, "mail.change", f"mail:{wished.host}")

    def forget(self, by: Viewer, now: datetime) -> None:
        """No mail leaves any more."""
        with writing(_SMTP):
            write_setting(_SMTP, {})
            write_setting(_PASSWORD, "")
            record(now, by, "mail.forget")


def _who(smtp: Smtp) -> tuple[str, int, str, str]:
    return smtp.host, smtp.port, smtp.security, smtp.login


def _check(smtp: Smtp, password: str) -> None:
    wrong = {
        "host": not smtp.host or len(smtp.host) > 255 or any(sign.isspace() for sign in smtp.host),
        "port": not 1 <= smtp.port <= 65535,
        "sender": not is_email(smtp.sender),
        "security": smtp.security not in set(Security),
        "login": len(smtp.login) > 255 or not smtp.login.isprintable(),
        "password": len(password) > _LONGEST_PASSWORD or not password.isprintable(),
    }
    fields = {name: "wrong_type" for name, is_wrong in wrong.items() if is_wrong}
    if smtp.security == Security.NONE and (smtp.login or password):
        fields["security"] = "password_in_clear"
    elif password and not smtp.login:
        fields.setdefault("login", "missing")
    if fields:
        raise Invalid("bad_smtp", fields)
