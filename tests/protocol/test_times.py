from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.device import Malformed, Reason, format_time, parse_time

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.contract("0.times_are_rfc3339_utc_with_z")
@given(st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0)))
def test_every_second_of_every_year_is_written_and_read_again(moment: datetime) -> None:
    text = format_time(moment)

    assert len(text) == len("2026-11-23T12:00:00Z")
    assert text.endswith("Z")
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T12:00:00Z", NOON),
        ("2026-11-23t12:00:00z", NOON),
        ("2026-11-23T12:00:00+00:00", NOON),
        ("2026-11-23T12:00:00.5Z", NOON.replace(microsecond=500_000)),
        ("2026-11-23T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:60Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_in_utc_are_read_in_every_spelling_of_the_standard(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment
    assert parse_time(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-23",
        "2026-11-23T12:00:00",
        "2026-11-23 12:00:00Z",
        "2026-11-23T12:00Z",
        "2026-11-23T12:00:00.Z",
        "2026-11-23T12:00:00+01:00",
        "2026-11-23T12:00:00-00:00",
        "2026-11-23T24:00:00Z",
        "2026-11-23T12:00:61Z",
        "2026-02-30T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "2026-11-23T12:00:00Z\n",
        " 2026-11-23T12:00:00Z",
        "٢٠٢٦-11-23T12:00:00Z",
        "2026-W48-1T12:00:00Z",
    ],
)
def test_a_time_that_is_not_utc_or_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_time(text)
    assert caught.value.reason is Reason.BAD_TIME


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_malformed(text: str) -> None:
    try:
        assert parse_time(text).tzinfo is UTC
    except Malformed as error:
        assert error.reason is Reason.BAD_TIME


def test_a_time_in_another_zone_is_written_in_utc() -> None:
    assert format_time(NOON.astimezone(timezone(timedelta(hours=1)))) == "2026-11-23T12:00:00Z"


def test_a_fraction_is_cut_never_rounded_up() -> None:
    assert format_time(NOON.replace(microsecond=999_999)) == "2026-11-23T12:00:00Z"


def test_a_naive_time_is_not_written() -> None:
    with pytest.raises(ValueError, match="aware"):
        format_time(datetime(2026, 11, 23))  # noqa: DTZ001 - the naive time is the point
