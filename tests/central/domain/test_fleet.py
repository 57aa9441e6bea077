"""The state of an appliance, table by table."""

from datetime import UTC, datetime, timedelta

import pytest

from central.domain.fleet import RANK, ApplianceState, Sign, disk_share, judged_seconds, link_share, state_of

_MONDAY_10H = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Paris
_S = ApplianceState


@pytest.mark.parametrize(
    ("standing", "hello_at", "expected"),
    [
        ("active", None, _S.NEW),
        ("active", _MONDAY_10H - timedelta(minutes=1), _S.UP),
        ("active", _MONDAY_10H - timedelta(seconds=180), _S.UP),
        ("active", _MONDAY_10H - timedelta(seconds=181), _S.LATE),
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


def silent_for(seconds: float, **known: object) -> _S:
    hello_at = _MONDAY_10H - timedelta(seconds=seconds)
    return state_of(Sign("active", hello_at, "Europe/Paris", **known), _MONDAY_10H)  # type: ignore[arg-type]  # any of its fields, by name


def test_a_box_that_was_told_to_come_back_later_is_not_silent_before() -> None:
    assert (silent_for(300, poll_seconds=120), silent_for(301, poll_seconds=120)) == (_S.UP, _S.LATE)
    assert (silent_for(180, poll_seconds=30), silent_for(181, poll_seconds=30)) == (_S.UP, _S.LATE)


def test_a_box_whose_bridge_has_gone_is_silent_when_the_next_hello_does_not_come_either() -> None:
    gone_at = _MONDAY_10H - timedelta(seconds=50)
    assert [silent_for(seconds, bridge_gone_at=gone_at) for seconds in (60, 90, 91)] == [_S.UP, _S.UP, _S.LATE]


def test_a_bridge_that_is_forbidden_or_went_before_the_last_hello_says_nothing() -> None:
    before = _MONDAY_10H - timedelta(days=3)
    assert [silent_for(179), silent_for(179, bridge_gone_at=before)] == [_S.UP, _S.UP]


def test_a_box_that_sends_its_backup_is_not_silent_unless_its_bridge_goes() -> None:
    busy = {"busy_until": _MONDAY_10H + timedelta(minutes=5)}
    assert silent_for(600, **busy) is _S.UP
    assert silent_for(600, **busy, bridge_gone_at=_MONDAY_10H - timedelta(minutes=1)) is _S.LATE


@pytest.mark.parametrize(
    ("hellos", "late_seconds", "judged", "low", "high"),
    [
        (60, 61, 3600, 1.0, 1.0),  # one a minute
        (12, 300, 3600, 1.0, 1.0),  # told to ask every five minutes: as good
        (1, 0, 3600, 0.01, 0.02),  # came once and vanished
        (30, 1200, 3600, 0.7, 0.8),  # with a silence of twenty minutes
        (0, 3600, 3600, 0.0, 0.1),
        (20, 61, 1200, 1.0, 1.0),  # twenty minutes of the hour are over, and it came each minute
        (4, 0, 299, 1.0, 1.0),  # the next one is due any moment
        (5, 0, 1200, 0.2, 0.3),  # it came for five minutes, then no more
        (0, 0, 1200, 0.0, 0.0),
        (1, 0, 20, 1.0, 1.0),
    ],
)
def test_quality_of_an_hour(hellos: int, late_seconds: int, judged: float, low: float, high: float) -> None:
    share = link_share(hellos, late_seconds, judged)
    assert share is not None
    assert low <= share <= high


@pytest.mark.parametrize("judged", [-7200, 0, 100])
def test_of_an_hour_before_the_claim_or_hardly_begun_nothing_is_said(judged: float) -> None:
    assert link_share(0, 0, judged) is None


def test_only_the_part_of_an_hour_since_the_claim_and_until_now_is_judged() -> None:
    claimed, now = _MONDAY_10H + timedelta(minutes=17), _MONDAY_10H + timedelta(minutes=30)
    hours = [_MONDAY_10H + timedelta(hours=n) for n in (-1, 0)]
    assert [judged_seconds(hour, claimed, now) for hour in hours] == [-17 * 60, 13 * 60]
    assert judged_seconds(hours[0], None, now) == 3600


def test_a_disk_that_was_never_told_has_no_level() -> None:
    assert (disk_share(0, 0), disk_share(25, 100), disk_share(200, 100)) == (None, 0.75, 0.0)
