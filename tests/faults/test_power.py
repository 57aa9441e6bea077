"""The power is cut while gestures and usage are stored: what was acknowledged is there afterwards, once, and whole.

The disk is an ext4 whose driver is told to forget what was not flushed; the store's own setting is tried beside two
that must lose, so that a rig that cuts nothing is noticed.
"""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from tests.faults import cutting
from tests.faults.cutting import prepare, victim
from tests.faults.disks import PowerDisk
from tests.faults.victim import DEVICES

pytestmark = pytest.mark.timeout(600)


@dataclass
class Told:
    """What the outside has heard. What it hears while the power goes may be there afterwards or not."""

    gestures: set[str] = field(default_factory=set)
    usage: int = 0
    in_flight: list[str] = field(default_factory=list)

    def hear(self, line: str, is_cut: bool) -> None:
        kind, word = line.split()
        if is_cut:
            self.in_flight.append(line)
        elif kind == "gesture":
            self.gestures.add(word)
        else:
            self.usage = max(self.usage, int(word))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PowerDisk]:
    found = PowerDisk(tmp_path)
    try:
        prepare(found, victim("victim", "prepare", found.path))
        yield found
    finally:
        found.close()


def one_cut(disk: PowerDisk, synchronous: str, seconds: float, told: Told) -> None:
    cutting.one_cut(disk, victim("victim", "work", disk.path, synchronous), seconds, told.hear)


def losses(disk: PowerDisk, told: Told) -> int:
    """How many acknowledged facts are gone. Whatever is there must be whole and sound."""
    with closing(apsw.Connection(str(disk.path / "store.db"))) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
        gestures = {row[0] for row in store.execute("SELECT id FROM gesture")}
        receipts = {row[0]: row[1] for row in store.execute("SELECT gesture_id, count(*) FROM receipt GROUP BY 1")}
        assert receipts == dict.fromkeys(gestures, DEVICES), "each gesture is whole"
        version = count(store, "SELECT min(version) FROM device")
        assert version >= len(gestures), "each gesture has raised the version"
        usage = count(store, "SELECT count(*) FROM usage_record")
    return len(told.gestures - gestures) + max(0, told.usage - usage)


def count(store: apsw.Connection, statement: str) -> int:
    ((found,),) = store.execute(statement).fetchall()
    return int(str(found))


def losses_or_worse(disk: PowerDisk, told: Told) -> int:
    """A store that is not even whole counts as one loss."""
    try:
        return losses(disk, told)
    except (AssertionError, apsw.Error):
        return 1


def test_a_power_cut_loses_no_acknowledged_gesture_and_no_acknowledged_usage(disk: PowerDisk, is_long: bool) -> None:
    told, chance = Told(), random.Random(11)
    for _ in range(200 if is_long else 12):
        one_cut(disk, "FULL", chance.uniform(0.02, 0.4), told)
        assert losses(disk, told) == 0
        disk.unmount()
    assert len(told.gestures) > 20


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_settings_that_are_known_to_lose_do_lose_on_this_rig(disk: PowerDisk, synchronous: str, is_long: bool) -> None:
    lost = 0
    for number in range(40 if is_long else 4):
        told = Told()
        one_cut(disk, synchronous, 0.1 + number / 20, told)
        lost += losses_or_worse(disk, told)
        disk.unmount()
        if lost and not is_long:
            break
    assert lost > 0
