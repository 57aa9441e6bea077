"""The disk is full: the bridge lives on, keeps what it cannot write unacknowledged, and loses nothing of it."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.store import ballast
from appliance.store.models import UsageRecord
from protocol.device import Leaf, UsageBatch, encode_usage
from protocol.device import UsageRecord as Record
from tests.faults.disks import fill, small_disk
from tests.support.appliance import wait_for
from tests.support.box import Box, Tablet, running_box

_PER_BATCH = 150
_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=64) as path:
        yield path


@pytest.fixture
def box(disk: Path) -> Iterator[Box]:
    with running_box(folder=disk / "data") as box:
        ballast.tend(box.config.ballast_path)
        assert box.config.ballast_path.exists()
        yield box


def say_much(tablet: Tablet, boot: str, batches: int) -> int:
    """More than fits into what SQLite has allocated already. The number of the last record."""
    for batch in range(batches):
        first = batch * _PER_BATCH + 1
        records = tuple(Record(first + n, f"org.{'x' * 240}", _AT, 60) for n in range(_PER_BATCH))
        tablet.say(Leaf.USAGE, encode_usage(UsageBatch(boot, records)))
    return batches * _PER_BATCH


def test_the_bridge_waits_out_a_full_disk_and_counts_everything_once(box: Box, disk: Path) -> None:
    tablet = box.enroll().connect()
    box.wait_for_online(tablet)
    pid = box.bridge_pid
    filler = fill(disk)
    last = say_much(tablet, "b1", 20)
    wait_for(lambda: ("b1", last) in tablet.watermarks, 30, "written into the room that the ballast gave")
    assert not box.config.ballast_path.exists()
    assert "disk_full" in box.log
    shutil.rmtree(filler)
    filler = fill(disk)
    last = say_much(tablet, "b2", 60)
    wait_for(lambda: "disk_full error=database or disk is full ballast=gone" in box.log, 30, "no room, no ballast")
    assert box.bridge_runs
    assert box.bridge_pid == pid
    assert ("b2", last) not in tablet.watermarks
    shutil.rmtree(filler)
    wait_for(lambda: ("b2", last) in tablet.watermarks, 30, "recovered by itself")
    assert UsageRecord.select().where(UsageRecord.device == tablet.id).count() == 80 * _PER_BATCH
    assert (box.bridge_runs, box.bridge_pid) == (True, pid)
