"""Mosquitto dies of a reload that finds a session whose password no longer fits (see `reload.py`). Ours never does.

Without the sessions ended by hand most of these kill it. Sessions from disk would too: `test_restart.py`.
"""

import time

from appliance.broker import password_file
from appliance.broker.credentials import hash_password, write_atomically
from appliance.broker.reload import Outcome
from tests.support.crowd import Crowd
from tests.support.mosquitto import Broker, running_broker

NAMES = [f"d-{number:02}" for number in range(30)]
SOME, MORE = NAMES[:15], NAMES[15:20]
LIFE_SECONDS = 3.0  # Mosquitto looks at its expired sessions each second


def fall_asleep(broker: Broker, names: list[str]) -> None:
    """Leaves a session without a connection behind for each."""
    with Crowd(broker.settings.mqtt_port, {name: broker.passwords[name] for name in names}):
        pass


def come_and_go(broker: Broker, names: list[str]) -> None:
    began = time.monotonic()
    while time.monotonic() - began < LIFE_SECONDS and broker.is_running:
        fall_asleep(broker, names)


def test_devices_enrolled_again_while_they_sleep_do_not_bring_the_broker_down() -> None:
    with running_broker(*NAMES) as broker:
        fall_asleep(broker, NAMES)
        broker.enroll(*SOME)
        for number in range(4):
            broker.enroll(f"d-new-{number}")
        come_and_go(broker, NAMES)
        assert broker.enroll("d-last") is Outcome.RELOADED
        assert broker.is_running


def test_devices_removed_while_they_sleep_do_not_bring_the_broker_down() -> None:
    with running_broker(*NAMES) as broker:
        fall_asleep(broker, NAMES)
        broker.remove(*MORE)
        for number in range(4):
            broker.enroll(f"d-new-{number}")
        broker.enroll(*MORE)
        come_and_go(broker, NAMES)
        assert broker.is_running


def test_devices_removed_while_connected_do_not_bring_the_broker_down() -> None:
    with running_broker(*NAMES) as broker:
        with Crowd(broker.settings.mqtt_port, broker.passwords) as crowd:
            broker.remove(*MORE)
            assert crowd.gone(NAMES) == MORE
        for number in range(4):
            broker.enroll(f"d-new-{number}")
        broker.enroll(*MORE)
        come_and_go(broker, NAMES)
        assert broker.is_running


def test_a_writer_killed_in_the_middle_leaves_word_of_whom_to_end() -> None:
    with running_broker(*NAMES) as broker:
        fall_asleep(broker, NAMES)
        settings = broker.settings
        current = password_file.read(settings.credentials_path)
        broker.passwords[NAMES[0]] = "password"
        broker.credentials[NAMES[0]] = hash_password("password")
        written = current.changed_to(password_file.everyone(settings, broker.credentials, current))
        write_atomically(settings.credentials_path, written.render())
        for number in range(4):
            broker.enroll(f"d-new-{number}")
        assert password_file.read(settings.credentials_path).leaving == frozenset()
        come_and_go(broker, NAMES)
        assert broker.is_running
