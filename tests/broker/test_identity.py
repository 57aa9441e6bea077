"""Who is let in, and as whom: passwords, client ids, names that would open other subtrees."""

from typing import Any

import pytest

from appliance.broker.credentials import hash_password, write_atomically
from tests.support.mosquitto import Broker
from tests.support.mqtt import BAD_LOGIN, Login, Manners, Peer

WAYS = [("tcp", 4), ("tcp", 5), ("websockets", 4), ("websockets", 5)]


def connect(broker: Broker, login: Login, transport: Any = "tcp", **manners: Any) -> int:
    peer = Peer(broker.address(transport), login, Manners(**manners))
    code = peer.connect()
    peer.close()
    return code


@pytest.mark.parametrize(("transport", "version"), WAYS)
def test_only_the_right_password_is_let_in(broker: Broker, transport: Any, version: int) -> None:
    right = broker.passwords["d-one"]
    wrong = [
        Login("d-one", "wrong"),
        Login("d-one", ""),
        Login("d-one", right + "x"),
        Login("d-one", right[:-1]),
        Login("d-one", broker.passwords["d-two"]),
        Login("d-one", broker.credentials["d-one"]),
        Login("D-ONE", right),
        Login("nobody", right),
        Login("", right, "d-one"),
        Login(None, None, "d-one"),
        Login("d-one", None),
    ]
    for login in wrong:
        if login.username is None or login.password is not None or version == 5:
            assert connect(broker, login, transport, version=version) in BAD_LOGIN, login
    assert connect(broker, Login("d-one", right), transport, version=version) == 0


@pytest.mark.contract("0.client_id_is_user_name_is_device_id")
@pytest.mark.parametrize("version", [4, 5])
def test_a_device_that_calls_itself_otherwise_is_still_itself(broker: Broker, version: int) -> None:
    """It can neither end another's session nor take what was queued for it."""
    with broker.hub() as hub, broker.device("d-two", version=version) as victim:
        hub.subscribe("devices/#")
        victim.subscribe("devices/d-two/#")
        login = Login("d-one", broker.passwords["d-one"], "d-two")
        with Peer(broker.address(), login, Manners(version=version)) as liar:  # type: ignore[arg-type]  # both versions are tried
            liar.publish("devices/d-two/events", b"forged")
            liar.publish("devices/d-one/events", b"as itself")
            hub.wait_for(b"as itself")
            hub.publish("devices/d-two/commands", b"for the victim")
            victim.wait_for(b"for the victim")
            assert victim.is_connected
            assert liar.messages == []
        assert b"forged" not in [m.payload for m in hub.messages]


@pytest.mark.parametrize("client_id", ["hub-bridge", "hub", "canary"])
def test_a_device_cannot_take_over_the_hubs_own_session(broker: Broker, client_id: str) -> None:
    with broker.hub(client_id) as hub:
        hub.subscribe("devices/#")
        login = Login("d-one", broker.passwords["d-one"], client_id)
        with Peer(broker.address(), login) as liar:
            liar.publish("devices/d-one/events", b"still here?")
            hub.wait_for(b"still here?")
        assert hub.is_connected


@pytest.mark.parametrize("version", [4, 5])
def test_a_second_connection_of_one_device_ends_the_first(broker: Broker, version: int) -> None:
    with broker.device("d-one", version=version) as first:
        first.subscribe("devices/d-one/#")
        with broker.device("d-one", version=version) as second, broker.hub() as hub:
            first.wait_for_end()
            hub.publish("devices/d-one/commands", b"to the newer one")
            second.wait_for(b"to the newer one")  # in the same session, so without subscribing
            assert second.is_connected


@pytest.mark.contract("0.sessions_last_86400_s")
@pytest.mark.parametrize("version", [4, 5])
def test_a_session_waits_for_its_device_with_what_it_missed(broker: Broker, version: int) -> None:
    with broker.device("d-one", version=version) as device:
        device.subscribe("devices/d-one/commands")
    with broker.hub() as hub:
        for number in range(50):
            hub.publish("devices/d-one/commands", b"%d" % number)
    with broker.device("d-one", version=version) as device:
        assert [m.payload for m in device.wait_for_count(50)] == [b"%d" % number for number in range(50)]


@pytest.mark.parametrize("name", ["+", "d-one/+", "d-+", "d-one/#", "+/presence", "d-two/#"])
def test_a_name_made_to_open_other_subtrees_opens_none_even_if_it_got_into_the_file(broker: Broker, name: str) -> None:
    """`render_password_file` refuses such names; this is the second wall, Mosquitto's own."""
    path = broker.settings.credentials_path
    write_atomically(path, path.read_text() + f"{name}:{hash_password('password')}\n")
    broker.stop()
    broker.start_as_it_is()
    liar = Peer(broker.address(), Login(name, "password"), Manners(clean=True))
    with broker.hub() as hub, broker.device("d-two") as victim, liar:
        hub.subscribe("devices/#")
        liar.subscribe("#", "devices/#", "devices/+/desired", "devices/d-two/desired")
        for topic in ("presence", "events", "desired"):
            liar.publish(f"devices/d-two/{topic}", b"forged")
        hub.publish("devices/d-two/desired", b"for the victim", retain=True)
        victim.subscribe("devices/d-two/desired")
        victim.wait_for(b"for the victim")
        liar.subscribe("devices/d-two/commands")  # its answer comes after whatever was sent to it before
        assert liar.messages == []
        victim.publish("devices/d-two/events", b"the last one")
        hub.wait_for(b"the last one")
        assert b"forged" not in [m.payload for m in hub.messages]
