"""What must be true after any fault, read from the box's own store beside the running box, and asserted.

The ledger is the other half: what the box has acknowledged to the outside. It is kept by the tests, never by the box.
"""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import apsw

from protocol.device import Command, Desired

OPEN = ("queued", "sent", "acknowledged")


class Box(Protocol):
    @property
    def data_path(self) -> Path: ...


@contextmanager
def store(box: Box) -> Iterator[apsw.Connection]:
    with closing(apsw.Connection(str(box.data_path / "store.db"))) as connection:
        connection.set_busy_timeout(10_000)
        yield connection


def rows(box: Box, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    with store(box) as connection:
        return connection.execute(statement, tuple(values)).fetchall()


def assert_sound(box: Box) -> None:
    assert rows(box, "PRAGMA integrity_check") == [("ok",)]
    assert rows(box, "PRAGMA foreign_key_check") == []


def versions(box: Box) -> dict[str, int]:
    return dict(rows(box, "SELECT id, version FROM device"))


def open_receipts(box: Box) -> list[tuple[Any, ...]]:
    return rows(
        box,
        "SELECT r.device_id, g.kind, r.state, r.tries, r.version FROM receipt r JOIN gesture g ON g.id = r.gesture_id "
        "WHERE r.state IN (?, ?, ?)",
        OPEN,
    )


@dataclass
class Effects:
    """What happened on devices, told by the devices. Used from the fleet's thread and from the test's."""

    done: Counter[tuple[str, str]] = field(default_factory=Counter)  # device, what the command said
    applied: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))  # device: versions in order
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on_done(self, device_id: str, command: Command, _monotonic: float) -> None:
        with self._lock:
            self.done[device_id, said(command)] += 1

    def on_applied(self, device_id: str, desired: Desired, _monotonic: float) -> None:
        with self._lock:
            self.applied[device_id].append(desired.version)


def said(command: Command) -> str:
    """The words by which a teacher's gesture is known again on the device, whatever id the hub gave it there."""
    return str(command.args.get("text") or command.args.get("url") or command.id)


@dataclass
class Ledger:
    """Gestures that were answered 201, and what each must have done. `refused`: definite answers that were none."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # gesture id: kind
    words: set[str] = field(default_factory=set)  # of commands
    refused: list[str] = field(default_factory=list)

    def write(self, gesture_id: str, kind: str, args: dict[str, Any]) -> None:
        self.acknowledged[gesture_id] = kind
        if kind in ("message", "open_link"):
            self.words.add(args.get("text") or args["url"])


def assert_nothing_lost_or_doubled(box: Box, ledger: Ledger, effects: Effects, devices: Sequence[str]) -> None:
    """I1 and I3 for gestures, once everything has settled."""
    assert ledger.refused == []
    stored = {row[0] for row in rows(box, "SELECT id FROM gesture WHERE kind <> 'release'")}
    assert stored == set(ledger.acknowledged), "each acknowledged gesture is stored, and nothing else is"
    asked = Counter((row[0], row[1]) for row in rows(box, "SELECT gesture_id, device_id FROM receipt"))
    expected = Counter((gesture, device) for gesture in ledger.acknowledged for device in devices)
    assert asked == expected, "one receipt for each device and gesture"
    odd = rows(
        box,
        "SELECT g.kind, g.args, r.state, r.error, r.version, r.device_id FROM receipt r JOIN gesture g "
        "ON g.id = r.gesture_id WHERE r.state NOT IN ('succeeded', 'canceled') LIMIT 5",
    )
    assert odd == [], "every order was done, or overtaken by a later one"
    commands = rows(box, "SELECT count(*) FROM receipt WHERE command IS NOT NULL AND state <> 'succeeded'")
    assert commands == [(0,)], "every command was done"
    assert effects.done == Counter((device, word) for device in devices for word in ledger.words)
    for device_id, applied in effects.applied.items():
        assert applied == sorted(set(applied)), f"versions on {device_id} only grow"


def usage_in_store(box: Box) -> dict[tuple[str, str], dict[int, int]]:
    """(device, boot): seq: seconds."""
    found: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for device_id, boot, seq, seconds in rows(box, "SELECT device_id, boot, seq, seconds FROM usage_record"):
        found[device_id, boot][seq] = seconds
    return found


def desired_of(payload: bytes) -> int:
    version: int = json.loads(payload)["version"]
    return version
