"""School days and hours."""

from datetime import UTC, date, datetime, timedelta

import pytest

from central.domain.school_days import (
    is_school_day,
    public_holidays,
    school_day_before,
    school_days_since,
    worked_seconds,
    zone_of,
)

_PARIS = zone_of("Europe/Paris")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 23), True),  # Monday
        (date(2026, 11, 25), False),  # Wednesday
        (date(2026, 11, 28), False),  # Saturday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 5, 14), False),  # Ascension
        (date(2026, 7, 14), False),
    ],
)
def test_days_of_school(day: date, expected: bool) -> None:
    assert is_school_day(day) is expected


@pytest.mark.parametrize(
    ("year", "monday"), [(2024, date(2024, 4, 1)), (2025, date(2025, 4, 21)), (2038, date(2038, 4, 26))]
)
def test_easter_moves_as_the_calendar_says(year: int, monday: date) -> None:
    assert monday in public_holidays(year)


def test_going_back_by_school_days_leaps_over_the_weekend() -> None:
    monday = date(2026, 11, 23)
    assert school_day_before(monday, 1) == date(2026, 11, 20)
    assert school_day_before(monday, 3) == date(2026, 11, 17)
    assert school_day_before(monday, 10_000) == monday - timedelta(days=370)


def test_days_between_leave_out_both_ends() -> None:
    assert school_days_since(date(2026, 11, 19), date(2026, 11, 23)) == 1  # the Friday
    assert school_days_since(date(2026, 11, 23), date(2026, 11, 23)) == 0


def test_hours_of_summer_and_winter_time_are_the_schools_own() -> None:
    summer = worked_seconds(datetime(2026, 6, 15, 5, tzinfo=UTC), datetime(2026, 6, 15, 7, tzinfo=UTC), _PARIS)
    winter = worked_seconds(datetime(2026, 11, 16, 5, tzinfo=UTC), datetime(2026, 11, 16, 7, tzinfo=UTC), _PARIS)
    assert (summer, winter) == (3600, 0)
