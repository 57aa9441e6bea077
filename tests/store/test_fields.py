from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from appliance.store.fields import JsonField, from_milliseconds, to_milliseconds

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_moment_that_a_device_may_claim_comes_back_to_the_millisecond(moment: datetime) -> None:
    kept = from_milliseconds(to_milliseconds(moment))
    assert timedelta(0) <= moment - kept < timedelta(milliseconds=1)
    assert to_milliseconds(kept) == to_milliseconds(moment)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_moments_sort_as_their_numbers_do(one: datetime, other: datetime) -> None:
    assert (one <= other) <= (to_milliseconds(one) <= to_milliseconds(other))


@given(json_values)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert JsonField().python_value(JsonField().db_value(value)) == value
