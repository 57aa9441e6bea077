"""The state of an appliance, table by table."""

from datetime import UTC, datetime, timedelta

import pytest

from central.domain.fleet import RANK, ApplianceState, Sign, disk_share, link_share, state_of

_MONDAY_10H = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Paris
_S = ApplianceState


@pytest.mark.parametrize(
    ("standing", "hello_at", "expected"),
    [
        ("active", None, _S.NEW),
        ("active", _MONDAY_10H - timedelta(minutes=1), _S.UP),
        ("active", _MONDAY_10H - timedelta(minutes=6), _S.UP),
        ("active", _MONDAY_10H - timedelta(minutes=7), _S.LATE),
        ("active", _MONDAY_10H - timedelta(minutes=59), _S.LATE),
        ("active", _MONDAY_10H - timedelta(minutes=60), _S.DOWN),
        ("active", _MONDAY_10H - timedelta(days=200), _S.DOWN),
        ("fenced", _MONDAY_10H, _S.FENCED),
        ("fenced", None, _S.FENCED),
        ("revoked", _MONDAY_10H, _S.REVOKED),
        ("replaced", _MONDAY_10H, _S.REVOKED),
    ],
)
def test_state_follows_from_standing_and_silence(standing: str, hello_at: datetime | None, expected: _S) -> None:
    assert state_of(Sign(standing, hello_at, "Europe/Paris"), _MONDAY_10H) is expected


@pytest.mark.parametrize(
    ("hello_at", "now", "expected"),
    [
        # Friday 18:00 to Monday 7:59 in Paris: nobody was there
        (datetime(2026, 11, 20, 17, tzinfo=UTC), datetime(2026, 11, 23, 6, 59, tzinfo=UTC), _S.LATE),
        # and at 9:00 it has been missed for an hour
        (datetime(2026, 11, 20, 17, tzinfo=UTC), datetime(2026, 11, 23, 8, 0, tzinfo=UTC), _S.DOWN),
        # Tuesday evening to Wednesday afternoon: no school
        (datetime(2026, 11, 24, 17, tzinfo=UTC), datetime(2026, 11, 25, 14, tzinfo=UTC), _S.LATE),
        # 11 November is a holiday, a Wednesday in 2026; 1 May 2026 a Friday
        (datetime(2026, 4, 30, 17, tzinfo=UTC), datetime(2026, 5, 1, 14, tzinfo=UTC), _S.LATE),
    ],
)
def test_silence_counts_only_while_the_school_is_at_work(hello_at: datetime, now: datetime, expected: _S) -> None:
    assert state_of(Sign("active", hello_at, "Europe/Paris"), now) is expected


def test_the_schools_own_zone_decides_its_hours() -> None:
    hello, now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert state_of(Sign("active", hello, "Europe/Paris"), now) is _S.DOWN
    assert state_of(Sign("active", hello, "America/Cayenne"), now) is _S.LATE
    assert state_of(Sign("active", hello, "Mars/Olympus"), now) is _S.DOWN


def test_holidays_that_the_city_entered_are_no_school() -> None:
    closed = ((_MONDAY_10H.date(), _MONDAY_10H.date()),)
    sign = Sign("active", _MONDAY_10H - timedelta(hours=2), "Europe/Paris")
    assert (state_of(sign, _MONDAY_10H), state_of(sign, _MONDAY_10H, closed)) == (_S.DOWN, _S.LATE)


def test_every_state_has_its_rank_and_trouble_comes_first() -> None:
    assert set(RANK) == set(ApplianceState)
    assert RANK[_S.FENCED] < RANK[_S.DOWN] < RANK[_S.LATE] < RANK[_S.UP]


@pytest.mark.parametrize(
    ("hellos", "late_seconds", "low", "high"),
    [
        (60, 61, 1.0, 1.0),  # one a minute
        (12, 300, 1.0, 1.0),  # told to ask every five minutes: as good
        (1, 0, 0.01, 0.02),  # came once and vanished
        (30, 1200, 0.7, 0.8),  # with a silence of twenty minutes
        (0, 3600, 0.0, 0.1),
    ],
)
def test_quality_of_an_hour(hellos: int, late_seconds: int, low: float, high: float) -> None:
    assert low <= link_share(hellos, late_seconds) <= high


def test_a_disk_that_was_never_told_has_no_level() -> None:
    assert (disk_share(0, 0), disk_share(25, 100), disk_share(200, 100)) == (None, 0.75, 0.0)
