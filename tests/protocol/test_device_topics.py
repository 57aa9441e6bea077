import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.device import FROM_DEVICE, RETAINED, TIME_TOPIC, TO_DEVICE, Leaf, is_device_id, parse_topic, topic

DEVICE_ID = "d-7k3m9q2x"
# The contract's table of topics, copied by hand: leaf, whether the device is the sender, whether it is retained.
TABLE = [
    ("presence", True, True),
    ("desired", False, True),
    ("reported", True, True),
    ("commands", False, False),
    ("acks", True, False),
    ("usage", True, False),
    ("usage/ack", False, False),
    ("inventory", True, True),
    ("events", True, False),
]


def test_the_topics_are_those_of_the_contracts_table() -> None:
    assert [(leaf.value, leaf in FROM_DEVICE, leaf in RETAINED) for leaf in Leaf] == TABLE
    assert set(Leaf) == FROM_DEVICE | TO_DEVICE
    assert not FROM_DEVICE & TO_DEVICE


@pytest.mark.parametrize("leaf", Leaf)
def test_a_topic_is_read_as_it_was_written(leaf: Leaf) -> None:
    assert topic(DEVICE_ID, leaf) == f"devices/{DEVICE_ID}/{leaf.value}"
    assert parse_topic(topic(DEVICE_ID, leaf)) == (DEVICE_ID, leaf)


@pytest.mark.parametrize(
    "name",
    [
        "",
        TIME_TOPIC,
        "devices",
        "devices/d-7k3m9q2x",
        "devices/d-7k3m9q2x/",
        "devices/d-7k3m9q2x/secrets",
        "devices/d-7k3m9q2x/usage/",
        "devices/d-7k3m9q2x/usage/ack/more",
        "devices/d-7k3m9q2x/USAGE",
        "/devices/d-7k3m9q2x/usage",
        "device/d-7k3m9q2x/usage",
        "devices/+/usage",
        "devices/#",
        "devices/d-7K3M9Q2X/usage",
        "devices/d-7k3m9q2/usage",
        "devices//usage",
        "$SYS/broker/uptime",
    ],
)
def test_another_topic_is_no_devices(name: str) -> None:
    assert parse_topic(name) is None


@given(st.text(max_size=40))
def test_any_text_is_read_as_a_topic_or_not_at_all(name: str) -> None:
    parsed = parse_topic(name)
    assert parsed is None or topic(*parsed) == name


@pytest.mark.parametrize("text", ["d-+#/0000", "d-7k3m9q2x\n", "D-7k3m9q2x", "d-7k3m9q2é", "7k3m9q2x", "+", "#"])
def test_a_wildcard_or_a_further_level_is_never_an_id(text: str) -> None:
    assert not is_device_id(text)
    with pytest.raises(ValueError, match="device id"):
        topic(text, Leaf.DESIRED)


@given(st.from_regex(r"d-[a-z0-9]{8}", fullmatch=True))
def test_two_letters_and_eight_are_an_id(text: str) -> None:
    assert is_device_id(text)
