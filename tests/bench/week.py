"""What waits in a box after a week without a line: state, journal, statistics, of thirty tablets."""

from collections.abc import Iterator
from datetime import timedelta

from backports import zstd

from protocol.uplink import Batch, Record, encode_batch
from protocol.uplink_words import Lane
from tests.bench.city import BORN, EPOCH, SchoolBox

_DEVICES = 30
_APPS = 24
_LEVELS = ("CP", "CE1", "CE2", "CM1", "CM2")
_PACKAGES = {f"fr.education.application{number}": f"{number}.4.{number}" for number in range(12)}
_BATCH = 1000


def records(number: int, copies: int = 1) -> dict[Lane, list[Record]]:
    """Of box `number`: about 2,000 for one copy."""
    lanes: dict[Lane, list[Record]] = {Lane.RECEIPTS: [], Lane.STATE: [], Lane.STATISTICS: []}
    for copy in range(copies):
        for lane, kind, key, body in _facts(number, copy):
            seq = len(lanes[lane]) + 1
            lanes[lane].append(Record(seq, kind, BORN + timedelta(minutes=seq), body, key))
    return lanes


def _facts(number: int, copy: int) -> Iterator[tuple[Lane, str, str | None, dict[str, object]]]:
    for place in range(_DEVICES):
        name = f"{number:04d}-{copy:03d}-{place:02d}-7b9a-4f0e-a1b2-6d5c4e3f2a10"
        yield Lane.STATE, "device", f"device:{name}", _device(name, place)
    for day in range(1, 8):
        period = f"2026-{1 + copy % 12:02d}-{day + 7 * (copy // 12 % 3):02d}"
        for level in _LEVELS:
            for app in range(_APPS):
                name = f"fr.education.application{app}"
                yield Lane.STATISTICS, "usage", None, {
                    "period": period, "level": level, "app": name, "device_days": 5 + app, "seconds": 600 * app,
                }  # fmt: skip
        for place in range(_DEVICES):
            name = f"{number:04d}-{copy:03d}-{place:02d}-7b9a-4f0e-a1b2-6d5c4e3f2a10"
            yield Lane.STATISTICS, "battery", None, {"period": period, "device": name, "lowest": 20, "highest": 95}
        for line in range(40):
            told: dict[str, object] = {
                "actor": "m.durand",
                "action": "gesture.open_link",
                "target": f"lesson:{day}-{line}",
                "detail": {"devices": 28, "kind": "open_link"},
            }
            yield Lane.RECEIPTS, "audit", None, told


def _device(name: str, place: int) -> dict[str, object]:
    return {
        "id": name, "serial": f"R52T{name[:11]}", "number": place + 1, "name": f"Tablette {place + 1}",
        "kind": "tablet", "status": "in_service", "manufacturer": "Samsung", "model": "Galaxy Tab A8",
        "os": "Android 14", "agent": "preau-agent 1.2", "cart": "3", "enrolled_at": "2026-09-01T08:00:00Z",
        "seen_at": "2026-11-20T15:30:00Z", "battery": 74, "charging": False, "free_bytes": 21474836480,
        "packages": _PACKAGES, "capabilities": ["lock", "open_link", "open_app", "documents"],
    }  # fmt: skip


def packed_batches(box: SchoolBox, lanes: dict[Lane, list[Record]], size: int = _BATCH) -> list[tuple[int, bytes]]:
    """(records, body as it goes over the line), lane after lane."""
    found = []
    for lane, all_of_it in lanes.items():
        for place in range(0, len(all_of_it), size):
            some = tuple(all_of_it[place : place + size])
            batch = Batch(box.id, EPOCH, lane, place, place + len(some), some)
            found.append((len(some), zstd.compress(encode_batch(batch), 9)))
    return found
