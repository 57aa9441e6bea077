"""The people of a school: added, invited, renamed, deactivated. Sessions and PINs are `sign_in`'s."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from peewee import IntegrityError

from appliance.clock import Clock
from appliance.domain.people import (
    Actor,
    Language,
    Role,
    display_name,
    language_of,
    login_name,
    new_password,
    role_of,
)
from appliance.domain.sessions import INVITATION_LIFE
from appliance.errors import Conflict, Invalid, NotFound
from appliance.ids import new_secret
from appliance.services.journal import record
from appliance.services.passwords import Passwords
from appliance.store.models import Browser, Invitation, Session, User, database


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    login: str
    name: str
    role: Role
    language: Language
    is_active: bool
    has_password: bool
    created_at: datetime
    is_of_the_city: bool = False  # kept from there: not changed here

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.name, self.role)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """As typed: checked by `People.add`."""

    login: object
    name: object
    role: object = Role.TEACHER
    language: object = Language.FRENCH


class People:
    def __init__(self, clock: Clock, passwords: Passwords) -> None:
        self._clock = clock
        self._passwords = passwords

    def all(self) -> list[Person]:
        return [person_of(row) for row in User.select().order_by(User.active.desc(), User.name, User.id)]

    def get(self, user_id: int) -> Person:
        return person_of(_row(user_id))

    def find(self, login: object) -> Person:
        row = User.get_or_none(User.login == login_name(login))
        if row is None:
            raise NotFound("unknown_user")
        return person_of(row)

    def add(self, actor: Actor, new: NewPerson, password: object = None) -> Person:
        """Without a password the person signs in after an invitation."""
        hashed = None
        login, name = login_name(new.login), display_name(new.name)
        if password is not None:
            hashed = self._passwords.hash(new_password(password, (login, name)))
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            row = create_user(login, name, role_of(new.role), now)
            row.password_hash, row.locale = hashed, language_of(new.language)
            row.save()
            record(now, actor, "user.add", f"user:{row.id}", role=row.role)
        return person_of(row)

    def invite(self, actor: Actor, user_id: int) -> str:
        """A new link's token; older invitations of this person end."""
        token = new_secret()
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            if not _row(user_id).active:
                raise Conflict("user_inactive")
            Invitation.delete().where(Invitation.user == user_id).execute()
            Invitation.create(token_hash=hash_secret(token), user=user_id, expires_at=now + INVITATION_LIFE)
            record(now, actor, "user.invite", f"user:{user_id}")
        return token

    def invited(self, token: str) -> Person:
        """Whom this link invites. Raises NotFound for one that is unknown, used or over: which is not told."""
        return person_of(_invitation(token, self._clock.now()).user)

    def accept(self, token: str, password: object) -> Person:
        """The invited chooses a password; the link is used up, other sessions and PINs of this person end."""
        person = self.invited(token)
        hashed = self._passwords.hash(new_password(password, (person.login, person.name)))
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            invitation = _invitation(token, now)  # again: a second click may have been faster
            invitation.used_at = now
            invitation.save()
            self._set_password(person.id, hashed)
            record(now, person.actor, "user.accept", f"user:{person.id}")
        return self.get(person.id)

    def change_password(self, actor: Actor, current: object, password: object) -> Person:
        """By the person. Every session and PIN ends: the caller opens a new one."""
        row = _row(actor.user_id)
        if not isinstance(current, str) or not self._passwords.verify(row.password_hash, current):
            raise Invalid("wrong_current_password", {"current": "wrong_password"})
        hashed = self._passwords.hash(new_password(password, (row.login, row.name)))
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self._set_password(row.id, hashed)
            record(now, actor, "user.change_password", f"user:{row.id}")
        return self.get(row.id)

    def reset_password(self, actor: Actor, user_id: int, password: object) -> Person:
        """For the console: who lost the only administrator's password stands before the machine."""
        row = _row(user_id)
        hashed = self._passwords.hash(new_password(password, (row.login, row.name)))
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            self._set_password(user_id, hashed)
            record(now, actor, "user.reset_password", f"user:{user_id}")
        return self.get(user_id)

    def rename(self, actor: Actor, user_id: int, name: object) -> Person:
        text = display_name(name)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            row = _own_row(user_id)
            row.name = text
            row.save()
            record(now, actor, "user.rename", f"user:{user_id}")
        return person_of(row)

    def change_role(self, actor: Actor, user_id: int, role: object) -> Person:
        """Ends this person's sessions, so that rights are those of the new role at once."""
        wanted = role_of(role)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            row = _own_row(user_id)
            if row.role == wanted:
                return person_of(row)
            _keep_an_administrator(actor, row)
            row.role = wanted
            row.save()
            _end_sessions(user_id)
            record(now, actor, "user.change_role", f"user:{user_id}", role=wanted)
        return person_of(row)

    def deactivate(self, actor: Actor, user_id: int) -> Person:
        """At once: sessions, known browsers and invitations of this person are gone."""
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            row = _own_row(user_id)
            _keep_an_administrator(actor, row)
            row.active = False
            row.save()
            end_access(user_id)
            record(now, actor, "user.deactivate", f"user:{user_id}")
        return person_of(row)

    def reactivate(self, actor: Actor, user_id: int) -> Person:
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            row = _own_row(user_id)
            row.active = True
            row.save()
            record(now, actor, "user.reactivate", f"user:{user_id}")
        return person_of(row)

    def choose_language(self, actor: Actor, language: object) -> None:
        User.update(locale=language_of(language)).where(User.id == actor.user_id).execute()

    def _set_password(self, user_id: int, hashed: str) -> None:
        User.update(password_hash=hashed).where(User.id == user_id).execute()
        _end_sessions(user_id)
        Browser.delete().where(Browser.user == user_id).execute()


def person_of(row: User) -> Person:
    return Person(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        language=Language(row.locale),
        is_active=row.active,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        is_of_the_city=row.source != "school",
    )


def create_user(login: str, name: str, role: Role, now: datetime) -> User:
    """In the caller's transaction. Raises Conflict when the login is taken."""
    try:
        return User.create(login=login, name=name, role=role, created_at=now)
    except IntegrityError:
        raise Conflict("login_taken", login=login) from None


def hash_secret(secret: str) -> str:
    """For 160 random bits one round of SHA-256 is enough, and the table reveals none of them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _row(user_id: int | None) -> User:
    row = User.get_or_none(User.id == user_id)
    if row is None:
        raise NotFound("unknown_user")
    return row


def _own_row(user_id: int) -> User:
    """To be changed here: raises Conflict for whom the city keeps."""
    row = _row(user_id)
    if row.source != "school":
        raise Conflict("user_of_the_city")
    return row


def _invitation(token: str, now: datetime) -> Invitation:
    found = Invitation.get_or_none(Invitation.token_hash == hash_secret(token))
    if found is None or found.used_at is not None or found.expires_at <= now or not found.user.active:
        raise NotFound("unknown_invitation")
    return found


def end_access(user_id: int, *, sessions_only: bool = False) -> None:
    """In the caller's transaction: nothing that this person opened stays open."""
    _end_sessions(user_id)
    if not sessions_only:
        Browser.delete().where(Browser.user == user_id).execute()
        Invitation.delete().where(Invitation.user == user_id).execute()


def _end_sessions(user_id: int) -> None:
    Session.delete().where(Session.user == user_id).execute()


def _keep_an_administrator(actor: Actor, row: User) -> None:
    """Nobody takes away their own rights by mistake, and an appliance without an administrator helps nobody."""
    if actor.user_id == row.id:
        raise Conflict("not_yourself")
    others = User.select().where((User.role == Role.ADMINISTRATOR) & User.active & (User.id != row.id))
    if row.role == Role.ADMINISTRATOR and not others.exists():
        raise Conflict("last_administrator")
