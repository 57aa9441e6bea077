"""Who is it? By password, by the code on the console at the first visit; sessions and known browsers hang here too.

Rate limits are the web layer's: it knows where a request comes from.
"""

import secrets as random
from dataclasses import dataclass

from appliance.clock import Clock
from appliance.domain.people import Role, display_name, login_name, new_password, typed_password
from appliance.errors import Conflict, Invalid, NotSignedIn
from appliance.services.journal import record
from appliance.services.known_browsers import KnownBrowsers
from appliance.services.passwords import Passwords
from appliance.services.people import Person, create_user, person_of
from appliance.services.sessions import Sessions
from appliance.store.models import Setting, User, database

_SETUP_KEY = "setup_code"
_SETUP_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # what nobody misreads on a console


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """The form of the first visit, as typed."""

    code: object
    login: object
    name: object
    password: object


class SignIn:
    def __init__(self, clock: Clock, passwords: Passwords) -> None:
        self._clock = clock
        self._passwords = passwords
        self.sessions = Sessions(clock)
        self.browsers = KnownBrowsers(clock, passwords)

    def check_password(self, login: object, password: object) -> Person:
        """Raises NotSignedIn, the same for an unknown login, a wrong password and a deactivated person."""
        try:
            name, typed = login_name(login), typed_password(password)
        except Invalid:
            name, typed = "", ""
        row = User.get_or_none((User.login == name) & User.active)
        hashed = None if row is None else row.password_hash
        if not self._passwords.verify(hashed, typed) or row is None or hashed is None:
            raise NotSignedIn("bad_credentials")
        if self._passwords.is_outdated(hashed):
            changed = User.update(password_hash=self._passwords.hash(typed))
            changed.where((User.id == row.id) & (User.password_hash == hashed)).execute()
        return person_of(row)

    def needs_setup(self) -> bool:
        """Nobody can administer this box: teachers alone, added from the console, do not count."""
        administrators = (User.role == Role.ADMINISTRATOR) & User.active
        return not User.select().where(administrators).exists()

    def is_empty(self) -> bool:
        """Nobody at all: a visitor is sent to the first visit instead of a sign-in that nobody can pass."""
        return not User.select().exists()

    def setup_code(self) -> str | None:
        """A code to print on the console, or None when there is somebody already. Each call ends the code before."""
        code = "-".join("".join(random.choice(_SETUP_ALPHABET) for _ in range(4)) for _ in range(3))
        hashed = self._passwords.hash(_plain(code))
        with database.atomic("IMMEDIATE"):
            if not self.needs_setup():
                return None
            Setting.insert(key=_SETUP_KEY, value=hashed).on_conflict_replace().execute()
        return code

    def set_up(self, first: FirstAdministrator) -> Person:
        """The first administrator. Raises NotSignedIn for a wrong code, Conflict when somebody was faster."""
        login, name = login_name(first.login), display_name(first.name)
        password = new_password(first.password, (login, name))
        setting = Setting.get_or_none(Setting.key == _SETUP_KEY)
        if setting is None and not self.needs_setup():
            raise Conflict("already_set_up")
        if not self._passwords.verify(None if setting is None else setting.value, _plain(first.code)):
            raise NotSignedIn("bad_setup_code")
        hashed = self._passwords.hash(password)
        now = self._clock.now()
        with database.atomic("IMMEDIATE"):
            if not self.needs_setup():
                raise Conflict("already_set_up")
            row = create_user(login, name, Role.ADMINISTRATOR, now)
            row.password_hash = hashed
            row.save()
            Setting.delete().where(Setting.key == _SETUP_KEY).execute()
            record(now, person_of(row).actor, "user.set_up", f"user:{row.id}")
        return person_of(row)


def _plain(code: object) -> str:
    """Spaces, dashes and case are for the eye."""
    return "".join(c for c in str(code)[:64].upper() if c.isalnum())
