"""Whatever value either end can build arrives as it was, and whatever arrives is a value or Malformed."""

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.device import (
    Access,
    Ack,
    AckStatus,
    Battery,
    Capability,
    Command,
    CommandType,
    Desired,
    Display,
    EnrollmentAnswer,
    EnrollmentRequest,
    Event,
    EventType,
    InstalledPackage,
    InvalidEnrollment,
    Inventory,
    Kind,
    LessonRef,
    Lock,
    Malformed,
    MqttAccess,
    PackageAction,
    PackageOrder,
    Presence,
    Reason,
    Reported,
    Restrictions,
    Show,
    UsageAck,
    UsageBatch,
    UsageRecord,
)
from tests.protocol.golden import MESSAGES

# Text as either end may hold it: everything that UTF-8 can carry, but the NUL that readers refuse or replace.
letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
words = st.text(letters, min_size=1, max_size=40)
labels = st.text(letters, max_size=40)
moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
numbers = st.integers(0, 2**53 - 1)
hashes = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
few = 5

access = st.sampled_from(Access)
restrictions = st.builds(
    Restrictions,
    lock=st.none() | st.builds(Lock, labels),
    sound=access,
    camera=access,
    internet=access,
    apps=st.none() | st.lists(words, max_size=few).map(tuple),
)
installs = st.builds(PackageOrder, words, numbers, labels, st.just(PackageAction.INSTALL), words, numbers, hashes)
removals = st.builds(PackageOrder, words, numbers, labels, st.just(PackageAction.REMOVE))
displays = (
    st.builds(Display, st.just(Show.PRESENCE))
    | st.builds(Display, st.just(Show.TIMER), moments, labels)
    | st.builds(Display, st.just(Show.MESSAGE), text=labels)
)
desired = st.builds(
    Desired,
    version=numbers,
    issued_at=moments,
    restrictions=restrictions,
    restrictions_until=moments,
    lesson=st.none() | st.builds(LessonRef, words, labels),
    packages=st.lists(installs | removals, max_size=few).map(tuple),
    name=labels,
    display=st.none() | displays,
)
reported = st.builds(
    Reported,
    version=numbers,
    at=st.none() | moments,
    restrictions=st.none() | restrictions,
    unsupported=st.sets(st.sampled_from(Capability)).map(lambda some: tuple(c for c in Capability if c in some)),
    errors=st.dictionaries(labels, labels, max_size=few),
    battery=st.none() | st.builds(Battery, st.integers(0, 100), st.booleans()),
    storage_free=st.none() | numbers,
    foreground=st.none() | labels,
    boot=st.none() | words,
)
paths = st.text(st.characters(categories=["Ll", "Nd"]), max_size=20)
links = st.builds("{}://host.example.org/{}".format, st.sampled_from(["http", "https"]), paths)
ARGS = {
    CommandType.OPEN_LINK: st.fixed_dictionaries({"url": links}),
    CommandType.OPEN_APP: st.fixed_dictionaries({"package": words}),
    CommandType.OPEN_DOCUMENT: st.fixed_dictionaries(
        {"url": links, "name": words, "mime": words, "size": numbers, "sha256": hashes}
    ),
    CommandType.MESSAGE: st.fixed_dictionaries({"text": st.text(letters, min_size=1, max_size=500), "from": labels}),
}
commands = st.sampled_from(CommandType).flatmap(
    lambda command_type: st.builds(
        Command, words, st.just(command_type), moments, moments, ARGS.get(command_type, st.just({}))
    )
)
records = st.builds(UsageRecord, numbers, words, moments, numbers)
packages = st.builds(InstalledPackage, words, st.none() | numbers, st.none() | labels)
access_to_mqtt = st.builds(MqttAccess, words, st.integers(1, 65535), st.booleans(), st.none() | words, words, words)
serials = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64)

VALUES: dict[str, st.SearchStrategy[object]] = {
    "desired": desired,
    "reported": reported,
    "command": commands,
    "ack": st.builds(Ack, words, st.sampled_from(AckStatus), st.none() | labels, st.none() | moments),
    "usage": st.builds(UsageBatch, words, st.lists(records, max_size=few).map(tuple)),
    "usage_ack": st.builds(UsageAck, words, numbers),
    "inventory": st.builds(
        Inventory,
        labels, labels, labels, labels, labels,
        st.none() | labels,
        st.none() | numbers,
        st.lists(packages, max_size=few).map(tuple),
    ),
    "event": st.builds(Event, st.sampled_from(EventType), st.none() | moments, st.none() | labels),
    "hub_time": moments,
    "presence": st.sampled_from(Presence),
    "enrollment": st.builds(
        EnrollmentRequest,
        serials, serials, labels, labels, st.sampled_from(Kind), labels, labels,
        st.frozensets(st.sampled_from(Capability)),
    ),
    "enrollment_answer": st.builds(
        EnrollmentAnswer,
        st.from_regex(r"d-[a-z0-9]{8}", fullmatch=True), labels, labels, access_to_mqtt, st.none() | words, moments,
    ),
}  # fmt: skip

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | labels,
    lambda inner: st.lists(inner, max_size=few) | st.dictionaries(labels, inner, max_size=few),
)


@pytest.mark.parametrize("name", MESSAGES)
@given(data=st.data())
def test_every_message_arrives_as_it_was_sent(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    assert MESSAGES[name].parse(MESSAGES[name].encode(value)) == value


@pytest.mark.contract("0.invalid_json_is_dropped")
@pytest.mark.parametrize("name", MESSAGES)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_message_or_malformed(name: str, raw: bytes) -> None:
    is_read_or_malformed(name, raw)


@pytest.mark.contract("0.missing_field_is_dropped")
@pytest.mark.parametrize("name", MESSAGES)
@given(data=st.data())
def test_a_message_with_any_field_replaced_or_removed_is_read_or_malformed(name: str, data: st.DataObject) -> None:
    raw = MESSAGES[name].encode(data.draw(VALUES[name]))
    if name == "presence":
        is_read_or_malformed(name, raw + data.draw(st.binary(max_size=3)))
        return
    fields = json.loads(raw)
    victim = data.draw(st.sampled_from(sorted(fields)))
    if data.draw(st.booleans()):
        del fields[victim]
    else:
        fields[victim] = data.draw(ANY_JSON)
    is_read_or_malformed(name, json.dumps(fields).encode())


def is_read_or_malformed(name: str, raw: bytes) -> None:
    try:
        value = MESSAGES[name].parse(raw)
    except Malformed as error:
        assert error.reason in Reason
        assert len(error.detail) <= 200
    except InvalidEnrollment as error:
        assert error.errors
        assert all(isinstance(why, str) for why in error.errors.values())
    else:
        assert MESSAGES[name].parse(MESSAGES[name].encode(value)) == value
