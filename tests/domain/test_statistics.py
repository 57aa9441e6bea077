from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.coarsening import merged
from appliance.domain.statistics import (
    LONGEST_USE,
    Use,
    cells,
    day_of,
    days_to_count,
    midnight,
    minutes_within,
    week_of,
)
from protocol.uplink_records import SMALLEST_CELL
from protocol.uplink_words import RecordType

PARIS = ZoneInfo("Europe/Paris")
DAY = date(2026, 11, 23)
USES = st.lists(
    st.builds(
        Use,
        st.sampled_from([DAY, DAY + timedelta(days=1)]),
        st.sampled_from([f"d-{number}" for number in range(9)]),
        st.sampled_from(["", "CP", "CE1"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, LONGEST_USE),
    ),
    max_size=60,
)


@given(USES)
def test_nothing_is_told_of_fewer_than_five_devices(uses: list[Use]) -> None:
    assert all(cell.device_days >= SMALLEST_CELL for cell in cells(uses))


@given(USES)
def test_merging_loses_no_second_but_those_of_one_cell_that_is_too_small_even_then(uses: list[Use]) -> None:
    for day in {use.day for use in uses}:
        own = [use for use in uses if use.day == day]
        lost = sum(use.seconds for use in own) - sum(cell.seconds for cell in cells(own))
        assert lost == 0 or ("", "") not in {(cell.level, cell.app) for cell in cells(own)}


def test_a_day_of_the_school_has_23_24_or_25_hours() -> None:
    lengths = [
        (midnight(day + timedelta(days=1), PARIS) - midnight(day, PARIS)).total_seconds() / 3600
        for day in (date(2026, 3, 29), DAY, date(2026, 10, 25))
    ]
    assert lengths == [23, 24, 25]
    assert day_of(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), PARIS) == date(2026, 11, 24)


def test_a_lesson_over_midnight_is_split() -> None:
    began = midnight(DAY, PARIS) - timedelta(minutes=20)
    ended = midnight(DAY, PARIS) + timedelta(minutes=40)
    days = (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1))
    assert [minutes_within(began, ended, day, PARIS) for day in days] == [20, 40, 0]


def test_only_days_that_are_over_and_not_too_long_ago_are_counted() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert days_to_count(date(2026, 11, 20), now, PARIS) == [date(2026, 11, 21), date(2026, 11, 22)]
    assert days_to_count(DAY, now, PARIS) == []
    assert len(days_to_count(date(2020, 1, 1), now, PARIS)) == 62


def test_weeks_are_iso_weeks() -> None:
    assert [week_of(day) for day in ("2026-11-23", "2027-01-01", "2026-W48")] == ["2026-W48", "2026-W53", "2026-W48"]


def test_days_merge_to_weeks_by_their_subject() -> None:
    battery = [
        {"period": f"2026-11-{day}", "device": device, "lowest": low, "highest": 90 + day - 23}
        for day, device, low in ((23, "a", 40), (24, "a", 20), (24, "b", 60))
    ]
    assert merged(RecordType.BATTERY, battery) == [
        {"period": "2026-W48", "device": "a", "lowest": 20, "highest": 91},
        {"period": "2026-W48", "device": "b", "lowest": 60, "highest": 91},
    ]
    activity = {
        "lessons": 2, "lesson_minutes": 90, "devices": 30, "seen": 20, "enrollments": 1, "enrollment_failures": 0,
        "gestures": {"lock": {"asked": 3, "done": 3, "failed": 0}},
    }  # fmt: skip
    (week,) = merged(RecordType.ACTIVITY, [{**activity, "period": f"2026-11-{day}"} for day in (23, 24)])
    assert (week["lessons"], week["devices"], week["gestures"]["lock"]["asked"]) == (4, 30, 6)
