"""Questions that wait for one answer: a passkey's challenge, a new second factor, a trip to the identity provider.

In the database, because the answer may reach another worker; taken once, and forgotten after ten minutes.
"""

from typing import Any

from central.clock import Clock
from central.domain.sign_in import CEREMONY_LIFE
from central.errors import NotSignedIn
from central.ids import hash_secret, new_secret
from central.store.database import writing
from central.store.desk_models import Ceremony


class Ceremonies:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(self, kind: str, payload: object, account_id: int | None = None) -> str:
        """The token by which the answer names its question."""
        token, now = new_secret(), self._clock.now()
        with writing():
            Ceremony.delete().where(Ceremony.expires_at <= now).execute()
            Ceremony.insert(
                token_hash=hash_secret(token),
                kind=kind,
                account=account_id,
                payload=payload,
                expires_at=now + CEREMONY_LIFE,
            ).execute()
        return token

    def take(self, kind: str, token: object, account_id: int | None = None) -> Any:
        """The payload; nobody gets it a second time. NotSignedIn when there is none, or it is another one's."""
        row = self._found(kind, token, account_id)
        if not Ceremony.delete().where(Ceremony.token_hash == row.token_hash).execute():
            raise NotSignedIn("ceremony_over")
        return row.payload

    def peek(self, kind: str, token: object, account_id: int | None = None) -> Any:
        """The payload, which stays: for a code that may be mistyped."""
        return self._found(kind, token, account_id).payload

    def _found(self, kind: str, token: object, account_id: int | None) -> Ceremony:
        row = Ceremony.get_or_none(Ceremony.token_hash == hash_secret(str(token)), Ceremony.kind == kind)
        if row is None or row.account_id != account_id or row.expires_at <= self._clock.now():
            raise NotSignedIn("ceremony_over")
        return row
