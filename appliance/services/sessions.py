"""Sessions on the server: a random word in a cookie stands for one. Times are the hub's."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from appliance.clock import Clock
from appliance.domain.people import Actor, Language, Role
from appliance.domain.sessions import LONGEST, is_over
from appliance.errors import NotSignedIn
from appliance.ids import new_secret
from appliance.services.journal import record
from appliance.services.people import Person, hash_secret, person_of
from appliance.store.models import Session, User, database
from appliance.store.trouble import STORE_ERRORS

_TOUCH_EVERY = timedelta(minutes=5)  # each touch is an fsync on the card


@dataclass(frozen=True, slots=True)
class OpenSession:
    """`id` names the session without opening it. `browser` is the known browser that it was opened on, if any."""

    id: str
    person: Person
    by_pin: bool
    browser: str | None

    @property
    def actor(self) -> Actor:
        return self.person.actor

    @property
    def language(self) -> Language:
        return self.person.language


class Sessions:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def open(self, person: Person, by_pin: bool = False, browser: str | None = None, replaces: str = "") -> str:
        """A new word each time, never one that came from outside: nobody can prepare a session for another.

        `replaces`: the word that the browser held until now; it ends.
        """
        token = new_secret()
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            if not User.select().where((User.id == person.id) & User.active).exists():
                raise NotSignedIn("bad_credentials")  # deactivated since the password was checked
            Session.delete().where(
                (Session.created_at < now - LONGEST) | (Session.id_hash == hash_secret(replaces))
            ).execute()
            Session.create(
                id_hash=hash_secret(token), user=person.id, browser=browser, by_pin=by_pin, created_at=now, seen_at=now
            )
            record(now, person.actor, "session.open", by="pin" if by_pin else "password")
        return token

    def find(self, token: str) -> OpenSession:
        """Raises NotSignedIn: unknown, ended, too old, or of somebody who was deactivated."""
        query = Session.select(Session, User).join(User)
        row = query.where((Session.id_hash == hash_secret(token)) & User.active).first() if token else None
        if row is None:
            raise NotSignedIn("signed_out")
        now = self._clock.now()
        if is_over(Role(row.user.role), row.created_at, row.seen_at, now):
            raise NotSignedIn("session_over")
        if now - row.seen_at >= _TOUCH_EVERY:
            # On a full disk nothing can be written; the teacher keeps the class all the same.
            with contextlib.suppress(*STORE_ERRORS):
                Session.update(seen_at=now).where(Session.id_hash == row.id_hash).execute()
        return OpenSession(row.id_hash, person_of(row.user), row.by_pin, row.browser_id)

    def still_open(self, ids: Collection[str]) -> set[str]:
        """Which of these (`OpenSession.id`) are: for connections that stay open without asking."""
        now = self._clock.now()
        rows = Session.select(Session, User).join(User).where(Session.id_hash.in_(list(ids)) & User.active)
        return {row.id_hash for row in rows if not is_over(Role(row.user.role), row.created_at, row.seen_at, now)}

    def close(self, token: str) -> None:
        Session.delete().where(Session.id_hash == hash_secret(token)).execute()

    def close_all(self, actor: Actor) -> None:
        with database.atomic("IMMEDIATE"):
            Session.delete().where(Session.user == actor.user_id).execute()
            record(self._clock.now(), actor, "session.close_all", actor.label)
