"""Which topics a device may write and read: both directions, its own and another's, four ways to connect."""

from collections.abc import Iterator
from typing import Any

import pytest

from appliance.broker import password_file
from tests.support.mosquitto import Broker, running_broker
from tests.support.mqtt import NOT_AUTHORIZED, Peer

pytestmark = pytest.mark.contract(
    "0.device_reads_and_writes_its_own_subtree_only",
    "0.device_keeps_to_the_directions",
    "0.device_reads_hub_time",
    "0.refused_by_the_broker_itself",
    "0.mqtt_5_is_accepted",
    "0.mqtt_311_is_accepted",
)

WRITES = ("presence", "reported", "acks", "usage", "inventory", "events")
READS = ("desired", "commands", "usage/ack")
ELSEWHERE = (
    "devices/d-one",
    "devices/d-one/unknown",
    "devices/d-one/presence/more",
    "devices/d-one/desired/more",
    "devices/presence",
    "devices",
    "d-one/presence",
    "hub",
    "hub/time",
    "hub/other",
    "other",
    "/devices/d-one/presence",
    "$SYS/broker/version",
    "$CONTROL/dynamic-security/v1",
    "$share/group/devices/d-two/desired",
)
OWN = tuple(f"devices/d-one/{topic}" for topic in WRITES + READS)
FOREIGN = tuple(f"devices/d-two/{topic}" for topic in WRITES + READS)
TOPICS = OWN + FOREIGN + ELSEWHERE
MAY_WRITE = {f"devices/d-one/{topic}" for topic in WRITES}
MAY_READ = {f"devices/d-one/{topic}" for topic in READS} | {"hub/time"}

WAYS = [("tcp", 4), ("tcp", 5), ("websockets", 4), ("websockets", 5)]


@pytest.fixture(scope="module")
def school() -> Iterator[Broker]:
    with running_broker("d-one", "d-two") as running:
        yield running


@pytest.fixture
def hub(school: Broker) -> Iterator[Peer]:
    with school.hub() as peer:
        peer.subscribe("devices/#", "hub/#")
        yield peer


def publishable(topic: str) -> bool:
    return not topic.startswith("$share")


@pytest.mark.parametrize(("transport", "version"), WAYS)
@pytest.mark.parametrize("retain", [False, True], ids=["live", "retained"])
def test_a_device_writes_its_own_topics_in_the_contracts_direction_and_nothing_else(
    school: Broker, hub: Peer, transport: Any, version: int, retain: bool
) -> None:
    with school.hub("everything") as everything, school.device("d-one", transport, version=version) as device:
        everything.subscribe("#", "$SYS/broker/version")
        for topic in filter(publishable, TOPICS):
            code = device.publish(topic, topic.encode(), retain=retain)
            if version == 5 and not topic.startswith("$"):
                assert (code == NOT_AUTHORIZED) == (topic not in MAY_WRITE), topic
        device.publish("devices/d-one/events", b"the last one")
        everything.wait_for(b"the last one")
        arrived = {m.topic for m in everything.messages if m.payload == m.topic.encode()}
    assert arrived == MAY_WRITE
    for topic in MAY_WRITE:
        hub.publish(topic, b"", retain=True)


@pytest.mark.parametrize(("transport", "version"), WAYS)
@pytest.mark.parametrize("retain", [False, True], ids=["live", "retained"])
def test_a_device_reads_what_the_hub_tells_it_and_nothing_else(
    school: Broker, hub: Peer, transport: Any, version: int, retain: bool
) -> None:
    """Retained messages come before the subscription, live ones after it: two ways through the broker."""
    told = [topic for topic in TOPICS if topic.startswith(("devices/", "hub/"))]
    filters = (*TOPICS, "#", "devices/#", "devices/+/desired", "+/d-two/#", "devices/d-two/+", "hub/+", "$SYS/#")
    with school.device("d-one", transport, version=version, clean=True) as device:
        if not retain:
            device.subscribe(*filters)
        for topic in told:
            hub.publish(topic, topic.encode(), retain=retain)
        if retain:
            device.subscribe(*filters)
        hub.publish("devices/d-one/commands", b"the last one")
        device.wait_for(b"the last one")
        arrived = {m.topic for m in device.messages}
    assert arrived == MAY_READ
    for topic in told:
        hub.publish(topic, b"", retain=True)


@pytest.mark.parametrize(("transport", "version"), WAYS)
def test_a_devices_own_last_will_reaches_the_hub_retained(
    school: Broker, hub: Peer, transport: Any, version: int
) -> None:
    with school.device(
        "d-one", transport, version=version, will=("devices/d-one/presence", b"offline"), will_retained=True
    ) as device:
        device.publish("devices/d-one/presence", b"online", retain=True)
        hub.wait_for(b"online")
        device.drop()
        assert hub.wait_for(b"offline").topic == "devices/d-one/presence"
    with school.hub("later") as later:
        later.subscribe("devices/d-one/presence")
        assert later.wait_for(b"offline").retained
        later.publish("devices/d-one/presence", b"", retain=True)


@pytest.mark.parametrize(("transport", "version"), WAYS)
@pytest.mark.parametrize("topic", ["devices/d-two/presence", "devices/d-one/desired", "hub/time"])
def test_a_last_will_on_a_topic_that_is_not_the_devices_is_never_sent(
    school: Broker, hub: Peer, transport: Any, version: int, topic: str
) -> None:
    device = school.device("d-one", transport, version=version, will=(topic, b"forged"))
    if device.connect() == 0:
        device.drop()
    with school.device("d-one", transport, version=version) as again:  # so the drop has been dealt with
        again.publish("devices/d-one/events", b"the last one")
    hub.wait_for(b"the last one")
    assert b"forged" not in [m.payload for m in hub.messages]


@pytest.mark.parametrize("version", [4, 5])
def test_a_device_does_not_read_back_what_it_wrote(school: Broker, hub: Peer, version: int) -> None:
    with school.device("d-one", version=version, clean=True) as device:
        device.subscribe("devices/d-one/#")
        device.publish("devices/d-one/reported", b"{}", retain=True)
        hub.wait_for(b"{}")
        hub.publish("devices/d-one/commands", b"the last one")
        device.wait_for(b"the last one")
        assert {m.topic for m in device.messages} == {"devices/d-one/commands"}
    hub.publish("devices/d-one/reported", b"", retain=True)


def test_a_message_queued_for_a_sleeping_device_is_delivered_with_the_same_rights(school: Broker, hub: Peer) -> None:
    with school.device("d-two") as device:
        device.subscribe("#")
    for topic in ("devices/d-one/commands", "devices/d-two/reported", "devices/d-two/commands"):
        hub.publish(topic, topic.encode())
    with school.device("d-two") as device:
        hub.publish("devices/d-two/commands", b"the last one")
        device.wait_for(b"the last one")
        assert [m.topic for m in device.messages] == ["devices/d-two/commands"] * 2


def test_the_canary_may_do_nothing_that_another_could_notice(school: Broker, hub: Peer) -> None:
    canary = password_file.read(school.settings.credentials_path).canary
    school.passwords["canary"] = canary.password
    with school.device("canary", clean=True) as peer:
        for topic in filter(publishable, TOPICS):
            peer.publish(topic, b"from the canary")
        peer.subscribe("#")
        hub.publish("hub/time", b"the last one")
        peer.wait_for(b"the last one")
        assert {m.topic for m in peer.messages} == {"hub/time"}
    assert b"from the canary" not in [m.payload for m in hub.messages]


def test_the_hub_may_see_what_the_broker_says_about_itself(school: Broker) -> None:
    with school.hub() as peer:
        assert peer.subscribe("$SYS/broker/version") == [1]
        assert peer.wait_for_count(1)[0].payload.startswith(b"mosquitto")
