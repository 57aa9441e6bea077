"""The agents' own broker: who may say what there, who is let in there, and that it shares nothing with the devices'."""

from collections.abc import Iterator

import pytest

from appliance.broker.configuration import AGENT_READS, AGENT_WRITES, Serves, render_acl, render_configuration
from tests.support.mosquitto import Broker, running_broker
from tests.support.mqtt import BAD_LOGIN, NOT_AUTHORIZED, Login, Manners, Peer

ONE, TWO = "wk-one", "wk-two"
WRITES = ("event/connected", "event/lock", "response/status", "will")
READS = ("command", "settings", "request")
OWN = tuple(f"wk/{ONE}/{leaf}" for leaf in WRITES + READS)
FOREIGN = tuple(f"wk/{TWO}/{leaf}" for leaf in WRITES + READS)
ELSEWHERE = (
    f"wk/{ONE}",
    f"wk/{ONE}/event",
    f"wk/{ONE}/event/lock/more",
    f"wk/{ONE}/other",
    "wk/event/connected",
    "wk/command",
    "wk/will",
    f"devices/{ONE}/presence",
    f"devices/{ONE}/acks",
    "hub/time",
    "$SYS/broker/version",
)


@pytest.fixture(scope="module")
def agents() -> Iterator[Broker]:
    with running_broker(ONE, TWO, serves=Serves.AGENTS, websocket_port=None) as running:
        yield running


@pytest.fixture(scope="module")
def devices() -> Iterator[Broker]:
    with running_broker("d-one") as running:
        yield running


def test_the_directions_are_those_of_the_agents_contract() -> None:
    assert set(AGENT_WRITES) == {"event/+", "response/+", "will"}
    assert set(AGENT_READS) == {"command", "settings", "request"}
    patterns = [line for line in render_acl(Serves.AGENTS).splitlines() if line.startswith("pattern ")]
    assert len(patterns) == 6
    assert all(f" wk/%u/{leaf}" in "\n".join(patterns) for leaf in (*AGENT_WRITES, *AGENT_READS))


def test_a_tablet_writes_what_it_says_and_nothing_else(agents: Broker) -> None:
    with agents.device(ONE, clean=True) as tablet:
        refused = {topic for topic in OWN + FOREIGN + ELSEWHERE if tablet.publish(topic, b"x") == NOT_AUTHORIZED}
    assert set(OWN + FOREIGN + ELSEWHERE) - refused == {f"wk/{ONE}/{leaf}" for leaf in WRITES}


def test_a_tablet_hears_what_it_is_told_and_nothing_else(agents: Broker) -> None:
    with agents.device(ONE, clean=True) as tablet, agents.hub() as hub:
        tablet.subscribe("#", "wk/#", f"wk/{TWO}/command", *OWN)
        for topic in (*OWN, *FOREIGN):
            hub.publish(topic, topic.encode())
        last = f"wk/{ONE}/request"
        hub.publish(last, b"the last")
        tablet.wait_for(b"the last")
        assert {message.topic for message in tablet.messages} == {f"wk/{ONE}/{leaf}" for leaf in READS}


def test_the_hub_hears_every_tablet_and_no_will_gets_lost(agents: Broker) -> None:
    with agents.hub() as hub:
        hub.subscribe("wk/+/event/+", "wk/+/response/+", "wk/+/will")
        tablet = agents.device(TWO, clean=True, will=(f"wk/{TWO}/will", b"gone"))
        assert tablet.connect() == 0
        tablet.publish(f"wk/{TWO}/response/status", b"here")
        hub.wait_for(b"here")
        tablet.drop()
        assert hub.wait_for(b"gone").topic == f"wk/{TWO}/will"


def test_nothing_that_a_tablet_says_is_kept(agents: Broker) -> None:
    """Its topics have no end: one password would fill the memory."""
    with agents.device(ONE, clean=True) as tablet:
        tablet.send(f"wk/{ONE}/event/lock", b"kept for ever", retain=True)
        tablet.wait_for_end()
    with agents.hub() as hub, agents.device(ONE, clean=True) as tablet:
        hub.subscribe("wk/#")
        tablet.publish(f"wk/{ONE}/event/lock", b"the last")
        hub.wait_for(b"the last")
        assert [message.payload for message in hub.messages] == [b"the last"]


def test_whatever_client_id_a_tablet_gives_it_is_its_name(agents: Broker) -> None:
    """So a removed tablet's session can be ended under its name, and nobody takes over another's."""
    first = Peer(agents.address(), Login(ONE, agents.passwords[ONE], "wk-anything"), Manners(clean=True))
    second = Peer(agents.address(), Login(ONE, agents.passwords[ONE], "something-else"), Manners(clean=True))
    other = Peer(agents.address(), Login(TWO, agents.passwords[TWO], ONE), Manners(clean=True))
    assert first.connect() == 0
    assert other.connect() == 0
    assert first.is_connected
    assert second.connect() == 0
    first.wait_for_end()
    for peer in (second, other):
        peer.close()


def test_neither_brokers_guests_are_let_in_by_the_other(agents: Broker, devices: Broker) -> None:
    for name, home, away in ((ONE, agents, devices), ("d-one", devices, agents)):
        peer = Peer(away.address(), home.login(name), Manners(clean=True))
        assert peer.connect() in BAD_LOGIN
        assert home.lets_in(name)


def test_a_tablet_whose_agent_is_unlinked_is_out_at_once(agents: Broker) -> None:
    agents.enroll("wk-three")
    tablet = agents.device("wk-three", clean=True)
    assert tablet.connect() == 0
    agents.remove("wk-three")
    tablet.wait_for_end()


def test_the_agents_broker_has_one_plain_listener_and_no_websockets(agents: Broker) -> None:
    text = render_configuration(agents.settings)
    assert text.count("\nlistener ") == 2
    assert "websockets" not in text
    assert "certfile" not in text
