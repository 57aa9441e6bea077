"""What is let go by itself, and what is not."""

from datetime import UTC, datetime, timedelta

from central.services.retention import HISTORY, MESSAGES, forget_history
from central.store.desk_models import Notification, Throttle
from central.store.models import BatteryDay, LinkHour

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)


def test_histories_go_after_their_time_and_not_before(city_db: str) -> None:
    edge = NOW - HISTORY
    for back in (-1, 0, 1, 2, 90):
        at = edge - timedelta(days=back)
        BatteryDay.insert(device="d-1", period=at.date().isoformat(), school="x", lowest=1, highest=2).execute()
        LinkHour.insert(appliance="a-1", hour=at.replace(minute=0)).execute()
    assert forget_history(NOW) == 3 + 4
    assert sorted(row.period for row in BatteryDay.select()) == ["2025-10-19", "2025-10-20"]
    assert [row.hour for row in LinkHour.select()] == [(edge + timedelta(days=1)).replace(minute=0)]
    assert forget_history(NOW) == 0


def test_a_message_that_waits_is_kept_and_one_that_was_sent_goes(city_db: str) -> None:
    long_ago = NOW - MESSAGES - timedelta(hours=1)
    for done_at in (None, long_ago, NOW):
        Notification.insert(channel="email", address="a@b.c", payload={}, next_at=long_ago, done_at=done_at).execute()
    Throttle.insert(key="sign-in:x", failures=5, until=NOW).execute()
    assert forget_history(NOW) == 2
    assert [row.done_at for row in Notification.select().order_by(Notification.id)] == [None, NOW]
