"""The merge has laws, and so has the state machine of instructions."""

from hypothesis import given
from hypothesis import strategies as st

from central.domain.configuration import CITY, Scope, effective, merge, says_the_same, unite
from central.domain.orders import NEXT, OPEN, may_follow
from protocol.uplink_config import CityUser, parse_configuration
from protocol.uplink_words import InstructionState

SWITCH = st.dictionaries(
    st.sampled_from(["sound", "camera", "internet"]), st.sampled_from(["allowed", "blocked"]), min_size=1
)
DAYS = st.dictionaries(st.sampled_from(["lessons", "journal", "usage"]), st.integers(1, 30), min_size=1)
DOCUMENT = st.fixed_dictionaries(
    {},
    optional={
        "restrictions": SWITCH,
        "retention_days": DAYS,
        "languages": st.lists(st.sampled_from(["fr", "en"]), min_size=1),
    },
)
SCOPES = (CITY, Scope("group", "1"), Scope("school", "0131001A"))
USER = st.builds(
    CityUser, st.sampled_from(["a1", "b2", "c3"]), st.text("xyz", min_size=1, max_size=5), st.just("teacher")
)


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_merging_in_two_steps_is_merging_at_once(a: dict, b: dict, c: dict) -> None:  # type: ignore[type-arg]  # Hypothesis makes dictionaries of any kind
    assert merge([merge([a, b]), c]) == merge([a, b, c]) == merge([a, merge([b, c])])


@given(DOCUMENT, DOCUMENT)
def test_whatever_the_nearest_says_holds_and_what_it_leaves_out_is_of_the_farther(a: dict, b: dict) -> None:  # type: ignore[type-arg]  # Hypothesis makes dictionaries of any kind
    merged = merge([a, b])
    for name in {*a, *b}:
        near, far = b.get(name), a.get(name)
        whole = merged[name]
        if isinstance(whole, dict):
            for entry, value in whole.items():
                assert value == (near or {}).get(entry, (far or {}).get(entry))
        else:
            assert whole == (far if near is None else near)


@given(DOCUMENT)
def test_merging_with_itself_or_with_nothing_changes_nothing(a: dict) -> None:  # type: ignore[type-arg]  # Hypothesis makes dictionaries of any kind
    assert merge([a, a]) == merge([{}, a]) == merge([a, {}]) == a


@given(DOCUMENT, st.integers(1, 99), st.integers(1, 99))
def test_the_signed_form_reads_as_it_was_merged_and_two_versions_of_it_say_the_same(a: dict, v: int, w: int) -> None:  # type: ignore[type-arg]  # Hypothesis makes dictionaries of any kind
    document = effective(v, a, None)
    read = parse_configuration(document)
    assert read.version == v and dict(read.restrictions) == a.get("restrictions", {})
    assert says_the_same(document, effective(w, a, None))
    assert not says_the_same(document, effective(v, a, ()))


@given(st.lists(st.tuples(st.sampled_from(SCOPES), USER), max_size=12))
def test_every_login_of_every_scope_is_there_once_by_its_nearest_entry(pairs: list[tuple[Scope, CityUser]]) -> None:
    users = unite(pairs)
    assert [one.login for one in users] == sorted({user.login for _, user in pairs})
    for user in users:
        nearest = max(SCOPES.index(scope) for scope, one in pairs if one.login == user.login)
        assert user in [one for scope, one in pairs if scope == SCOPES[nearest]]


def test_each_pair_of_states_is_decided_and_a_last_word_is_the_last() -> None:
    states = list(NEXT)
    assert set(states) == {"pending", "sent", *InstructionState}
    for before in states:
        for then in states:
            if may_follow(before, then):
                assert before in OPEN and then != before and then != "pending"
        if before not in OPEN:
            assert not NEXT[before]


def test_a_box_that_said_it_has_an_instruction_cannot_say_later_that_it_refused_it() -> None:
    assert not may_follow("received", "refused") and not may_follow("started", "refused")
    assert may_follow("sent", "refused") and not may_follow("started", "received")
