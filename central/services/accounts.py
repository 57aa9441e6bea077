"""Who may sign in to the console: added, invited, changed, turned off. What opens an account is `sign_in`'s."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import IntegrityError, fn

from central.clock import Clock
from central.domain.names import display_name, email_address, login_name
from central.domain.roles import Role, Viewer
from central.domain.sign_in import INVITATION_LIFE
from central.errors import Conflict, Invalid, NotFound
from central.ids import hash_secret, new_secret
from central.services.journal import record
from central.services.retired_keys import retire_keys
from central.services.sessions import viewer_of
from central.store.database import writing
from central.store.desk_models import Account, Invitation, Passkey, RecoveryCode, Session
from central.store.models import School

_LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class AccountLine:
    id: int
    login: str
    name: str
    email: str
    role: Role
    school: str | None
    school_name: str
    active: bool
    has_password: bool
    has_totp: bool
    has_oidc: bool
    passkeys: int
    seen_at: datetime | None
    invited_until: datetime | None

    @property
    def is_strong(self) -> bool:
        return self.has_totp or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class NewAccount:
    """As typed: checked by `Accounts.add` and `change`."""

    login: object
    name: object
    role: object
    school: object = ""
    email: object = ""


class Accounts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def all(self) -> list[AccountLine]:
        keys = _counts(Passkey)
        seen = _last_seen()
        invited = {row.account_id: row.expires_at for row in _open_invitations(self._clock.now())}
        rows = Account.select(Account, School).left_outer_join(School).order_by(Account.active.desc(), Account.login)
        return [_line(row, keys.get(row.id, 0), seen.get(row.id), invited.get(row.id)) for row in rows]

    def get(self, account_id: int) -> AccountLine:
        found = next((one for one in self.all() if one.id == account_id), None)
        if found is None:
            raise NotFound("unknown_account")
        return found

    def find(self, login: object) -> AccountLine:
        wanted = login_name(login)
        found = next((one for one in self.all() if one.login == wanted), None)
        if found is None:
            raise NotFound("unknown_account")
        return found

    def add(self, actor: Viewer, new: NewAccount) -> int:
        """Nothing opens it until its invitation was followed."""
        login, name = login_name(new.login), display_name(new.name)
        role, school = _place(new.role, new.school)
        now = self._clock.now()
        with writing(f"account:{login}"):
            try:
                row = Account.create(
                    login=login, name=name, email=email_address(new.email), role=role, school=school, created_at=now
                )
            except IntegrityError:
                raise Conflict("login_taken", login=login) from None
            record(now, actor.login, "account.add", f"account:{login}", school or "", role=role)
        return int(row.id)

    def change(self, actor: Viewer, account_id: int, new: NewAccount) -> None:
        """Name, address, role and school; a new role ends the sessions."""
        name, email = display_name(new.name), email_address(new.email)
        role, school = _place(new.role, new.school)
        now = self._clock.now()
        with writing("administrators"):
            row = _row(account_id)
            if (row.role, row.school_id) != (role, school):
                _keep_an_administrator(actor, row, role)
                Session.delete().where(Session.account == account_id).execute()
                record(now, actor.login, "account.role", f"account:{row.login}", school or "", role=role)
            Account.update(name=name, email=email, role=role, school=school).where(Account.id == account_id).execute()
            record(now, actor.login, "account.change", f"account:{row.login}", school or "")

    def set_active(self, actor: Viewer, account_id: int, active: bool) -> None:
        now = self._clock.now()
        with writing("administrators"):
            row = _row(account_id)
            if not active:
                _keep_an_administrator(actor, row, None)
                Session.delete().where(Session.account == account_id).execute()
                Invitation.delete().where(Invitation.account == account_id).execute()
                retire_keys(now, row, actor.login)
            Account.update(active=active).where(Account.id == account_id).execute()
            record(now, actor.login, "account.on" if active else "account.off", f"account:{row.login}")

    def invite(self, actor: Viewer, account_id: int, forget: bool = False) -> str:
        """A new link's token; older ones end. `forget`: also the password, the passkeys, the codes and the sessions."""
        token, now = new_secret(), self._clock.now()
        with writing(f"account:{account_id}"):
            row = _row(account_id)
            if not row.active:
                raise Conflict("account_off")
            Invitation.delete().where(Invitation.account == account_id).execute()
            if forget:
                _forget(account_id)
                retire_keys(now, row, actor.login)
            Invitation.insert(
                token_hash=hash_secret(token), account=account_id, expires_at=now + INVITATION_LIFE
            ).execute()
            record(now, actor.login, "account.reset" if forget else "account.invite", f"account:{row.login}")
        return token

    def invited(self, token: str) -> Viewer:
        """Whom this link invites. NotFound alike for one that is unknown, used or over."""
        return viewer_of(_invitation(token, self._clock.now()).account)

    def use_invitation(self, token: str) -> None:
        """Within the caller's transaction; NotFound when a second click was faster."""
        now = self._clock.now()
        row = _invitation(token, now)
        done = (
            Invitation.update(used_at=now)
            .where(Invitation.token_hash == row.token_hash, Invitation.used_at.is_null())
            .execute()
        )
        if not done:
            raise NotFound("invitation_over")
        record(now, row.account.login, "account.accept", f"account:{row.account.login}")

    def choose_language(self, viewer: Viewer, language: str) -> None:
        if language not in _LANGUAGES:
            raise Invalid("bad_language", {"lang": "unknown_value"})
        Account.update(locale=language).where(Account.id == viewer.account_id).execute()


def _row(account_id: int) -> Account:
    row = Account.get_or_none(Account.id == account_id)
    if row is None:
        raise NotFound("unknown_account")
    return row


def _place(role: object, school: object) -> tuple[str, str | None]:
    """A director has one school, nobody else has any."""
    try:
        found = Role(str(role))
    except ValueError:
        raise Invalid("bad_role", {"role": "unknown_value"}) from None
    if found is not Role.DIRECTOR:
        return found.value, None
    uai = str(school or "").strip().upper()
    if not uai or not School.select().where(School.uai == uai).exists():
        raise Invalid("bad_school", {"school": "missing" if not uai else "unknown_value"})
    return found.value, uai


def _keep_an_administrator(actor: Viewer, row: Account, becomes: str | None) -> None:
    """Nobody takes the own rights away, and the last administrator stays."""
    if row.role != Role.ADMINISTRATOR or becomes == Role.ADMINISTRATOR:
        return
    if row.id == actor.account_id:
        raise Conflict("not_yourself")
    others = Account.select().where(Account.role == Role.ADMINISTRATOR, Account.active, Account.id != row.id)
    if not others.exists():
        raise Conflict("last_administrator")


def _forget(account_id: int) -> None:
    Account.update(password_hash=None, totp_secret=None, totp_step=0, oidc_subject=None).where(
        Account.id == account_id
    ).execute()
    for table in (Passkey, RecoveryCode, Session):
        table.delete().where(table.account == account_id).execute()


def _invitation(token: str, now: datetime) -> Invitation:
    row: Invitation | None = (
        Invitation.select(Invitation, Account)
        .join(Account)
        .where(Invitation.token_hash == hash_secret(token))
        .get_or_none()
    )
    if row is None or row.used_at is not None or row.expires_at <= now or not row.account.active:
        raise NotFound("invitation_over")
    return row


def _open_invitations(now: datetime) -> list[Invitation]:
    return list(Invitation.select().where(Invitation.used_at.is_null(), Invitation.expires_at > now))


def _counts(table: type[Passkey]) -> dict[int, int]:
    query: Any = table.select(table.account, fn.COUNT(table.id)).group_by(table.account)
    return dict(query.tuples())


def _last_seen() -> dict[int, datetime]:
    last: Any = fn.MAX(Session.seen_at)
    query: Any = Session.select(Session.account, last).group_by(Session.account)
    return dict(query.tuples())


def _line(row: Account, keys: int, seen: datetime | None, invited: datetime | None) -> AccountLine:
    return AccountLine(
        row.id, row.login, row.name, row.email, Role(row.role), row.school_id,
        row.school.name if row.school else "", row.active, row.password_hash is not None,
        row.totp_secret is not None, row.oidc_subject is not None, keys, seen, invited,
    )  # fmt: skip
