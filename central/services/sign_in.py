"""Ways in by what a person types: the password. Sessions, second factors and passkeys have services of their own."""

from central.clock import Clock
from central.domain.names import login_name, new_password, typed_password
from central.domain.roles import Viewer
from central.domain.sign_in import ACCOUNT, ADDRESS, HERE
from central.errors import Invalid, NotSignedIn
from central.services.accounts import Accounts
from central.services.attempts import Attempts, address_key
from central.services.journal import record
from central.services.passwords import Passwords
from central.services.sessions import viewer_of
from central.store.database import writing
from central.store.desk_models import Account, Session


class SignIn:
    def __init__(self, clock: Clock, passwords: Passwords, attempts: Attempts, accounts: Accounts) -> None:
        self._clock = clock
        self._passwords = passwords
        self._attempts = attempts
        self._accounts = accounts

    def check_password(self, login: object, password: object, address: str | None) -> Viewer:
        """Counts failures per account and address, per address, and per account. A passkey opens all the same."""
        account, sender = _account_key(login), address_key(address)
        limits = ((HERE, f"{account}@{sender}"), (ADDRESS, sender), (ACCOUNT, account))
        with self._attempts.attempt(*limits):
            return self._checked(account, password)

    def _checked(self, login: str, password: object) -> Viewer:
        row = Account.get_or_none(Account.login == login) if login else None
        try:
            typed = typed_password(password)
        except Invalid:
            typed = ""
        is_right = self._passwords.verify(None if row is None else row.password_hash, typed)
        if row is None or not is_right or not row.active:
            record(self._clock.now(), login if row is not None else "-", "session.refused")
            raise NotSignedIn("bad_credentials")
        if self._passwords.is_outdated(row.password_hash or ""):
            Account.update(password_hash=self._passwords.hash(typed)).where(Account.id == row.id).execute()
        return viewer_of(row)

    def accept_by_password(self, token: str, password: object) -> Viewer:
        """The invited chooses a password; the link is used up, other sessions end."""
        viewer = self._accounts.invited(token)
        hashed = self._passwords.hash(new_password(password, (viewer.login, viewer.name)))
        with writing(f"account:{viewer.account_id}"):
            self._accounts.use_invitation(token)
            self._set(viewer, hashed)
        return viewer

    def change_password(self, viewer: Viewer, current: object, password: object) -> None:
        """By the person; every session ends, the caller opens a new one."""
        row = Account.get_by_id(viewer.account_id)
        if row.password_hash is not None and not self._passwords.verify(row.password_hash, str(current)):
            raise Invalid("wrong_current_password", {"current": "wrong_password"})
        hashed = self._passwords.hash(new_password(password, (row.login, row.name)))
        with writing(f"account:{viewer.account_id}"):
            self._set(viewer, hashed)
            record(self._clock.now(), viewer.login, "account.password", f"account:{viewer.login}")

    def _set(self, viewer: Viewer, hashed: str) -> None:
        Account.update(password_hash=hashed).where(Account.id == viewer.account_id).execute()
        Session.delete().where(Session.account == viewer.account_id).execute()


def _account_key(login: object) -> str:
    try:
        return login_name(login)
    except Invalid:
        return ""  # no account has such a name; all of them share one count
