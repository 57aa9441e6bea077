"""What the city has set for its console: school holidays, when an alert opens, who is told of it.

Owns rows of `Setting` and their form, and the line in the journal of whoever changed them. What cannot be read any more
counts as not set: a page must still come. The mail server is `mail_settings`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from central.domain.alerts import USUAL, AlertKind, Thresholds
from central.domain.names import display_name
from central.domain.roles import Viewer
from central.domain.school_days import Closure
from central.errors import Conflict, Invalid, NotFound
from central.services.journal import record
from central.services.settings import read_setting, write_setting
from central.store.database import writing

_HOLIDAYS, _THRESHOLDS, _RECIPIENTS = "holidays", "thresholds", "recipients"
_LOCK = "desk_settings"
_MOST_RECIPIENTS, _MOST_HOLIDAYS, _LONGEST_DAYS = 200, 60, 120
# What each number may be; the form says the same.
LIMITS: dict[str, tuple[int, int]] = {
    "silent_days": (1, 100),
    "enrollment_failures": (1, 500),
    "battery_empty": (1, 40),
    "battery_weak": (5, 90),
}


class Channel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Holiday:
    """First and last day, both without school."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Recipient:
    """`group` None: of the whole city. `kinds` empty: of every kind."""

    channel: Channel
    address: str
    group: int | None = None
    kinds: tuple[str, ...] = ()

    def wants(self, kind: str, group: int | None) -> bool:
        return (not self.kinds or kind in self.kinds) and (self.group is None or self.group == group)

    @property
    def target(self) -> str:
        """For the journal: of a web address its host alone, since the rest is often a secret."""
        where = self.address if self.channel is Channel.EMAIL else urlsplit(self.address).hostname
        return f"recipient:{where}"


class DeskSettings:
    def holidays(self) -> tuple[Holiday, ...]:
        return tuple(Holiday(name, _day(first), _day(last)) for name, first, last in _read(_HOLIDAYS, []))

    def closures(self) -> tuple[Closure, ...]:
        return tuple((one.first, one.last) for one in self.holidays())

    def set_holidays(self, by: Viewer, now: datetime, holidays: Sequence[Holiday]) -> None:
        """The whole calendar; the earliest first, whatever the order in which they were typed."""
        if len(holidays) > _MOST_HOLIDAYS:
            raise Invalid("bad_holidays", {"holidays": "too_many"})
        wrong = {f"holiday-{place}": word for place, one in enumerate(holidays) if (word := _wrong_days(one))}
        if wrong:
            raise Invalid("bad_holidays", wrong)
        told = [
            [_holiday_name(one.name, place), one.first.isoformat(), one.last.isoformat()]
            for place, one in enumerate(holidays)
        ]
        with writing(_LOCK):
            write_setting(_HOLIDAYS, sorted(told, key=lambda row: row[1]))
            record(now, by, "holidays.change", periods=len(told))

    def thresholds(self) -> Thresholds:
        stored = _read(_THRESHOLDS, {})
        known = {one.name for one in fields(Thresholds)}
        return Thresholds(**{name: int(value) for name, value in stored.items() if name in known})

    def set_thresholds(self, by: Viewer, now: datetime, wished: Thresholds) -> None:
        told = asdict(wished)
        wrong = {name: "out_of_range" for name, (least, most) in LIMITS.items() if not least <= told[name] <= most}
        if not wrong and wished.battery_empty >= wished.battery_weak:
            wrong = {"battery_weak": "out_of_range"}
        if wrong:
            raise Invalid("bad_thresholds", wrong)
        with writing(_LOCK):
            write_setting(_THRESHOLDS, {name: value for name, value in told.items() if value != getattr(USUAL, name)})
            record(now, by, "thresholds.change", **told)

    def recipients(self) -> tuple[Recipient, ...]:
        return tuple(_recipient(one) for one in _read(_RECIPIENTS, []))

    def add_recipient(self, by: Viewer, now: datetime, fresh: Recipient) -> None:
        check_recipient(fresh)
        with writing(_LOCK):
            known = self.recipients()
            if any(_place(one) == _place(fresh) for one in known):
                raise Conflict("recipient_known", address=fresh.address[:60])
            if len(known) >= _MOST_RECIPIENTS:
                raise Invalid("too_many_recipients", {"address": "too_many"})
            write_setting(_RECIPIENTS, [_told(one) for one in (*known, fresh)])
            record(now, by, "recipient.add", fresh.target)

    def remove_recipient(self, by: Viewer, now: datetime, gone: Recipient) -> None:
        """The one with this way, address and group."""
        with writing(_LOCK):
            known = self.recipients()
            left = [one for one in known if _place(one) != _place(gone)]
            if len(left) == len(known):
                raise NotFound("not_found")
            write_setting(_RECIPIENTS, [_told(one) for one in left])
            record(now, by, "recipient.remove", gone.target)


def _place(one: Recipient) -> tuple[str, str, int | None]:
    return one.channel.value, one.address, one.group


def _wrong_days(one: Holiday) -> str:
    if one.last < one.first:
        return "ends_before"
    return "too_long" if (one.last - one.first).days >= _LONGEST_DAYS else ""


def _holiday_name(text: str, place: int) -> str:
    return display_name(text, f"holiday-{place}", 60) if text.strip() else ""


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _recipient(one: Mapping[str, object]) -> Recipient:
    group, kinds = one.get("group"), one.get("kinds")
    return Recipient(
        Channel(str(one["channel"])),
        str(one["address"]),
        group if isinstance(group, int) else None,
        tuple(str(kind) for kind in kinds) if isinstance(kinds, list) else (),
    )


def _told(one: Recipient) -> dict[str, object]:
    return {"channel": one.channel.value, "address": one.address, "group": one.group, "kinds": list(one.kinds)}


def check_recipient(one: Recipient) -> None:
    known = {kind.value for kind in AlertKind}
    is_right = is_email(one.address) if one.channel is Channel.EMAIL else _is_address(one.address)
    if not is_right:
        raise Invalid("bad_recipient", {"address": "wrong_type"}, address=one.address[:60])
    if not set(one.kinds) <= known:
        raise Invalid("bad_recipient", {"kinds": "unknown_value"}, address=one.address[:60])


def is_email(text: str) -> bool:
    """No more than keeps a header whole: the mail server says the rest."""
    name, at, domain = text.rpartition("@")
    plain = text.isascii() and text.isprintable() and not any(sign in ' ,;<>()[]\\"' for sign in text)
    return bool((at and name and "." in domain.strip(".")) or domain == "localhost") and plain and len(text) <= 254


def _is_address(text: str) -> bool:
    host = text.removeprefix("https://").removeprefix("http://")
    return host != text and bool(host) and text.isascii() and text.isprintable() and " " not in text and len(text) < 500


def _read(key: str, default: Any) -> Any:
    value = read_setting(key)
    return default if value is None else value
