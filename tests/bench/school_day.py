"""What a school of sixty devices has to tell the city on one day: who tells what in which minute.

Two carts, each in two lessons. A device is told anew when it enters or leaves a lesson and when its battery has moved
by five percent (appliance/domain/telling.py); in the cupboard it has nothing to tell. Statistics come in the evening.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from protocol.times import format_time
from protocol.uplink_words import RecordType
from tests.bench.city import BORN

DEVICES = 60
MINUTES = 510  # 08:00 to 16:30
_LESSONS = ((40, 95, 0), (130, 185, 1), (330, 385, 0), (400, 455, 1))  # begin, end, cart
_APPS = 24
_LEVELS = ("CP", "CE1", "CE2", "CM1", "CM2")
_PACKAGES = {f"fr.education.application{number}": f"{number}.4.{number}" for number in range(12)}


@dataclass(frozen=True, slots=True)
class Telling:
    minute: int
    type: RecordType
    body: dict[str, Any]
    key: str | None = None


def one_day(devices: int = DEVICES) -> list[Telling]:
    """In order of time; the same each time."""
    chance = random.Random(60)
    names = ["d-" + "".join(chance.choices("23456789abcdefghjkmnpqrstuvwxyz", k=8)) for _ in range(devices)]
    told = [*_devices(names, chance), *_journal(names, chance)]
    return [*sorted(told, key=lambda one: one.minute), *_evening(names, chance)]


def _devices(names: Sequence[str], chance: random.Random) -> Iterator[Telling]:
    for number, name in enumerate(names):
        lessons = [(begin, end) for begin, end, cart in _LESSONS if cart == number % 2]
        drained = [begin + 25 + chance.randrange(10) for begin, _ in lessons]
        for minute in sorted({*drained, *(moment for lesson in lessons for moment in lesson)}):
            in_lesson = any(begin <= minute < end for begin, end in lessons)
            body = _device(number, name, minute, 95 - minute // 9 - chance.randrange(4))
            yield Telling(minute, RecordType.DEVICE, {**body, "in_lesson": in_lesson}, f"device:{name}")


def _device(number: int, name: str, minute: int, battery: int) -> dict[str, Any]:
    return {
        "id": name, "serial": f"R52T{name[2:].upper()}", "number": number + 1, "name": f"Tablette {number + 1}",
        "kind": "tablet", "status": "in_service", "manufacturer": "Samsung", "model": "Galaxy Tab A8",
        "os": "Android 14", "agent": "preau-agent 1.2", "cart": str(number % 2 + 1),
        "enrolled_at": "2026-09-01T08:00:00Z", "seen_at": format_time(BORN + timedelta(minutes=minute)),
        "battery": max(battery, 5), "charging": False, "free_bytes": 21_474_836_480 - 4096 * minute * number,
        "packages": _PACKAGES, "capabilities": ["lock", "open_link", "open_app", "documents"],
    }  # fmt: skip


def _journal(names: Sequence[str], chance: random.Random) -> Iterator[Telling]:
    for line in range(40):
        act = chance.choice(("device.rename", "device.move", "user.reset_password", "cart.rename", "session.open"))
        target = f"device:{chance.choice(names)}"
        body = {"actor": f"user:{line % 9}", "action": act, "target": target, "detail": {"number": line}}
        yield Telling(chance.randrange(MINUTES), RecordType.AUDIT, body)


def _evening(names: Sequence[str], chance: random.Random) -> Iterator[Telling]:
    day = f"{BORN:%Y-%m-%d}"
    for level in _LEVELS:
        for app in range(_APPS):
            some = chance.randrange(5, 28)
            cell = {"period": day, "level": level, "app": f"fr.education.application{app}"}
            yield Telling(MINUTES, RecordType.USAGE, {**cell, "device_days": some, "seconds": some * 431})
    for name in names:
        percent = {"lowest": chance.randrange(10, 50), "highest": chance.randrange(80, 100)}
        yield Telling(MINUTES, RecordType.BATTERY, {"period": day, "device": name, **percent})
