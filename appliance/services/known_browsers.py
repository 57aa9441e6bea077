"""Browsers on which a teacher signed in by password before: there, and only there, a short PIN is enough.

A browser holds one secret per person; the table holds its hash. The PIN is hashed together with that secret, so that
a stolen database does not give the PIN away to ten thousand guesses.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.domain.people import new_pin
from appliance.domain.sessions import BROWSER_LIFE, PIN_TRIES
from appliance.errors import Invalid, NotSignedIn
from appliance.ids import new_secret
from appliance.services.journal import record
from appliance.services.passwords import Passwords
from appliance.services.people import Person, hash_secret, person_of
from appliance.store.models import Browser, User, database


@dataclass(frozen=True, slots=True)
class Known:
    """One tile of the sign-in page."""

    browser: str
    person: Person


class KnownBrowsers:
    def __init__(self, clock: Clock, passwords: Passwords) -> None:
        self._clock = clock
        self._passwords = passwords

    def remember(self, person: Person, pin: object, replaces: str | None = None) -> str:
        """The secret for this browser's cookie. `replaces`: this person's earlier record of the same browser."""
        secret = new_secret()
        hashed = self._passwords.hash(_with_secret(new_pin(pin), secret))
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            Browser.delete().where(
                (Browser.seen_at < now - BROWSER_LIFE) | ((Browser.id_hash == replaces) & (Browser.user == person.id))
            ).execute()
            Browser.create(id_hash=hash_secret(secret), user=person.id, pin_hash=hashed, created_at=now, seen_at=now)
            record(now, person.actor, "pin.choose", person.actor.label)
        return secret

    def known(self, secrets: Iterable[str]) -> dict[str, Known]:
        """Secret -> whom it is of, for those that still count."""
        by_hash = {hash_secret(secret): secret for secret in secrets}
        rows = (
            Browser.select(Browser, User)
            .join(User)
            .where(
                Browser.id_hash.in_(list(by_hash))
                & (Browser.seen_at > self._clock.now() - BROWSER_LIFE)
                & Browser.pin_hash.is_null(False)
                & User.active
            )
        )
        found = {by_hash[row.id_hash]: Known(row.id_hash, person_of(row.user)) for row in rows}
        return {secret: found[secret] for secret in by_hash.values() if secret in found}

    def check_pin(self, secret: str, pin: object) -> Known:
        """Raises NotSignedIn: `bad_pin` (tries are left) or `pin_over` (the password is asked again)."""
        if not isinstance(pin, str) or not pin or len(pin) > 16:
            raise Invalid("bad_pin", {"pin": "missing" if not pin else "wrong_length"})
        hash_id = hash_secret(secret)
        hashed = self._take_a_try(hash_id)
        if not self._passwords.verify(hashed, _with_secret(pin, secret)):
            raise self._refusal(hash_id)
        with database.atomic("IMMEDIATE"):
            Browser.update(failures=0, seen_at=self._clock.now()).where(Browser.id_hash == hash_id).execute()
            row = Browser.get_or_none(Browser.id_hash == hash_id)
        if row is None:
            raise NotSignedIn("pin_over")
        return Known(hash_id, person_of(row.user))

    def forget(self, secret: str) -> None:
        Browser.delete().where(Browser.id_hash == hash_secret(secret)).execute()

    def _take_a_try(self, hash_id: str) -> str:
        """Counted before the PIN is looked at: guesses made side by side are counted too."""
        is_left = (Browser.id_hash == hash_id) & (Browser.failures < PIN_TRIES) & Browser.pin_hash.is_null(False)
        with database.atomic("IMMEDIATE"):
            taken = Browser.update(failures=Browser.failures + 1).where(is_left).execute()
            row = Browser.get_or_none(Browser.id_hash == hash_id)
        if not taken or row is None or not row.user.active or row.seen_at <= self._clock.now() - BROWSER_LIFE:
            raise NotSignedIn("pin_over")
        return str(row.pin_hash)

    def _refusal(self, hash_id: str) -> NotSignedIn:
        with database.atomic("IMMEDIATE"):
            row = Browser.get_or_none(Browser.id_hash == hash_id)
            if row is None:
                return NotSignedIn("pin_over")
            if row.failures < PIN_TRIES:
                return NotSignedIn("bad_pin", left=PIN_TRIES - row.failures)
            Browser.delete().where(Browser.id_hash == hash_id).execute()
            record(self._clock.now(), f"user:{row.user_id}", "pin.locked", f"user:{row.user_id}")
            return NotSignedIn("pin_over")


def _with_secret(pin: str, secret: str) -> str:
    return f"{pin}:{secret}"
