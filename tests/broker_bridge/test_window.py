"""How much the hub has to hold in memory: what it does not acknowledge, the broker does not follow with more."""

import threading
from dataclasses import replace

import pytest

from appliance.broker.configuration import HUB_USERNAME, Limits
from appliance.broker.password_file import hub_password
from appliance.mqtt import HubConnection, Message
from protocol.device import Leaf, topic
from tests.support.appliance import wait_for
from tests.support.mosquitto import Broker, running_broker

DEVICE = "d-00000001"
SENT = 3_000


class Hub:
    """Takes messages and acknowledges them when it is told to, not before."""

    def __init__(self, broker: Broker) -> None:
        self.messages: list[Message] = []
        self.lost, self.again = threading.Event(), threading.Event()
        self.connection = HubConnection(
            broker.settings.socket_path, HUB_USERNAME, hub_password(broker.settings), ("devices/+/events",)
        )
        self.connection.on_message = self.messages.append
        self.connection.on_connected = self.again.set
        self.connection.on_lost = self.lost.set
        self.connection.start()
        wait_for(self.connection.connected.is_set, what="connected")


def payloads(messages: list[Message]) -> list[int]:
    return [int(message.payload) for message in messages]


@pytest.mark.contract("0.qos_is_1_everywhere")
def test_the_broker_gives_no_more_than_its_window_until_the_hub_has_committed() -> None:
    with running_broker(DEVICE) as broker:
        hub = Hub(broker)
        with broker.device(DEVICE) as device:
            for number in range(SENT):
                device.send(topic(DEVICE, Leaf.EVENTS), str(number).encode())
            device.wait_for_acks(SENT)
        window = Limits().inflight_messages
        wait_for(lambda: len(hub.messages) >= window, what="a full window")
        assert len(hub.messages) == window
        done = 0
        while done < SENT:
            wait_for(lambda: len(hub.messages) > done, what="the next")  # noqa: B023 - waited for within the turn
            hub.connection.acknowledge(hub.messages[done])
            done += 1
        assert payloads(hub.messages) == list(range(SENT)), "each once, in order, none lost"
        hub.connection.stop()


def test_what_was_not_acknowledged_is_given_again_to_the_next_process_and_nothing_else() -> None:
    with running_broker(DEVICE) as broker:
        hub = Hub(broker)
        with broker.device(DEVICE) as device:
            for number in range(10):
                device.publish(topic(DEVICE, Leaf.EVENTS), str(number).encode())
            wait_for(lambda: len(hub.messages) == 10, what="ten")
            for message in hub.messages[:4]:
                hub.connection.acknowledge(message)
            hub.connection.stop()
            later = Hub(broker)
            wait_for(lambda: len(later.messages) >= 6, what="the other six")
            assert payloads(later.messages) == list(range(4, 10))
            for message in later.messages:  # an earlier connection's: its packet ids mean nothing here
                later.connection.acknowledge(replace(message, connection=message.connection - 1))
            later.connection.stop()
        last = Hub(broker)
        wait_for(lambda: len(last.messages) >= 6, what="still not acknowledged")
        assert payloads(last.messages) == list(range(4, 10))
        last.connection.stop()


def test_what_was_published_into_a_dead_connection_does_not_come_out_of_the_next_one() -> None:
    with running_broker(DEVICE) as broker:
        hub = Hub(broker)
        broker.kill()
        wait_for(hub.lost.is_set, what="the loss")
        hub.again.clear()
        hub.connection.publish(topic(DEVICE, Leaf.COMMANDS), b"late")
        broker.start()
        wait_for(hub.again.is_set, what="connected again by itself")
        wait_for(hub.connection.connected.is_set, what="connected")
        with broker.device(DEVICE) as device:
            device.subscribe(topic(DEVICE, Leaf.COMMANDS))
            hub.connection.publish(topic(DEVICE, Leaf.COMMANDS), b"new")
            device.wait_for(b"new")
            assert [one.payload for one in device.messages] == [b"new"]
        hub.connection.stop()
