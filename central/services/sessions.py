"""Sessions of the console: opened, found, closed. Only hashes are kept; each step of a sign-in opens a new one."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.clock import Clock
from central.domain.roles import Role, Viewer
from central.domain.sign_in import LONGEST, is_over
from central.errors import NotSignedIn
from central.ids import hash_secret
from central.services.journal import record
from central.store.database import writing
from central.store.desk_models import Account, Passkey, Session
from central.store.trouble import STORE_ERRORS, is_full

_SEEN_EVERY = timedelta(minutes=1)  # not a row for each picture of a page


@dataclass(frozen=True, slots=True)
class OpenSession:
    """`half_way`: the password was right, the second step is still to be made. `has_factor`: one can be asked for."""

    viewer: Viewer
    id_hash: str
    created_at: datetime
    is_strong: bool
    half_way: bool
    has_factor: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    created_at: datetime
    seen_at: datetime
    is_strong: bool
    is_this: bool


def viewer_of(row: Account) -> Viewer:
    return Viewer(row.id, row.login, row.name, Role(row.role), row.school_id, row.locale)


def has_factor(row: Account) -> bool:
    return row.totp_secret is not None or Passkey.select().where(Passkey.account == row.id).exists()


def _touch(id_hash: str, now: datetime) -> None:
    """A disk that is full closes no page: who may act must see it. The next page tries again."""
    try:
        with writing():
            Session.update(seen_at=now).where(Session.id_hash == id_hash).execute()
    except STORE_ERRORS as error:
        if not is_full(error):
            raise


class Sessions:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(self, account_id: int, is_strong: bool, replaces: str = "") -> str:
        """The token of a new session; the one that it replaces ends."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        with writing():
            row = Account.get_by_id(account_id)
            if replaces:
                Session.delete().where(Session.id_hash == hash_secret(replaces)).execute()
            Session.delete().where(Session.created_at < now - LONGEST).execute()
            Session.insert(
                id_hash=hash_secret(token), account=row, created_at=now, seen_at=now, is_strong=is_strong
            ).execute()
            record(now, row.login, "session.open" if is_strong else "session.half", f"account:{row.login}")
        return token

    def find(self, token: str) -> OpenSession:
        """Raises NotSignedIn: unknown, over, or of somebody who was turned off."""
        now = self._clock.now()
        row = Session.select(Session, Account).join(Account).where(Session.id_hash == hash_secret(token)).get_or_none()
        if row is None:
            raise NotSignedIn("signed_out")
        half_way = not row.is_strong  # a password alone opens nothing, whatever the role
        if not row.account.active or is_over(row.created_at, row.seen_at, now, half_way):
            Session.delete().where(Session.id_hash == row.id_hash).execute()
            raise NotSignedIn("session_over")
        if abs(now - row.seen_at) >= _SEEN_EVERY:
            _touch(row.id_hash, now)
        factor = half_way and has_factor(row.account)
        return OpenSession(viewer_of(row.account), row.id_hash, row.created_at, row.is_strong, half_way, factor)

    def all_of(self, viewer: Viewer, this: str) -> list[SessionLine]:
        rows = Session.select().where(Session.account == viewer.account_id).order_by(Session.seen_at.desc())
        return [SessionLine(row.created_at, row.seen_at, row.is_strong, row.id_hash == this) for row in rows]

    def close(self, token: str) -> None:
        Session.delete().where(Session.id_hash == hash_secret(token)).execute()

    def close_all(self, actor: Viewer, account_id: int) -> int:
        with writing():
            closed = int(Session.delete().where(Session.account == account_id).execute())
            login = Account.get_by_id(account_id).login
            record(self._clock.now(), actor.login, "session.close_all", f"account:{login}", count=closed)
        return closed
