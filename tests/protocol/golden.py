"""The golden examples, found by name: `{message}.{what}.json`, and `invalid/{message}.{what}.{reason}.json`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocol import device

EXAMPLES = Path(device.__file__).parent / "examples" / "device"


@dataclass(frozen=True, slots=True)
class Message:
    """How one message is read and written."""

    parse: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


MESSAGES = {
    "desired": Message(device.parse_desired, device.encode_desired),
    "reported": Message(device.parse_reported, device.encode_reported),
    "command": Message(device.parse_command, device.encode_command),
    "ack": Message(device.parse_ack, device.encode_ack),
    "usage": Message(device.parse_usage, device.encode_usage),
    "usage_ack": Message(device.parse_usage_ack, device.encode_usage_ack),
    "inventory": Message(device.parse_inventory, device.encode_inventory),
    "event": Message(device.parse_event, device.encode_event),
    "hub_time": Message(device.parse_hub_time, device.encode_hub_time),
    "presence": Message(device.parse_presence, device.encode_presence),
    "enrollment": Message(device.parse_enrollment, device.encode_enrollment),
    "enrollment_answer": Message(device.parse_enrollment_answer, device.encode_enrollment_answer),
}


def message_of(example: Path) -> Message:
    return MESSAGES[message_name(example)]


def message_name(example: Path) -> str:
    return example.name.split(".")[0]


def expected_reason(example: Path) -> str:
    return example.name.split(".")[-2]


def examples(folder: str = "") -> list[Path]:
    found = sorted(path for path in (EXAMPLES / folder).iterdir() if path.is_file())
    assert found, f"no example in {folder or 'the examples'}"
    return found


def example_id(example: Path) -> str:
    return example.stem
