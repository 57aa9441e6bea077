"""Passkeys (WebAuthn): made, used to sign in without a login, removed.

The person's presence is verified by the device (PIN, finger): a passkey is a strong sign-in by itself. The site's name
and origin are the canonical ones: another site's answer is refused. `authenticators` is imported where it is used: most
of the server's processes never see a passkey, and the library below it is large.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from central.clock import Clock
from central.domain.names import display_name
from central.domain.passkeys import KnownPasskey, Party
from central.domain.roles import Viewer
from central.errors import Conflict, Invalid, NotFound, NotSignedIn
from central.keys.signatures import passkey_id as key_name
from central.services.ceremonies import Ceremonies
from central.services.journal import record
from central.services.retired_keys import retire_keys
from central.services.sessions import viewer_of
from central.store.database import writing
from central.store.desk_models import Account, Passkey

_MAKE, _USE = "passkey-make", "passkey-use"
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """`used_at`: its last sign-in, or its making, which shows it as well."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """What a page gives to `navigator.credentials`, and the token by which the answer names it."""

    token: str
    options: dict[str, Any]


class Passkeys:
    def __init__(self, clock: Clock, party: Party) -> None:
        self._clock = clock
        self._party = party
        self._ceremonies = Ceremonies(clock)

    def of(self, viewer: Viewer) -> list[PasskeyLine]:
        rows = Passkey.select().where(Passkey.account == viewer.account_id).order_by(Passkey.created_at)
        return [PasskeyLine(row.id, row.name, row.created_at, row.used_at or row.created_at) for row in rows]

    def ask_new(self, viewer: Viewer) -> Question:
        from central.services import authenticators

        asked = authenticators.ask_new(self._party, viewer, [one.id for one in self.of(viewer)])
        return Question(self._ceremonies.open(_MAKE, asked.text, viewer.account_id), asked.options)

    def add(self, viewer: Viewer, token: object, credential: Mapping[str, Any], name: object) -> None:
        """Within the caller's transaction, if there is one (an invitation is used up with it)."""
        from central.services import authenticators

        challenge = self._ceremonies.take(_MAKE, token, viewer.account_id)
        label = display_name(name or "–", longest=_LONGEST_NAME)
        made = authenticators.made(self._party, challenge, credential)
        now = self._clock.now()
        with writing(f"account:{viewer.account_id}"):
            label = _distinct(label, {one.name for one in self.of(viewer)})
            try:
                Passkey.insert(
                    id=made.id,
                    account=viewer.account_id,
                    public_key=made.public_key,
                    sign_count=made.count,
                    name=label,
                    created_at=now,
                ).execute()
            except IntegrityError:
                raise Conflict("passkey_known") from None
            record(now, viewer.login, "account.passkey", f"account:{viewer.login}", name=label)

    def ask(self) -> Question:
        """For a sign-in without a login: the device offers what it has for this site."""
        from central.services import authenticators

        asked = authenticators.ask_use(self._party)
        return Question(self._ceremonies.open(_USE, asked.text), asked.options)

    def sign_in(self, token: object, credential: Mapping[str, Any]) -> Viewer:
        from central.services import authenticators

        challenge = self._ceremonies.take(_USE, token)
        row = (
            Passkey.select(Passkey, Account).join(Account).where(Passkey.id == str(credential.get("id"))).get_or_none()
        )
        if row is None or not row.account.active:
            raise NotSignedIn("bad_passkey")
        known = KnownPasskey(row.id, bytes(row.public_key), row.sign_count)
        try:
            count = authenticators.used(self._party, challenge, credential, known)
        except Invalid:
            record(self._clock.now(), row.account.login, "session.passkey_refused")
            raise NotSignedIn("bad_passkey") from None
        Passkey.update(sign_count=count, used_at=self._clock.now()).where(Passkey.id == row.id).execute()
        return viewer_of(row.account)

    def remove(self, viewer: Viewer, passkey_id: str) -> None:
        with writing(f"account:{viewer.account_id}"):
            mine = {row.id: row for row in Passkey.select().where(Passkey.account == viewer.account_id)}
            if passkey_id not in mine:
                raise NotFound("not_found")
            if len(mine) == 1 and not _has_totp(viewer):
                raise Conflict("last_factor")
            Passkey.delete().where(Passkey.id == passkey_id).execute()
            retire_keys(self._clock.now(), Account.get_by_id(viewer.account_id), viewer.login, key_name(passkey_id))
            record(self._clock.now(), viewer.login, "account.passkey_off", f"account:{viewer.login}")


def _distinct(name: str, taken: set[str]) -> str:
    """« Mon appareil 2 » beside « Mon appareil »: whoever lets one of them sign must know which."""
    if name not in taken:
        return name
    numbered = (f"{name[: _LONGEST_NAME - 4].rstrip()} {number}" for number in range(2, len(taken) + 3))
    return next(one for one in numbered if one not in taken)


def _has_totp(viewer: Viewer) -> bool:
    return Account.get_by_id(viewer.account_id).totp_secret is not None
