"""What is let go because time has passed: histories of batteries and lines, messages that were sent, old failures.

Owns how long each is kept. A day's rows at a time, so that nobody who writes waits for it long. Usage, activity and
journals are kept.
"""

from datetime import datetime, timedelta

from central.services.throttle import forget_old
from central.store.desk_models import Notification
from central.store.models import BatteryDay, LinkHour

HISTORY = timedelta(days=400)  # of batteries and lines: this school year, and the last one to compare it with
MESSAGES = timedelta(days=90)
_DAY = timedelta(days=1)
_MOST_DAYS = 60  # a call: after an upgrade there may be many, and the next call goes on


def forget_history(now: datetime) -> int:
    """How many rows. Not in a transaction: each day is one of its own."""
    messages = Notification.delete().where(Notification.done_at < now - MESSAGES)
    return _forget_batteries(now - HISTORY) + _forget_lines(now - HISTORY) + int(messages.execute()) + forget_old(now)


def _forget_batteries(until: datetime) -> int:
    gone = 0
    for _ in range(_MOST_DAYS):
        oldest = BatteryDay.select(BatteryDay.period).order_by(BatteryDay.period).limit(1).scalar()
        if oldest is None or oldest >= until.date().isoformat():
            break
        gone += BatteryDay.delete().where(BatteryDay.period == oldest).execute()
    return gone


def _forget_lines(until: datetime) -> int:
    gone = 0
    for _ in range(_MOST_DAYS):
        oldest = LinkHour.select(LinkHour.hour).order_by(LinkHour.hour).limit(1).scalar()
        if oldest is None or oldest >= until:
            break
        gone += LinkHour.delete().where(LinkHour.hour < min(oldest + _DAY, until)).execute()
    return gone
