"""The power of the city's server is cut while it takes batches; the box, with its real outbox, is elsewhere.

What the city acknowledged is there afterwards, once; what it did not is sent again; in the end both tell the same.
"""

import base64
import contextlib
import itertools
import json
import random
import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from appliance.services.outbox import Limits, Outbox, put, put_state
from appliance.store.city_models import OutboxRecord
from appliance.store.models import database
from protocol.uplink import encode_batch, is_answer_to, parse_batch_answer
from protocol.uplink_hello import Hello, encode_hello, parse_hello_answer
from protocol.uplink_records import AuditBody, encode_body
from protocol.uplink_words import Lane, RecordType, StorageWord
from tests.faults.cutting import mount_again, victim
from tests.faults.disks import PowerDisk
from tests.services.link import join_city
from tests.support.appliance import ROOT
from tests.support.store import opened_store

pytestmark = pytest.mark.timeout(1200)
SMALL = Limits(records=20)


class NoPower(Exception):
    """Nobody answers any more."""


@dataclass
class Wire:
    """To one life of the city. An answer that comes when the power may have gone is lost on its way."""

    process: "subprocess.Popen[str]"
    is_cut: threading.Event = field(default_factory=threading.Event)

    def ask(self, kind: str, body: bytes) -> bytes:
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(f"{kind} {base64.b64encode(body).decode()}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError as error:
            raise NoPower from error
        if self.is_cut.is_set() or not line.endswith("\n"):
            raise NoPower
        return base64.b64decode(line)


@dataclass
class Box:
    """Its outbox is on a disk that nobody cuts. `acknowledged`: the facts that the city says it has taken."""

    outbox: Outbox = field(default_factory=Outbox)
    token: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    acknowledged: set[int] = field(default_factory=set)

    def live(self, wire: Wire) -> None:
        """As the uplink does: hello, then what waits; until nobody answers."""
        self.greet(wire)
        while True:
            self.note(7)
            for lane in (Lane.RECEIPTS, Lane.STATE):
                self.send(wire, lane)

    def greet(self, wire: Wire) -> None:
        sender = self.outbox.sender()
        assert sender is not None
        hello = Hello(
            appliance=sender.appliance, epoch=sender.epoch, token=self.token, nonce=secrets.token_hex(16),
            hardware="hardware", at=now(), software="0.1", schema=3, storage=StorageWord.NORMAL, backlog={},
        )  # fmt: skip
        answer = parse_hello_answer(wire.ask("hello", encode_hello(hello)))
        assert answer.standing.value == "active"
        self.token = answer.token
        self.outbox.rewind(answer.cursors, now())

    def note(self, count: int) -> None:
        """Facts, and the state that the last of them leaves."""
        with database.atomic("IMMEDIATE"):
            for number in itertools.islice(self.numbers, count):
                line = AuditBody("console", "device.rename", f"device:{number}", {})
                put(now(), RecordType.AUDIT, encode_body(line))
                put_state(now(), RecordType.CART, "cart:1", {"id": "1", "name": f"Chariot {number}"})

    def send(self, wire: Wire, lane: Lane) -> None:
        batch = self.outbox.next_batch(lane, SMALL)
        if batch is None:
            return
        body = encode_batch(batch)
        answer = parse_batch_answer(wire.ask("batch", body))
        assert is_answer_to(answer, batch, body)
        self.outbox.acknowledge(answer, now())
        if lane is Lane.RECEIPTS:
            self.acknowledged |= {number_of(record.body) for record in batch.records}

    def waiting(self) -> int:
        return sum(one.records for one in self.outbox.backlog().values())


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - both ends are this machine


def number_of(body: object) -> int:
    assert isinstance(body, dict)
    return int(str(body["target"]).rpartition(":")[2])


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with opened_store(tmp_path):
        join_city(now())
        yield Box()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PowerDisk]:
    disk = PowerDisk(tmp_path, megabytes=192)
    try:
        yield disk
    finally:
        disk.close()


@contextmanager
def living(disk: PowerDisk, synchronous: str) -> Iterator[Wire]:
    """A life of the city's process; it is killed in the end."""
    command = victim("city_victim", disk.path, synchronous)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield Wire(process)
        finally:
            process.kill()
            assert process.stdin is not None
            with contextlib.suppress(OSError):  # what it did not read any more
                process.stdin.close()


def one_cut(disk: PowerDisk, box: Box, synchronous: str, seconds: float) -> None:
    """From its first answer the city has so long to live. The disk is mounted afterwards."""
    disk.mount()
    with living(disk, synchronous) as wire:
        box.greet(wire)

        def cut() -> None:
            wire.is_cut.set()
            disk.cut()
            wire.process.kill()

        timer = threading.Timer(seconds, cut)
        timer.start()
        with pytest.raises(NoPower):
            box.live(wire)
        timer.join()
    mount_again(disk)


def kept(disk: PowerDisk) -> tuple[list[int], list[str]]:
    """Numbers of facts, names of carts; the database must be whole, its cursors what its tables hold."""
    with closing(apsw.Connection(str(disk.path / "city.db"))) as city:
        assert city.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert city.execute("PRAGMA foreign_key_check").fetchall() == []
        query = "SELECT target FROM school_audit WHERE action = 'device.rename'"
        numbers = [int(str(row[0]).rpartition(":")[2]) for row in city.execute(query)]
        cursors = city.execute("SELECT up_to FROM cursor WHERE lane = 0").fetchall()
        assert sum(int(str(row[0])) for row in cursors) == len(numbers), "a cursor without its records"
        return numbers, [str(row[0]) for row in city.execute("SELECT name FROM cart")]


def losses(disk: PowerDisk, box: Box) -> int:
    numbers, _ = kept(disk)
    return len(box.acknowledged - set(numbers)) + len(numbers) - len(set(numbers))


def losses_or_worse(disk: PowerDisk, box: Box) -> int:
    try:
        return losses(disk, box)
    except (AssertionError, apsw.Error):
        return 1


def test_a_city_whose_power_is_cut_loses_and_doubles_no_acknowledged_batch_and_in_the_end_both_ends_agree(
    disk: PowerDisk, box: Box, is_long: bool
) -> None:
    chance = random.Random(7)
    for _ in range(100 if is_long else 3):
        one_cut(disk, box, "FULL", chance.uniform(0.02, 0.6))
        assert losses(disk, box) == 0
        disk.unmount()
    disk.mount()
    with living(disk, "FULL") as wire:
        box.greet(wire)
        while box.waiting():
            box.send(wire, Lane.RECEIPTS)
            box.send(wire, Lane.STATE)
    numbers, carts = kept(disk)
    written = {number_of_row(row) for row in OutboxRecord.select().where(OutboxRecord.type == "audit")}
    assert len(box.acknowledged) > 20
    assert sorted(numbers) == sorted(written)
    assert carts == [f"Chariot {max(written)}"]


def number_of_row(row: OutboxRecord) -> int:
    return number_of(json.loads(str(row.body)))


def test_a_city_with_a_setting_that_is_known_to_lose_does_lose_on_this_rig(
    disk: PowerDisk, box: Box, losing: str, is_long: bool
) -> None:
    lost = 0
    for number in range(20 if is_long else 4):
        one_cut(disk, box, losing, 0.2 + number / 20)
        lost = losses_or_worse(disk, box)
        disk.unmount()
        if lost:
            break
    assert lost > 0
