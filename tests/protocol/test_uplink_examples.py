import json
from pathlib import Path

import pytest

from protocol.strict_json import Malformed
from tests.protocol.golden import example_id, expected_reason
from tests.protocol.uplink_golden import MESSAGES, examples, message_name, message_of


@pytest.mark.parametrize("example", examples(), ids=example_id)
def test_a_full_example_is_written_again_as_it_was_read(example: Path) -> None:
    raw, message = example.read_bytes(), message_of(example)

    assert json.loads(message.encode(message.parse(raw))) == json.loads(raw)


@pytest.mark.parametrize("example", examples("lenient"), ids=example_id)
def test_what_a_newer_end_adds_changes_nothing_that_is_needed(example: Path) -> None:
    message = message_of(example)

    written = message.encode(message.parse(example.read_bytes()))

    assert message.encode(message.parse(written)) == written


@pytest.mark.parametrize("example", examples("invalid"), ids=example_id)
def test_an_invalid_example_is_refused_for_the_reason_in_its_name(example: Path) -> None:
    with pytest.raises(Malformed) as caught:
        message_of(example).parse(example.read_bytes())

    assert caught.value.reason == expected_reason(example)


def test_every_message_of_the_uplink_has_an_example() -> None:
    assert {message_name(example) for example in examples()} == set(MESSAGES)
