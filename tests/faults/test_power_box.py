"""The power of a box is cut while it notes facts and sends them; the city is elsewhere and goes on.

What was acknowledged to a person is in the store and at the city once, and in the end both tell the same.
"""

import json
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from tests.faults import cutting
from tests.faults.box_victim import cart_name
from tests.faults.cutting import prepare, victim
from tests.faults.disks import PowerDisk
from tests.support.central import HOST, Central, running_central
from tests.uplink.hand_box import HandBox, asked, told

pytestmark = pytest.mark.timeout(1200)

NUMBERS = "SELECT body FROM outbox_record WHERE lane = 0 AND type = 'audit' ORDER BY seq"


@dataclass
class Rig:
    """One box on a disk whose power can be cut. `said`: what it acknowledged while the power was surely on."""

    city: Central
    disk: PowerDisk
    number: int
    lives: int = 0
    said: set[int] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.city.uplink_port}"

    @property
    def store(self) -> Path:
        return self.disk.path / "data" / "store.db"

    def join(self) -> None:
        code = self.city.claim_code(self.city.new_school(self.number))
        prepare(self.disk, victim("box_victim", "join", self.disk.path, self.address, code))
        ((self.appliance,),) = asked(self.city, "SELECT id FROM appliance ORDER BY claimed_at DESC, id DESC LIMIT 1")

    def live(self, synchronous: str, seconds: float) -> None:
        self.lives += 1
        first = self.lives * 100_000  # a number that was lost is never given to another fact
        words = ("work", self.disk.path, self.address, synchronous, first)
        cutting.one_cut(self.disk, victim("box_victim", *words), seconds, self._hear)

    def _hear(self, line: str, is_cut: bool) -> None:
        if not is_cut:
            self.said.add(int(line))

    def kept(self) -> list[int]:
        """The numbers of the facts that the box still has; its store must be whole, and the fact beside its record."""
        with closing(apsw.Connection(str(self.store))) as store:
            assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert store.execute("PRAGMA foreign_key_check").fetchall() == []
            bodies = [json.loads(str(row[0])) for row in store.execute(NUMBERS)]
            ((name,),) = store.execute("SELECT name FROM cart").fetchall()
            ((acknowledged,),) = store.execute("SELECT acknowledged FROM outbox_lane WHERE lane = 0").fetchall()
        numbers = [int(body["target"].rpartition(":")[2]) for body in bodies if body["action"] == "device.rename"]
        assert name == cart_name(max(numbers, default=0)), "fact and record were not one transaction"
        query = "SELECT max(up_to) FROM cursor WHERE appliance_id = ? AND lane = 0"
        ((cursor,),) = asked(self.city, query, self.appliance)
        assert int(str(acknowledged)) <= int(str(cursor)), "the box takes for told what the city has not"
        return numbers

    def losses(self) -> int:
        """Facts that were acknowledged, to a person or by having reached the city, and are gone; or there twice."""
        here, there = self.kept(), told(self.city, str(self.appliance))
        doubled = len(here) - len(set(here)) + len(there) - len(set(there))
        return len((self.said | set(there)) - set(here)) + doubled

    def losses_or_worse(self) -> int:
        try:
            return self.losses()
        except (AssertionError, apsw.Error, ValueError):
            return 1

    def drain(self) -> None:
        box = HandBox(self.disk.path, self.address)
        with box.opened():
            box.until(lambda: not box.waiting() and not box.trouble())
            assert box.standing() == "active"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    with running_central(tmp_path_factory.mktemp("city"), "--mqtt", "0") as city:
        yield city


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[PowerDisk]:
    disk = PowerDisk(tmp_path, megabytes=192)
    try:
        yield disk
    finally:
        disk.close()


def test_a_box_whose_power_is_cut_loses_and_doubles_no_record_and_in_the_end_both_ends_agree(
    city: Central, disk: PowerDisk, is_long: bool
) -> None:
    rig, chance = Rig(city, disk, 1), random.Random(4)
    rig.join()
    for _ in range(120 if is_long else 3):
        rig.live("FULL", chance.uniform(0.02, 0.6))
        assert rig.losses() == 0
        disk.unmount()
    disk.mount()
    rig.drain()
    numbers = rig.kept()
    assert rig.said <= set(numbers) and len(rig.said) > 20
    assert told(city, str(rig.appliance)) == sorted(numbers)
    assert asked(city, "SELECT name FROM cart WHERE appliance_id = ?", rig.appliance) == [(cart_name(max(numbers)),)]
    assert asked(city, "SELECT count(*) FROM gap WHERE appliance = ?", rig.appliance) == [(0,)]


def test_a_box_with_a_setting_that_is_known_to_lose_does_lose_on_this_rig(
    city: Central, disk: PowerDisk, losing: str, is_long: bool
) -> None:
    rig = Rig(city, disk, {"NORMAL": 2, "OFF": 3}[losing])
    rig.join()
    lost = 0
    for number in range(20 if is_long else 4):
        rig.live(losing, 0.2 + number / 20)
        lost = rig.losses_or_worse()
        disk.unmount()
        if lost:
            break
    assert lost > 0
