"""Ninety days of a school of sixty devices without a line: all of it fits, and all of it arrives once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from appliance.services.outbox import put, put_state
from appliance.services.outbox_relief import OutboxRelief
from appliance.store.ballast import storage_level
from appliance.store.models import database
from protocol.uplink_words import RecordType
from tests.support.bad_proxy import bad_proxy
from tests.support.central import HOST, Central
from tests.uplink.hand_box import HandBox, asked, told

NewBox = Callable[..., HandBox]
DEVICES, APPS, DAYS = 60, 24, 90
DAY_MINUTES = 24 * 60
MOST_BYTES = 256 * 1024 * 1024
LEVELS = ("CP", "CE1", "CE2", "CM1", "CM2")
PACKAGES = {f"fr.education.application{number}": f"{number}.4.{number}" for number in range(12)}


def statistics(day: str) -> Iterator[tuple[RecordType, dict[str, Any]]]:
    for level in LEVELS:
        for app in range(APPS):
            name = f"fr.education.application{app}"
            yield RecordType.USAGE, {"period": day, "level": level, "app": name, "device_days": 7, "seconds": 600}
    for number in range(DEVICES):
        yield RecordType.BATTERY, {"period": day, "device": f"d-{number}", "lowest": 20, "highest": 95}


def device(number: int, at: datetime) -> dict[str, Any]:
    """Its battery and the last sight of it change each day, so that it is told anew."""
    return {
        "id": f"d-{number}", "serial": f"R52T{number:08d}", "number": number + 1, "name": f"Tablette {number + 1}",
        "kind": "tablet", "status": "in_service", "battery": at.day * 3, "packages": PACKAGES, "capabilities": ["lock"],
        "seen_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip


def one_day(box: HandBox, at: datetime) -> list[int]:
    """What leaves a school on a day of school; the numbers of its journal's lines."""
    with database.atomic("IMMEDIATE"):
        for record_type, body in statistics(f"{at:%Y-%m-%d}"):
            put(at, record_type, body)
        for number in range(DEVICES):
            put_state(at, RecordType.DEVICE, f"device:d-{number}", device(number, at))
    return box.note(40)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_ninety_days_without_a_line_fit_and_are_told_once(city: Central, uai: str, new_box: NewBox) -> None:
    with bad_proxy(HOST, city.uplink_port) as line, new_box(port=line.port).opened() as box:
        box.join(city, uai)
        line.down = True
        first = datetime.now(UTC) - timedelta(days=DAYS)  # noqa: TID251 - the box's clock is this machine's
        relief = OutboxRelief(lambda: storage_level(box.config.data_path))
        before, numbers, days = size_of(box.folder), list[int](), 0
        for past in range(DAYS):
            at = first + timedelta(days=past)
            box.turn(DAY_MINUTES)
            relief.step(at)
            if at.weekday() < 5:
                numbers += one_day(box, at)
                days += 1
        grown = size_of(box.folder) - before
        assert grown < MOST_BYTES // 16, f"{grown} bytes"
        line.down = False
        box.until(lambda: not box.waiting() and not box.trouble())
        assert told(city, box.appliance) == numbers
        cells = days * len(LEVELS) * APPS
        assert asked(city, "SELECT count(*), sum(device_days) FROM usage WHERE school_id = ?", uai) == [
            (cells, cells * 7)
        ]
        assert counted(city, "battery_day WHERE school", uai) == days * DEVICES
        assert counted(city, "device WHERE appliance", box.appliance) == DEVICES
        assert counted(city, "gap WHERE appliance", box.appliance) == 0
        assert counted(city, "parked_record WHERE appliance_id", box.appliance) == 0


def counted(city: Central, where: str, value: str) -> object:
    return asked(city, f"SELECT count(*) FROM {where} = ?", value)[0][0]  # noqa: S608 - words of this module
