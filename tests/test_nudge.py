import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.nudge import NudgeReceiver, NudgeSender


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[NudgeReceiver]:
    receiver = NudgeReceiver(tmp_path, "bridge")
    yield receiver
    receiver.close()


def test_a_nudge_wakes_the_one_who_waits(tmp_path: Path, receiver: NudgeReceiver) -> None:
    threading.Timer(0.05, NudgeSender(tmp_path, "bridge").send).start()
    assert receiver.wait(20)


def test_many_nudges_count_as_one(tmp_path: Path, receiver: NudgeReceiver) -> None:
    sender = NudgeSender(tmp_path, "bridge")
    for _ in range(5000):
        sender.send()  # more than the socket holds: the rest is lost, and nobody is blocked
    assert receiver.wait(0)
    assert not receiver.wait(0)


def test_a_nudge_to_nobody_is_no_error(tmp_path: Path) -> None:
    NudgeSender(tmp_path, "nobody").send()
    NudgeSender(tmp_path / "no" / "such" / "folder", "bridge").send()


def test_a_socket_left_by_a_killed_process_is_replaced(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    left.bind(str(tmp_path / "bridge.nudge"))
    receiver = NudgeReceiver(tmp_path, "bridge")
    sender = NudgeSender(tmp_path, "bridge")
    sender.send()
    assert receiver.wait(1)
    receiver.close()
    left.close()


def test_a_sender_finds_the_receiver_that_started_after_it(tmp_path: Path) -> None:
    sender = NudgeSender(tmp_path, "bridge")
    sender.send()
    receiver = NudgeReceiver(tmp_path, "bridge")
    assert not receiver.wait(0)
    sender.send()
    assert receiver.wait(1)
    receiver.close()


def test_a_negative_wait_is_no_wait(receiver: NudgeReceiver) -> None:
    assert not receiver.wait(-1)
