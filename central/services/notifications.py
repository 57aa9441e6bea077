"""Who is told of alerts, by e-mail or webhook: written beside the alert, sent later, tried again until taken.

One message a recipient for all that opened at once: a power cut in a district is one e-mail, not four hundred.
Sending itself is the caller's (`Sender`): this module knows neither SMTP nor HTTP.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from central.clock import Clock
from central.domain.alerts import RANK
from central.domain.roles import Viewer
from central.services.desk_settings import Channel, DeskSettings, Recipient, check_recipient
from central.services.journal import record
from central.store.database import transaction
from central.store.desk_models import Notification
from central.store.models import School

_LEASE = timedelta(minutes=2)
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
_NAMED = 50


class CannotSend(Exception):
    """This try failed; `text` says why, for people."""


class Sender(Protocol):
    def send(self, address: str, payload: Mapping[str, object]) -> str:
        """What the other end answered. Raises CannotSend."""


@dataclass(frozen=True, slots=True)
class Opened:
    kind: str
    subject: str
    school: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Undelivered:
    id: int
    channel: str
    address: str
    tries: int
    next_at: datetime
    trouble: str
    is_given_up: bool


@dataclass(frozen=True, slots=True)
class Trial:
    address: str
    is_taken: bool
    answer: str


class Notifications:
    def __init__(self, settings: DeskSettings, senders: Mapping[Channel, Sender], clock: Clock) -> None:
        self._settings, self._senders, self._clock = settings, senders, clock

    def announce(self, opened: Sequence[Opened], now: datetime) -> None:
        """In the caller's transaction."""
        recipients = self._settings.recipients()
        if not opened or not recipients:
            return
        schools = {row.uai: row for row in School.select().where(School.uai.in_({one.school for one in opened}))}
        for recipient in recipients:
            wanted = [one for one in opened if recipient.wants(one.kind, schools[one.school].group_id)]
            if wanted:
                _write(recipient, wanted, schools, now)

    def step(self) -> bool:
        """Sends one that is due; several desks do not send the same one (compare-and-set on `next_at`)."""
        now = self._clock.now()
        with transaction():
            row = _take(now)
        if row is None:
            return False
        try:
            self._senders[Channel(row.channel)].send(row.address, row.payload)
        except CannotSend as error:
            _postpone(row, str(error)[:500], now)
        else:
            Notification.update(done_at=now, trouble="").where(Notification.id == row.id).execute()
        return True

    def try_out(self, by: Viewer, recipient: Recipient) -> Trial:
        """A message of no alert, at once: what the other end says to it, good or bad."""
        check_recipient(recipient)
        now = self._clock.now()
        try:
            answer, is_taken = self._senders[recipient.channel].send(recipient.address, _trial(now)), True
        except CannotSend as error:
            answer, is_taken = str(error)[:500], False
        with transaction():
            record(now, by, "recipient.test", recipient.target, taken=is_taken)
        return Trial(recipient.address, is_taken, answer)

    def undelivered(self) -> list[Undelivered]:
        """What has failed at least once: still tried, or given up."""
        query = Notification.select().where(Notification.trouble != "").order_by(Notification.id.desc()).limit(50)
        return [
            Undelivered(one.id, one.channel, one.address, one.tries, one.next_at, one.trouble, one.done_at is not None)
            for one in query
        ]


def _trial(now: datetime) -> dict[str, object]:
    """In the form of every message, for a program that reads it."""
    return {"at": now.isoformat(), "counts": {}, "alerts": [], "more": 0, "test": True}


def _write(recipient: Recipient, opened: Sequence[Opened], schools: Mapping[str, School], now: datetime) -> None:
    ranked = sorted(opened, key=lambda one: (RANK.get(one.kind, 99), one.school, one.subject))
    payload = {
        "at": now.isoformat(),
        "counts": dict(Counter(one.kind for one in ranked)),
        "alerts": [
            {"kind": one.kind, "uai": one.school, "school": schools[one.school].name, "subject": one.subject,
             "detail": dict(one.detail)}
            for one in ranked[:_NAMED]
        ],
        "more": max(0, len(ranked) - _NAMED),
    }  # fmt: skip
    Notification.create(channel=recipient.channel.value, address=recipient.address, payload=payload, next_at=now)


def _take(now: datetime) -> Notification | None:
    row: Notification | None = (
        Notification.select()
        .where(Notification.done_at.is_null(), Notification.next_at <= now)
        .order_by(Notification.next_at)
        .first()
    )
    if row is None:
        return None
    claimed = (
        Notification.update(next_at=now + _LEASE, tries=Notification.tries + 1)
        .where(Notification.id == row.id, Notification.next_at == row.next_at)
        .execute()
    )
    return row if claimed else None


def _postpone(row: Notification, trouble: str, now: datetime) -> None:
    """`row` as it was before this try. What is given up stays, with its trouble."""
    is_over = row.tries >= len(_WAITS)
    next_at = now if is_over else now + _WAITS[row.tries]
    Notification.update(next_at=next_at, trouble=trouble, done_at=now if is_over else None).where(
        Notification.id == row.id
    ).execute()
