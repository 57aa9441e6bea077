"""The hub's side, played by the test on the real broker: it wants what it likes, and sees all that a device says.

The appliance's own bridge stands still meanwhile: it would correct what it did not ask for.
"""

import contextlib
import fcntl
import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from appliance.bootstrap import broker_settings
from appliance.broker.configuration import HUB_USERNAME
from appliance.broker.password_file import hub_password
from appliance.config import Config
from protocol import device as wire
from simulator.clock import read_wall
from tests.support.appliance import Appliance, wait_for
from tests.support.mqtt import Address, Login, Peer

_READERS: dict[str, Callable[[bytes], object]] = {
    "reported": wire.parse_reported,
    "inventory": wire.parse_inventory,
    "usage": wire.parse_usage,
    "events": wire.parse_event,
}
FREE: dict[str, Any] = {"lock": None, "sound": "allowed", "camera": "allowed", "internet": "allowed", "apps": None}
LESSON = {"id": "lesson-1", "teacher": "Mme Durand"}


def soon(seconds: float) -> datetime:
    return read_wall() + timedelta(seconds=seconds)


class HubPeer:
    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._version = 1000

    def want(self, device_id: str, until: datetime | None = None, version: int | None = None, **wish: Any) -> int:
        """`wish`: restrictions by their names; `lesson` and `display` as they are. Its version."""
        self._version = (self._version + 1) if version is None else version
        lesson, display = wish.pop("lesson", LESSON), wish.pop("display", None)
        self._publish(
            f"devices/{device_id}/desired",
            {
                "version": self._version,
                "issued_at": wire.format_time(soon(0)),
                "restrictions": FREE | wish,
                "restrictions_until": None if until is None else wire.format_time(until),
                "lesson": lesson,
                "packages": [],
                "name": "Tablette 07",
                "display": display,
            },
            retain=True,
        )
        return self._version

    def order(self, device_id: str, kind: str, args: dict[str, Any], *, lasts: float = 60, command_id: str = "") -> str:
        """Its id."""
        command_id = command_id or str(uuid4())
        times = {"issued_at": wire.format_time(soon(0)), "expires_at": wire.format_time(soon(lasts))}
        self._publish(f"devices/{device_id}/commands", {"id": command_id, "type": kind, **times, "args": args})
        return command_id

    def say_time(self, now: datetime | None = None) -> None:
        self._publish("hub/time", {"now": wire.format_time(now or soon(0))})

    def say_raw(self, topic: str, payload: bytes) -> None:
        self.peer.publish(topic, payload)

    def cover_usage(self, device_id: str, boot: str, up_to: int) -> None:
        self._publish(f"devices/{device_id}/usage/ack", {"boot": boot, "up_to": up_to})

    def heard(self, device_id: str, leaf: str) -> list[dict[str, Any]]:
        """Each is read as the appliance reads it: what is not of the protocol fails the test."""
        topic = f"devices/{device_id}/{leaf}"
        payloads = [one.payload for one in self.peer.messages if one.topic == topic]
        for payload in payloads:
            _READERS[leaf](payload)
        return [json.loads(payload) for payload in payloads]

    def presences(self, device_id: str) -> list[str]:
        topic = f"devices/{device_id}/presence"
        return [one.payload.decode() for one in self.peer.messages if one.topic == topic]

    def acks(self, command_id: str) -> list[dict[str, Any]]:
        payloads = [one.payload for one in self.peer.messages if one.topic.endswith("/acks")]
        return [json.loads(payload) for payload in payloads if wire.parse_ack(payload).id == command_id]

    def wait_ack(self, command_id: str, status: str, count: int = 1) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            fit = [one for one in self.acks(command_id) if one["status"] == status]
            return fit[-1] if len(fit) >= count else None

        return wait_for(found, 15, f"{status} of {command_id}; {self.acks(command_id)}")

    def wait_reported(self, device_id: str, version: int, seconds: float = 10, **wanted: Any) -> dict[str, Any]:
        """A report of this version that says all of `wanted`."""

        def found() -> dict[str, Any] | None:
            reports = self.heard(device_id, "reported")[-1:]
            return next((one for one in reports if one["version"] == version and wanted.items() <= one.items()), None)

        return wait_for(found, seconds, f"{version} {wanted}; {self.heard(device_id, 'reported')[-1:]}")

    def _publish(self, topic: str, message: dict[str, Any], *, retain: bool = False) -> None:
        assert self.peer.publish(topic, json.dumps(message).encode(), retain=retain) in (0, 16)


def _stands_still(bridge: int, config: Config) -> bool:
    """Stopped in the midst of a transaction, or of a reload, it would keep everybody else from writing."""
    os.kill(bridge, signal.SIGSTOP)
    wait_for(lambda: _is_stopped(bridge), what="each thread of the bridge has seen the signal")
    try:
        for path in (config.store_path, config.live_path):
            with contextlib.closing(sqlite3.connect(path, timeout=0.1, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                database.execute("ROLLBACK")
        with broker_settings(config).lock_path.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (sqlite3.OperationalError, BlockingIOError):
        os.kill(bridge, signal.SIGCONT)
        return False
    return True


def _is_stopped(pid: int) -> bool:
    """On a busy machine a thread may still finish what it is asking of the kernel: a lock, for one."""
    stats = [(task / "stat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return {stat.rpartition(")")[2].split()[0] for stat in stats} == {"T"}


@contextmanager
def playing_hub(box: Appliance) -> Iterator[HubPeer]:
    settings = broker_settings(Config(box.data_path))
    login = Login(HUB_USERNAME, hub_password(settings), f"test-{uuid4().hex[:8]}")
    bridge = box.pids()["bridge"]
    wait_for(lambda: _stands_still(bridge, Config(box.data_path)), 10, "the bridge stands still and holds no lock")
    try:
        with Peer(Address(transport="unix", path=settings.socket_path), login) as peer:
            peer.subscribe("devices/#")
            yield HubPeer(peer)
    finally:
        os.kill(bridge, signal.SIGCONT)
