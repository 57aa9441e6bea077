"""What a broker that was killed, or stopped, knows when it is back: who may come in, and nothing else."""

import pytest

from appliance.broker.reload import Outcome
from tests.support.mosquitto import Broker


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restarted_broker_knows_credentials_but_no_session_and_nothing_retained(broker: Broker, end: str) -> None:
    """A presence of before the cut would be a lie, and a session from disk has no password: a reload would kill it."""
    with broker.device("d-one") as device:
        device.subscribe("devices/d-one/commands")
        device.publish("devices/d-one/presence", b"online", retain=True)
    getattr(broker, end)()
    broker.start()
    with broker.hub() as hub:
        hub.subscribe("devices/#")
        with broker.device("d-one") as device:
            assert not device.session_present
            device.publish("devices/d-one/events", b"the last one")
            hub.wait_for(b"the last one")
        assert len(hub.messages) == 1
    with broker.device("d-one") as device:
        assert device.session_present
    assert not [path for path in broker.settings.data_path.iterdir() if path.suffix == ".db"]


def test_a_broker_killed_again_and_again_comes_back_with_what_changed_meanwhile(broker: Broker) -> None:
    for number in range(5):
        broker.kill()
        assert broker.enroll(f"d-{number}", "d-one") is Outcome.BROKER_DOWN
        broker.start_as_it_is()
        assert all(broker.lets_in(name) for name in ("d-one", "d-two", f"d-{number}"))


def test_what_waits_for_a_hub_that_is_away_survives_a_reload(broker: Broker) -> None:
    with broker.hub("hub-bridge", clean=False) as hub:
        hub.subscribe("devices/#")
    with broker.device("d-one") as device:
        device.publish("devices/d-one/acks", b"first")
        broker.enroll("d-new")
        device.publish("devices/d-one/acks", b"second")
    with broker.hub("hub-bridge", clean=False) as hub:
        assert hub.session_present
        assert [m.payload for m in hub.wait_for_count(2)] == [b"first", b"second"]
