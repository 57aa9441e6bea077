import json
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain.storage import Level
from appliance.services.exchange_log import MOST_BYTES, MOST_ROWS, ExchangeLog, Sent
from appliance.services.outbox import Limits, Outbox, put, put_state
from appliance.services.outbox_relief import KEPT, OutboxRelief
from appliance.store.city_models import OutboxRecord
from appliance.store.epochs import Reason, begin_epoch
from appliance.store.models import database
from protocol.uplink import MAX_BODY_BYTES, Batch, BatchAnswer, encode_batch
from protocol.uplink_words import Lane, RecordType
from tests.services.link import APPLIANCE, join_city
from tests.support.city_model import CityModel, on_the_line
from tests.support.store import HandClock

# A cell of each of 40 apps for each of 50 classes' levels a day.
_MANY_CELLS = """
INSERT INTO outbox_record (lane, seq, type, body, at, parked)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
SELECT 2, i + 2, 'usage', json_object('app', 'a' || (i % 40), 'device_days', 5, 'level', 'L' || (i / 40 % 50),
'period', date('2026-09-07', '+' || (i / 2000) || ' days'), 'seconds', 60), 1, '' FROM n
"""
ACT = {"actor": "user:1", "action": "user.add", "target": "user:2"}


@pytest.fixture
def joined(store: Path, clock: HandClock) -> Iterator[Outbox]:
    join_city(clock.now())
    yield Outbox()


def act(clock: HandClock, times: int = 1) -> None:
    for _ in range(times):
        put(clock.now(), RecordType.AUDIT, ACT)


def cell(clock: HandClock, day: int, days: int = 5) -> None:
    body = {"period": f"2026-11-{day:02}", "level": "CP", "app": "maths", "device_days": days, "seconds": 60}
    put(clock.now(), RecordType.USAGE, body)


def relieve(clock: HandClock, level: Level) -> None:
    relief = OutboxRelief(lambda: level)
    while not relief.step(clock.now()):
        pass


def deliver(outbox: Outbox, city: CityModel, lane: Lane, clock: HandClock) -> None:
    while (batch := outbox.next_batch(lane)) is not None:
        outbox.acknowledge(city.take(on_the_line(batch)), clock.now())


def answered(batch: Batch, up_to: int | None = None) -> BatchAnswer:
    return BatchAnswer(batch.appliance, batch.epoch, batch.lane, up_to or batch.up_to, "")


def test_nothing_is_written_for_a_city_that_was_not_joined(store: Path, clock: HandClock) -> None:
    act(clock)
    assert OutboxRecord.select().count() == 0
    assert Outbox().next_batch(Lane.RECEIPTS) is None


def test_what_an_act_that_failed_had_to_say_is_not_said(joined: Outbox, clock: HandClock) -> None:
    with pytest.raises(ZeroDivisionError), database.atomic("IMMEDIATE"):
        act(clock)
        raise ZeroDivisionError
    act(clock)
    batch = joined.next_batch(Lane.RECEIPTS)
    assert batch is not None
    assert [record.seq for record in batch.records] == [1]


def test_only_the_last_value_of_a_key_waits_and_its_hole_is_covered(joined: Outbox, clock: HandClock) -> None:
    for number in (1, 2, 3):
        put(clock.now(), RecordType.DEVICE, {"number": number}, "device:d-1")
    put(clock.now(), RecordType.DEVICE, None, "device:d-2")
    batch = joined.next_batch(Lane.STATE)
    assert batch is not None
    assert (batch.after, batch.up_to) == (0, 4)
    assert [(record.seq, record.body) for record in batch.records] == [(3, {"number": 3}), (4, None)]


def test_the_same_state_is_not_told_twice(joined: Outbox, clock: HandClock) -> None:
    assert put_state(clock.now(), RecordType.CART, "cart:1", {"id": "1", "name": "A"})
    assert not put_state(clock.now(), RecordType.CART, "cart:1", {"name": "A", "id": "1"})
    assert put_state(clock.now(), RecordType.CART, "cart:1", None)


def test_a_batch_keeps_to_its_limits_and_always_moves_on(joined: Outbox, clock: HandClock) -> None:
    for _ in range(40):
        put(clock.now(), RecordType.AUDIT, {**ACT, "detail": {"x": "é" * 20_000}})
    few, small = joined.next_batch(Lane.RECEIPTS, Limits(records=3)), joined.next_batch(Lane.RECEIPTS, Limits(bytes=1))
    assert few is not None and small is not None
    assert (len(few.records), len(small.records)) == (3, 1)
    most = joined.next_batch(Lane.RECEIPTS, Limits(records=2000, bytes=MAX_BODY_BYTES - 4096))
    assert most is not None
    assert 20 < len(most.records) < 40
    assert len(encode_batch(most)) <= MAX_BODY_BYTES


def test_an_answer_of_another_epoch_acknowledges_nothing(joined: Outbox, clock: HandClock) -> None:
    act(clock)
    batch = joined.next_batch(Lane.RECEIPTS)
    assert batch is not None
    with database.atomic("IMMEDIATE"):
        begin_epoch(clock.now(), Reason.MOVED)
    assert not joined.acknowledge(answered(batch), clock.now())
    assert joined.next_batch(Lane.RECEIPTS) is not None


def test_an_answer_that_comes_twice_counts_once(joined: Outbox, clock: HandClock) -> None:
    act(clock)
    batch = joined.next_batch(Lane.RECEIPTS)
    assert batch is not None
    assert joined.acknowledge(answered(batch), clock.now())
    assert not joined.acknowledge(answered(batch), clock.now())
    assert joined.next_batch(Lane.RECEIPTS) is None


def test_a_city_that_lost_more_than_is_kept_is_told_how_much(joined: Outbox, clock: HandClock) -> None:
    city = CityModel()
    act(clock, 5)
    deliver(joined, city, Lane.RECEIPTS, clock)
    clock.pass_by(days=8)
    act(clock, 2)
    deliver(joined, city, Lane.RECEIPTS, clock)
    relieve(clock, Level.NORMAL)
    city = CityModel()
    joined.rewind(dict.fromkeys(Lane, 0), clock.now())
    deliver(joined, city, Lane.RECEIPTS, clock)
    assert city.facts[Lane.RECEIPTS].total() == 2
    assert [gap.body for gap in city.gaps] == [
        {"lane": 0, "after": 0, "up_to": 5, "count": 5, "reason": "no_longer_kept"}
    ]


def test_the_last_state_of_each_key_is_kept_however_old_it_is(joined: Outbox, clock: HandClock) -> None:
    city = CityModel()
    put(clock.now(), RecordType.CART, {"id": "1", "name": "A"}, "cart:1")
    deliver(joined, city, Lane.STATE, clock)
    clock.pass_by(days=400)
    relieve(clock, Level.SURVIVAL)
    again = CityModel()
    joined.rewind(dict.fromkeys(Lane, 0), clock.now())
    deliver(joined, again, Lane.STATE, clock)
    assert again.state == city.state == {"cart:1": {"id": "1", "name": "A"}}
    assert again.gaps == []


def test_what_is_not_acknowledged_is_never_thrown_away(joined: Outbox, clock: HandClock) -> None:
    act(clock, 3)
    clock.pass_by(days=400)
    relieve(clock, Level.SURVIVAL)
    assert joined.backlog()[Lane.RECEIPTS].records == 3


def test_a_record_that_is_refused_is_passed_over_told_and_tried_after_an_upgrade(
    joined: Outbox, clock: HandClock
) -> None:
    city = CityModel()
    act(clock, 3)
    joined.park(Lane.RECEIPTS, 2, "malformed", clock.now())
    joined.park(Lane.RECEIPTS, 2, "malformed", clock.now())
    deliver(joined, city, Lane.RECEIPTS, clock)
    assert city.facts[Lane.RECEIPTS].total() == 2
    assert [(gap.body or {})["reason"] for gap in city.gaps] == ["parked"]
    clock.pass_by(days=30)
    relieve(clock, Level.NORMAL)
    assert (joined.parked(), joined.unpark(), joined.parked()) == (1, 1, 0)
    deliver(joined, city, Lane.RECEIPTS, clock)
    assert city.facts[Lane.RECEIPTS].total() == 3


def test_under_pressure_days_become_weeks_and_no_sum_changes(joined: Outbox, clock: HandClock) -> None:
    city = CityModel()
    for day in (16, 17, 18, 23):
        cell(clock, day)
    relieve(clock, Level.COARSE)
    assert joined.backlog()[Lane.STATISTICS].records == 2
    deliver(joined, city, Lane.STATISTICS, clock)
    assert city.sums["maths"] == 20


def test_what_is_alone_in_its_week_keeps_its_day(joined: Outbox, clock: HandClock) -> None:
    for day in (9, 16, 17):
        cell(clock, day)
    put(clock.now(), RecordType.BATTERY, {"period": "2026-11-16", "device": "d-1", "lowest": 5, "highest": 9})
    relieve(clock, Level.COARSE)
    told = [json.loads(str(row.body)) for row in OutboxRecord.select().order_by(OutboxRecord.seq)]
    assert [body["period"] for body in told] == ["2026-11-09", "2026-11-16", "2026-W47"]


def test_coarsening_a_very_long_backlog_holds_little_memory_and_nobody_up(joined: Outbox, clock: HandClock) -> None:
    """Two hundred thousand cells of a quarter: slices of a thousand, each in a transaction of its own."""
    put(
        clock.now(),
        RecordType.USAGE,
        {"period": "2026-09-07", "level": "CP", "app": "a", "device_days": 5, "seconds": 1},
    )
    database.execute_sql(_MANY_CELLS, (200_000,))
    database.execute_sql("UPDATE outbox_lane SET last_seq = 200001 WHERE lane = 2")
    count, relief = 200_001, OutboxRelief(lambda: Level.COARSE)
    tracemalloc.start()
    for _ in range(4):
        assert not relief.step(clock.now())
        left = OutboxRecord.select().count()
        assert 0 < count - left <= 1000
        count = left
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60e6
    newest = OutboxRecord.select().order_by(OutboxRecord.seq.desc()).get()
    assert json.loads(str(newest.body))["period"] == "2026-W37", "the oldest week comes first"


def test_what_may_have_left_is_not_merged(joined: Outbox, clock: HandClock) -> None:
    """The answer was lost, not the batch: merged, it would count twice."""
    city = CityModel()
    cell(clock, 16)
    cell(clock, 17)
    batch = joined.next_batch(Lane.STATISTICS)
    assert batch is not None
    city.take(on_the_line(batch))
    relieve(clock, Level.COARSE)
    cell(clock, 18)
    deliver(joined, city, Lane.STATISTICS, clock)
    assert city.sums["maths"] == 15


def test_logs_go_first_and_their_gap_counts_them(joined: Outbox, clock: HandClock) -> None:
    city = CityModel()
    for part in range(3):
        put(clock.now(), RecordType.LOG, {"request": "r", "part": part, "parts": 3, "lines": []})
    relieve(clock, Level.COARSE)
    assert joined.backlog()[Lane.LOGS].records == 3
    relieve(clock, Level.ESSENTIAL)
    for lane in Lane:
        deliver(joined, city, lane, clock)
    assert Lane.LOGS not in city.facts
    assert [(gap.body or {})["count"] for gap in city.gaps] == [3]


def test_acknowledged_records_stay_a_week(joined: Outbox, clock: HandClock) -> None:
    act(clock)
    deliver(joined, CityModel(), Lane.RECEIPTS, clock)
    clock.at += KEPT - timedelta(minutes=1)
    relieve(clock, Level.NORMAL)
    assert OutboxRecord.select().count() == 1
    clock.pass_by(minutes=2)
    relieve(clock, Level.NORMAL)
    assert OutboxRecord.select().count() == 0


def test_a_record_that_fits_into_no_batch_is_refused_where_it_is_made(joined: Outbox, clock: HandClock) -> None:
    with pytest.raises(ValueError, match="too_large"):
        put(clock.now(), RecordType.AUDIT, {"x": "y" * 60_000})


def test_the_log_of_exchanges_is_bounded_and_keeps_the_latest(joined: Outbox, clock: HandClock) -> None:
    log = ExchangeLog()
    for number in range(MOST_ROWS + 20):
        log.answered(log.sent(Sent("batch", b"%d" % number, 3, 3, Lane.STATE), clock.now()), "200", clock.now())
    lines = log.listed()
    assert len(lines) == MOST_ROWS
    assert log.body(lines[0].id) == b"%d" % (MOST_ROWS + 19)
    for _ in range(6):
        log.sent(Sent("batch", b"x" * 1_000_000, 1_000_000, 9), clock.now())
    assert sum(line.size for line in log.listed() if line.has_body) <= MOST_BYTES


def test_the_appliance_s_own_name_is_on_every_batch(joined: Outbox, clock: HandClock) -> None:
    act(clock)
    batch, sender = joined.next_batch(Lane.RECEIPTS), joined.sender()
    assert batch is not None and sender is not None
    assert (batch.appliance, batch.epoch) == (APPLIANCE, sender.epoch)
