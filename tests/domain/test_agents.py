"""What is remembered of an agent survives being written down, and anything else that is found there."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.agents import (
    AgentMemory,
    Alarm,
    memory_as_json,
    read_memory,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.builds(
        AgentMemory,
        instance=st.text(),
        version=st.text(),
        model=st.text(),
        is_owner=st.none() | st.booleans(),
        may_lock=st.none() | st.booleans(),
        is_locked=st.none() | st.booleans(),
        alarms=st.frozensets(st.sampled_from(Alarm)),
        fixed=st.frozensets(st.text()),
    )
)
def test_a_memory_is_read_as_it_was_written(memory: AgentMemory) -> None:
    assert read_memory(memory_as_json(memory)) == memory


@given(json_values | st.dictionaries(st.sampled_from(sorted(memory_as_json(AgentMemory()))), json_values))
def test_whatever_is_found_instead_is_read_without_harm(found: object) -> None:
    read = read_memory(found)
    assert read_memory(memory_as_json(read)) == read
