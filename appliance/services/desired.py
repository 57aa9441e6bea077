"""The desired state of devices, computed from the store, and its version, which only grows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from appliance.domain.restrictions import Hold
from appliance.store.bulk import execute_many
from appliance.store.fields import from_milliseconds, to_milliseconds
from appliance.store.models import database
from protocol.device import (
    UNRESTRICTED,
    Desired,
    Display,
    LessonRef,
    read_display,
    read_object,
    read_restrictions,
    restrictions_as_json,
)

_OPEN_PARTS = (
    "SELECT d.id, d.version, d.version_at, d.name, p.base, p.eyes_up, l.id, l.ends_at, u.name, "
    "CASE d.kind WHEN 'screen' THEN p.display END FROM device d "
    "LEFT JOIN lesson_device p ON p.device_id = d.id AND p.left_at IS NULL "
    "LEFT JOIN lesson l ON l.id = p.lesson_id LEFT JOIN user u ON u.id = l.teacher_id "
    "WHERE d.status = 'active'"
)

_GONE_GUESTS = (
    "SELECT id, version, version_at, name FROM device WHERE status <> 'active' AND guest_lesson_id IS NOT NULL"
)

# A restored hub continues from the seconds since 1970; what a device claims above this is nonsense or mischief.
_HIGHEST_BELIEVED = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    device_id: str
    desired: Desired


@lru_cache(maxsize=1024)
def read_hold(base: str, eyes_up: str | None) -> Hold:
    """Remembered: a whole class mostly has the same."""
    return Hold(read_restrictions(read_object(base.encode()), "base"), eyes_up)


@lru_cache(maxsize=128)
def _shown(display: str) -> Display | None:
    return read_display(read_object(display.encode()), "display")


def hold_as_json(hold: Hold) -> dict[str, object]:
    return restrictions_as_json(hold.base)


class DesiredStates:
    """Read by the bridge; `bump` is called by services inside their own transaction."""

    def versions(self) -> dict[str, int]:
        """Of every active device."""
        rows = database.execute_sql("SELECT id, version FROM device WHERE status = 'active'")
        return dict(rows.fetchall())

    def out_of_service(self) -> list[str]:
        rows = database.execute_sql("SELECT id FROM device WHERE status <> 'active'")
        return [row[0] for row in rows.fetchall()]

    def wanted(self, device_ids: Collection[str] | None = None) -> Iterable[Wanted]:
        """What should be, now, on these devices (None: all active ones)."""
        for row in database.execute_sql(_OPEN_PARTS).fetchall():
            if device_ids is None or row[0] in device_ids:
                yield _wanted(row)

    def farewells(self, device_ids: Collection[str]) -> Iterable[Wanted]:
        """The last word to guests that are out of service: nothing is restricted, no lesson."""
        if not device_ids:
            return
        for device_id, version, version_at, name in database.execute_sql(_GONE_GUESTS).fetchall():
            if device_id in device_ids:
                yield Wanted(
                    device_id, Desired(version, from_milliseconds(version_at), UNRESTRICTED, None, None, name=name)
                )

    def catch_up(self, reported: dict[str, int], now: datetime) -> list[str]:
        """A device that applied a later version than ours (the hub was restored): go above it. Returns whom."""
        known = self.versions()
        behind = [
            (device_id, seen)
            for device_id, seen in reported.items()
            if known.get(device_id, seen) < seen <= _HIGHEST_BELIEVED
        ]
        if not behind:
            return []
        execute_many(
            "UPDATE device SET version = ? + 1, version_at = ? WHERE id = ? AND version < ?",
            [(seen, to_milliseconds(now), device_id, seen) for device_id, seen in behind],
        )
        return [device_id for device_id, _ in behind]


def bump(device_ids: Iterable[str], now: datetime) -> None:
    """A new version for each of these devices; within the transaction that changes what they should be."""
    moment = to_milliseconds(now)
    execute_many(
        "UPDATE device SET version = version + 1, version_at = ? WHERE id = ?",
        [(moment, device_id) for device_id in device_ids],
    )


_Part = tuple[str, int, int, str, str | None, str | None, str | None, int | None, str | None, str | None]


def _wanted(row: _Part) -> Wanted:
    device_id, version, version_at, name, base, eyes_up, lesson_id, ends_at, teacher, display = row
    hold = Hold() if base is None else read_hold(base, eyes_up)
    restrictions = hold.restrictions
    return Wanted(
        device_id,
        Desired(
            version=version,
            issued_at=from_milliseconds(version_at),
            restrictions=restrictions,
            restrictions_until=None if restrictions.is_free or ends_at is None else from_milliseconds(ends_at),
            lesson=None if lesson_id is None else LessonRef(lesson_id, teacher or ""),
            name=name,
            display=None if display is None else _shown(display),
        ),
    )
