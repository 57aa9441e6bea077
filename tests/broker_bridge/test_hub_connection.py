"""The hub's connection at a real broker: what strangers' manners do to it, and what its own callbacks do."""

import threading
from collections.abc import Iterator

import pytest

from appliance.broker.password_file import hub_password
from appliance.mqtt import HubConnection, Message
from tests.support.appliance import wait_for
from tests.support.mosquitto import Broker, running_broker


class Listener:
    """Keeps what comes, acknowledges all of it, and counts connections."""

    def __init__(self, broker: Broker) -> None:
        self.messages: list[Message] = []
        self.failures: list[Exception] = []
        self.connections = 0
        settings = broker.settings
        self.hub = HubConnection(settings.socket_path, "hub", hub_password(settings), ("devices/+/presence",))
        self.hub.on_connected = self._count
        self.hub.on_message = self._keep
        self.hub.on_failed = self.failures.append

    def _count(self) -> None:
        self.connections += 1

    def _keep(self, message: Message) -> None:
        self.messages.append(message)
        self.hub.acknowledge(message)


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker("d-00000001") as broker:
        yield broker


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    listener = Listener(broker)
    listener.hub.start()
    assert listener.hub.connected.wait(10)
    yield listener
    listener.hub.stop()


def test_a_device_that_speaks_with_qos_0_does_not_cost_the_hub_its_connection(
    broker: Broker, listener: Listener
) -> None:
    with broker.device("d-00000001") as device:
        for number in range(3):
            device.send("devices/d-00000001/presence", b"online%d" % number, retain=True, qos=0)
        device.publish("devices/d-00000001/presence", b"last")
        wait_for(lambda: any(one.payload == b"last" for one in listener.messages), what="the message with QoS 1")
    assert len(listener.messages) == 4
    assert listener.connections == 1


def test_an_error_in_a_callback_reaches_its_owner_and_not_only_a_log(broker: Broker) -> None:
    listener = Listener(broker)
    told = threading.Event()

    def fail() -> None:
        told.set()
        raise ValueError("a defect")

    listener.hub.on_connected = fail
    listener.hub.start()
    try:
        wait_for(lambda: listener.failures, what="the failure")
    finally:
        listener.hub.stop()
    assert told.is_set()
    assert isinstance(listener.failures[0], ValueError)
