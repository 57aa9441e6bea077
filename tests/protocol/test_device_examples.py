import json
from pathlib import Path

import pytest

from protocol.device import InvalidEnrollment, Malformed
from tests.protocol.golden import MESSAGES, example_id, examples, expected_reason, message_name, message_of


@pytest.mark.contract(
    "0.payloads_are_utf8_json_objects",
    "3.desired_has_the_shape",
    "3.reported_has_the_shape",
    "4.command_has_the_shape",
    "4.ack_has_the_shape",
    "5.usage_has_the_shape",
    "6.inventory_has_the_shape",
    "7.event_has_the_shape",
)
@pytest.mark.parametrize("example", examples(), ids=example_id)
def test_a_full_example_is_written_again_as_it_was_read(example: Path) -> None:
    raw, message = example.read_bytes(), message_of(example)

    written = message.encode(message.parse(raw))

    assert written == raw if example.suffix == ".txt" else json.loads(written) == json.loads(raw)


@pytest.mark.contract("0.unknown_fields_are_ignored")
@pytest.mark.parametrize("example", examples("lenient"), ids=example_id)
def test_what_a_sensible_client_leaves_out_or_adds_changes_nothing_that_is_needed(example: Path) -> None:
    message = message_of(example)

    value = message.parse(example.read_bytes())

    written = message.encode(value)
    assert message.encode(message.parse(written)) == written


@pytest.mark.contract(
    "0.invalid_json_is_dropped",
    "0.deeper_than_16_is_dropped",
    "0.missing_field_is_dropped",
    "3.access_is_allowed_or_blocked",
    "3.until_is_null_only_when_free",
)
@pytest.mark.parametrize("example", [e for e in examples("invalid") if message_name(e) != "enrollment"], ids=example_id)
def test_an_invalid_example_is_refused_for_the_reason_in_its_name(example: Path) -> None:
    with pytest.raises(Malformed) as caught:
        message_of(example).parse(example.read_bytes())

    assert caught.value.reason == expected_reason(example)


@pytest.mark.parametrize("example", [e for e in examples("invalid") if message_name(e) == "enrollment"], ids=example_id)
def test_an_invalid_enrollment_names_the_one_field_and_why(example: Path) -> None:
    with pytest.raises(InvalidEnrollment) as caught:
        message_of(example).parse(example.read_bytes())

    assert list(caught.value.errors.values()) == [expected_reason(example)]


def test_every_message_has_a_full_example_and_an_invalid_one() -> None:
    assert {message_name(example) for example in examples()} == set(MESSAGES)
    assert {message_name(example) for example in examples("invalid")} == set(MESSAGES) - {"enrollment_answer"}
