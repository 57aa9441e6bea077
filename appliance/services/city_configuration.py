"""The city's configuration, applied as desired state: the newest counts, whatever was missed in between.

All of it in one transaction or nothing: one that is broken leaves the one before in force, and the journal says so.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from appliance.clock import Clock
from appliance.domain.city_wishes import Wishes, is_administrator, wishes_of
from appliance.domain.people import Role
from appliance.errors import Invalid
from appliance.services.city_wishes import write_wishes
from appliance.services.journal import record
from appliance.services.people import create_user, end_access
from appliance.services.settings import read_setting, write_setting
from appliance.store.city_models import CityLink
from appliance.store.models import User, database
from protocol.strict_json import Malformed
from protocol.uplink_config import CityUser, parse_configuration
from protocol.uplink_orders import parse_signed

CITY = "city"
_REFUSED = "city_configuration_refused"

Check = Callable[[bytes, str], bool]


class CityConfiguration:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def apply(self, raw: bytes, is_signed: Check) -> bool:
        """As it came. False: it is not newer, or it is broken; then nothing has changed."""
        now = self._clock.now()
        try:
            wishes = _read(raw, is_signed)
        except (Malformed, Invalid) as error:
            self._refuse(_reason(error), now)
            return False
        with database.atomic("IMMEDIATE"):
            link = CityLink.get_or_none(CityLink.id == 1)
            if link is None or wishes.version <= link.config_version:
                return False
            _write(wishes)
            if wishes.users is not None:
                _synchronize(wishes.users, now)
            CityLink.update(config=raw.decode("utf-8"), config_version=wishes.version).where(CityLink.id == 1).execute()
            write_setting(_REFUSED, "")
            record(now, CITY, "city.configure", "", version=wishes.version)
        return True

    def trouble(self) -> str:
        """Why the last one that came was not applied; empty: it was."""
        return read_setting(_REFUSED)

    def _refuse(self, reason: str, now: datetime) -> None:
        """Said once, not each minute."""
        with database.atomic("IMMEDIATE"):
            if read_setting(_REFUSED) != reason:
                write_setting(_REFUSED, reason)
                record(now, CITY, "city.configuration_refused", "", reason=reason)


def _read(raw: bytes, is_signed: Check) -> Wishes:
    signed = parse_signed(raw)
    if not is_signed(signed.document, signed.signature):
        raise Invalid("bad_configuration", {"signature": "wrong_key"})
    return wishes_of(parse_configuration(signed.document))


def _reason(error: Malformed | Invalid) -> str:
    if isinstance(error, Malformed):
        return str(error)[:200]
    return " ".join(f"{name}:{why}" for name, why in error.fields.items()) or error.code


def _write(wishes: Wishes) -> None:
    write_wishes(
        {
            "restrictions": dict(wishes.restrictions),
            "quiet_hours": [asdict(one) for one in wishes.quiet_hours],
            "retention_days": dict(wishes.retention_days),
            "languages": list(wishes.languages),
        }
    )


def _synchronize(users: tuple[CityUser, ...], now: datetime) -> None:
    """In the caller's transaction. Whom the city no longer names is deactivated; the school's own stay as they are."""
    rows = {row.login: row for row in User.select()}
    named = {one.login for one in users}
    for one in sorted(users, key=is_administrator, reverse=True):  # first who comes, then who goes
        row = rows.get(one.login)
        if row is None:
            _create(one, now)
        elif row.source == CITY:
            _update(row, one, now)
        else:
            record(now, CITY, "user.city_conflict", f"user:{row.id}")
    for row in rows.values():
        if row.source == CITY and row.login not in named:
            _deactivate(row, now)


def _create(one: CityUser, now: datetime) -> None:
    if not one.active:
        return
    row = create_user(one.login, one.name, Role(one.role), now)
    User.update(source=CITY, locale=one.locale).where(User.id == row.id).execute()
    record(now, CITY, "user.add", f"user:{row.id}", role=one.role)


def _update(row: User, one: CityUser, now: datetime) -> None:
    if not one.active:
        _deactivate(row, now)
        return
    if row.name != one.name:
        User.update(name=one.name).where(User.id == row.id).execute()
        record(now, CITY, "user.rename", f"user:{row.id}")
    if row.role != one.role and (one.role == Role.ADMINISTRATOR or not _is_last(row)):
        User.update(role=one.role).where(User.id == row.id).execute()
        end_access(row.id, sessions_only=True)
        record(now, CITY, "user.change_role", f"user:{row.id}", role=one.role)
    if not row.active:
        User.update(active=True).where(User.id == row.id).execute()
        record(now, CITY, "user.reactivate", f"user:{row.id}")


def _deactivate(row: User, now: datetime) -> None:
    if not row.active or _is_last(row):
        return
    User.update(active=False).where(User.id == row.id).execute()
    end_access(row.id)
    record(now, CITY, "user.deactivate", f"user:{row.id}")


def _is_last(row: User) -> bool:
    """A box without an administrator helps nobody: the last one stays, and the next configuration sees again."""
    others = User.select().where((User.role == Role.ADMINISTRATOR) & User.active & (User.id != row.id))
    return row.role == Role.ADMINISTRATOR and not others.exists()
