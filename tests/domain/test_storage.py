import pytest

from appliance.domain.storage import Disk, Level

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("used_percent", "level"),
    [
        (0, Level.NORMAL), (59, Level.NORMAL), (60, Level.THRIFTY), (75, Level.COARSE), (90, Level.ESSENTIAL),
        (98, Level.ESSENTIAL), (100, Level.SURVIVAL),
    ],
)  # fmt: skip
def test_the_level_follows_what_is_used(used_percent: int, level: Level) -> None:
    total = 1000 * MIB

    assert Disk(total, total * (100 - used_percent) // 100).level is level


def test_the_last_tenth_is_never_written_by_uploads() -> None:
    assert Disk(1000 * MIB, 350 * MIB).writable == 250 * MIB
    assert Disk(1000 * MIB, 100 * MIB).writable == 0
    assert Disk(1000 * MIB, 50 * MIB).writable == 0
    assert Disk(48 * MIB, 10 * MIB).writable == 2 * MIB  # nor what would call the disk full


def test_a_disk_of_nothing_is_full() -> None:
    assert Disk(0, 0).level is Level.SURVIVAL
