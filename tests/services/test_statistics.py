import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.services.settings import write_setting
from appliance.services.statistics import Statistics, note_batteries, note_failure
from appliance.services.usage import record_usage
from appliance.store.city_models import OutboxRecord
from appliance.store.epochs import Reason, begin_epoch
from appliance.store.models import Classroom, Device, Lesson, LessonDevice, UsageRecord, database
from protocol.device_records import UsageBatch
from protocol.device_records import UsageRecord as Said
from tests.services.link import join_city
from tests.services.school import add_device, add_people
from tests.support.store import HandClock

PARIS_MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def devices(store: Path, clock: HandClock) -> list[str]:
    add_people()
    join_city(clock.now())
    Statistics().step(clock.now())
    return [add_device(number) for number in range(1, 8)]


def use(device: str, app: str, at: datetime, seq: int = 1, received: datetime | None = None) -> None:
    with database.atomic("IMMEDIATE"):
        record_usage(device, UsageBatch("b", (Said(seq, app, at, 600),)), received or at)


def count(clock: HandClock, **later: float) -> None:
    clock.pass_by(**later)
    statistics = Statistics()
    while not statistics.step(clock.now()):
        pass


def told(kind: str) -> list[dict[str, object]]:
    rows = OutboxRecord.select().where(OutboxRecord.type == kind).order_by(OutboxRecord.seq)
    return [json.loads(row.body or "") for row in rows]


def test_a_day_is_counted_once_when_it_is_over_and_of_one_tablet_nothing_is_told(
    devices: list[str], clock: HandClock
) -> None:
    for device in devices[:6]:
        use(device, "org.gcompris", clock.now())
    use(devices[0], "org.rare", clock.now(), 2)
    count(clock, hours=1)
    assert told("usage") == []
    count(clock, days=1)
    count(clock, hours=2)
    count(clock, days=1)
    assert [(one["app"], one["device_days"], one["seconds"]) for one in told("usage")] == [("org.gcompris", 6, 3600)]


def test_usage_that_comes_late_is_counted_on_its_day_and_once(devices: list[str], clock: HandClock) -> None:
    day = clock.now()
    count(clock, days=1)
    for device in devices:
        use(device, "org.gcompris", day, received=clock.now())
    count(clock, days=1)
    count(clock, days=1)
    assert [(one["period"], one["device_days"]) for one in told("usage")] == [("2026-11-23", 7)]


def test_raw_records_go_a_day_after_they_were_counted_and_do_not_come_back(
    devices: list[str], clock: HandClock
) -> None:
    day = clock.now()
    for device in devices:
        use(device, "org.gcompris", day)
    count(clock, days=1)
    assert UsageRecord.select().count() == 7
    count(clock, days=1)
    assert UsageRecord.select().count() == 0
    use(devices[0], "org.gcompris", day, received=clock.now())  # its acknowledgement was lost
    count(clock, days=2)
    assert sum(int(str(one["device_days"])) for one in told("usage")) == 7


def test_a_device_whose_clock_is_wrong_is_counted_when_it_was_heard(devices: list[str], clock: HandClock) -> None:
    for device, year in zip(devices, (1970, 2050, 1999, 2031, 1970, 2099, 2000), strict=True):
        use(device, "org.gcompris", datetime(year, 1, 1, tzinfo=UTC), received=clock.now())
    count(clock, days=1)
    assert [(one["period"], one["device_days"]) for one in told("usage")] == [("2026-11-23", 7)]


def test_days_are_the_school_s_own(devices: list[str], clock: HandClock) -> None:
    write_setting("time_zone", "Pacific/Noumea")  # there it is the 24th already
    clock.at = PARIS_MORNING + timedelta(hours=10)
    for device in devices:
        use(device, "org.gcompris", clock.now())
    count(clock, days=2)
    assert [one["period"] for one in told("usage")] == ["2026-11-24"]


def test_guests_are_in_no_statistics(devices: list[str], clock: HandClock) -> None:
    use(devices[0], "org.gcompris", clock.now())
    Device.update(guest_lesson_id="l-1").where(Device.id == devices[0]).execute()
    count(clock, days=1)
    assert told("usage") == []


def test_the_level_is_that_of_the_lesson(devices: list[str], clock: HandClock) -> None:
    classroom = Classroom.create(name="CE2 B", level="CE2", created_at=clock.now())
    _lesson(clock, clock.now() - timedelta(minutes=5), clock.now() + timedelta(hours=1), classroom.id, devices)
    for device in devices:
        use(device, "org.gcompris", clock.now())
    count(clock, days=1)
    assert [(one["level"], one["device_days"]) for one in told("usage")] == [("CE2", 7)]


def test_a_lesson_over_midnight_is_one_lesson_and_has_minutes_on_both_days(
    devices: list[str], clock: HandClock
) -> None:
    midnight = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)  # of Paris, after the 24th
    _lesson(clock, midnight - timedelta(minutes=20), midnight + timedelta(minutes=40), None, devices)
    count(clock, days=4)
    told_days = {one["period"]: (one["lessons"], one["lesson_minutes"]) for one in told("activity")}
    assert told_days == {"2026-11-24": (1, 20), "2026-11-25": (0, 40)}


def test_a_clock_that_jumps_over_months_counts_no_empty_day(devices: list[str], clock: HandClock) -> None:
    note_batteries({devices[0]: 80}, clock.now())
    count(clock, days=200)
    assert len(told("activity")) <= 1
    assert len(told("battery")) <= 1


def test_batteries_and_failures_are_told_of_the_day(devices: list[str], clock: HandClock) -> None:
    for level in (80, 35, 60):
        note_batteries({devices[0]: level, devices[1]: None}, clock.now())
        note_failure(clock.now())
    count(clock, days=1)
    assert [(one["lowest"], one["highest"]) for one in told("battery")] == [(35, 80)]
    assert [(one["seen"], one["enrollment_failures"]) for one in told("activity")] == [(2, 3)]


def test_a_restored_box_does_not_count_days_that_may_have_left(devices: list[str], clock: HandClock) -> None:
    for device in devices:
        use(device, "org.gcompris", clock.now())
    clock.pass_by(days=3)
    with database.atomic("IMMEDIATE"):
        begin_epoch(clock.now(), Reason.RESTORED)
    count(clock, hours=1)
    assert told("usage") == []
    assert [(one["reason"], one["count"]) for one in told("gap")] == [("restored", 3)]


def _lesson(clock: HandClock, began: datetime, ended: datetime, classroom: int | None, devices: list[str]) -> None:
    lesson = Lesson.create(
        id="l-1", teacher=2, title="x", classroom=classroom, started_at=began, ends_at=ended, ended_at=ended,
        force_insert=True,
    )  # fmt: skip
    for device in devices:
        LessonDevice.create(lesson=lesson.id, device=device, base={}, joined_at=began, left_at=ended)
