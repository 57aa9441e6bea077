import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.ids import new_command_id, new_device_id, new_secret
from protocol.device import is_device_id

moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2500, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis wants them naive


@pytest.mark.contract("4.id_is_a_uuidv7")
@given(moments)
def test_a_command_id_is_a_uuidv7_of_its_millisecond(at: datetime) -> None:
    made = uuid.UUID(new_command_id(at))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(at.timestamp() * 1000)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", str(made))


@given(moments, st.integers(1, 10**9))
def test_command_ids_sort_by_their_time(at: datetime, milliseconds: int) -> None:
    assert new_command_id(at) < new_command_id(at + timedelta(milliseconds=milliseconds))


def test_a_thousand_ids_of_one_moment_differ() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert len({new_command_id(at) for _ in range(1000)}) == 1000


def test_a_time_before_1970_makes_no_broken_id() -> None:
    assert uuid.UUID(new_command_id(datetime(1960, 1, 1, tzinfo=UTC))).version == 7


def test_device_ids_are_the_protocols_and_can_be_read_aloud() -> None:
    made = {new_device_id() for _ in range(500)}
    assert len(made) == 500
    assert all(is_device_id(one) and not set(one[2:]) & set("lo01") for one in made)


def test_a_secret_is_long_and_needs_no_quoting_in_a_link() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{27}", one) for one in made), "160 bits"
