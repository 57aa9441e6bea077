"""The device protocol's topics: their names, directions and which are retained (contract, section 2)."""

import re
from enum import StrEnum

TIME_TOPIC = "hub/time"
TIME_EVERY_SECONDS = 30

# Letters, digits and "-" only: an id can then never be a wildcard or a further level of a topic.
_DEVICE_ID = re.compile(r"d-[a-z0-9]{8}", re.ASCII)


class Leaf(StrEnum):
    """What follows `devices/{id}/`."""

    PRESENCE = "presence"
    DESIRED = "desired"
    REPORTED = "reported"
    COMMANDS = "commands"
    ACKS = "acks"
    USAGE = "usage"
    USAGE_ACK = "usage/ack"
    INVENTORY = "inventory"
    EVENTS = "events"


TO_DEVICE = frozenset({Leaf.DESIRED, Leaf.COMMANDS, Leaf.USAGE_ACK})
FROM_DEVICE = frozenset(Leaf) - TO_DEVICE
RETAINED = frozenset({Leaf.PRESENCE, Leaf.DESIRED, Leaf.REPORTED, Leaf.INVENTORY})


def is_device_id(text: str) -> bool:
    return _DEVICE_ID.fullmatch(text) is not None


def topic(device_id: str, leaf: Leaf) -> str:
    if not is_device_id(device_id):
        raise ValueError("not a device id")
    return f"devices/{device_id}/{leaf.value}"


def parse_topic(name: str) -> tuple[str, Leaf] | None:
    """The device and the leaf, or None for a topic that is not a device's."""
    root, _, rest = name.partition("/")
    device_id, _, leaf = rest.partition("/")
    if root != "devices" or not is_device_id(device_id):
        return None
    try:
        return device_id, Leaf(leaf)
    except ValueError:
        return None
