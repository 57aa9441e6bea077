"""Devices as the administrator reads them: the list with its filters, and all that is known of one. Changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.clock import Clock
from appliance.domain.devices import DeviceStatus
from appliance.domain.plain_text import folded
from appliance.errors import NotFound
from appliance.services.journal import Entry, JournalReader, Wanted
from appliance.store.live import Live, live_database, read_live
from appliance.store.models import Cart, Classroom, Device, Dropped, Inventory, Lesson, LessonDevice, Pupil
from protocol.device import Presence

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """`seen_at` None: not heard of since the appliance started."""

    id: str
    number: int
    name: str
    kind: str
    cart: str
    cart_id: int | None
    model: str
    serial: str
    status: DeviceStatus
    enrolled_at: datetime
    online: bool = False
    seen_at: datetime | None = None
    battery: int | None = None
    charging: bool = False
    storage_free: int | None = None
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Filters:
    """All of them hold; `cart_id` 0 means "in no cart". `text` looks at name, number, model, serial and id."""

    status: DeviceStatus | None = DeviceStatus.ACTIVE
    cart_id: int | None = None
    text: str = ""
    sort: str = "number"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class DroppedLine:
    device_id: str
    reason: str
    day: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class DevicePage:
    line: DeviceLine
    os: str
    agent: str
    capabilities: Sequence[str]
    errors: Mapping[str, str]
    inventory: Mapping[str, object]
    inventory_at: datetime | None
    dropped: Sequence[DroppedLine]
    journal: Sequence[Entry]
    pupils: Sequence[tuple[str, str]]  # classroom, name
    lesson: str
    has_conflict: bool


_SORTS: dict[str, Callable[[DeviceLine], object]] = {
    "number": lambda line: (folded(line.cart), line.number, line.id),
    "name": lambda line: (folded(line.name), line.number),
    "cart": lambda line: (folded(line.cart), line.number),
    "kind": lambda line: (line.kind, line.number),
    "model": lambda line: (folded(line.model), line.number),
    "seen": lambda line: (line.online, line.seen_at.timestamp() if line.seen_at else 0.0, line.number),
    "battery": lambda line: (-1 if line.battery is None else line.battery, line.number),
    "dropped": lambda line: (line.dropped, line.number),
}
SORTS = tuple(_SORTS)


class DeviceList:
    def __init__(self, clock: Clock, journal: JournalReader) -> None:
        self._clock = clock
        self._journal = journal

    def listed(self, filters: Filters | None = None) -> list[DeviceLine]:
        filters = filters or Filters()
        lines = [line for line in self._lines(filters.status) if _matches(line, filters)]
        lines.sort(key=_SORTS.get(filters.sort, _SORTS["number"]), reverse=filters.descending)  # type: ignore[arg-type]  # sorts by what has an order
        return lines

    def page(self, device_id: str) -> DevicePage:
        line = next((line for line in self._lines(None, device_id)), None)
        if line is None:
            raise NotFound("no_device")
        device = Device.get_by_id(device_id)
        inventory = Inventory.get_or_none(Inventory.device == device_id)
        live = _live([device_id]).get(device_id)
        journal = self._journal.page(Wanted(target=f"device:{device_id}", limit=50))
        return DevicePage(
            line=line,
            os=device.os,
            agent=device.agent,
            capabilities=device.capabilities or [],
            errors=(live.errors or {}) if live else {},
            inventory=inventory.document if inventory else {},
            inventory_at=inventory.received_at if inventory else None,
            dropped=_dropped_of(device_id),
            journal=journal,
            pupils=_pupils_of(device_id),
            lesson=_lesson_of(device_id),
            has_conflict=any(entry.action == "device.serial_conflict" for entry in journal[:10]),
        )

    def names(self) -> dict[str, str]:
        """For the journal: what a device is called now."""
        return {row.id: row.name for row in Device.select(Device.id, Device.name)}

    def dropped_since(self, day: str) -> dict[str, int]:
        """Messages refused from `day` (ISO) on, by device; the hub itself counts what no device can be blamed for."""
        counts: dict[str, int] = {}
        for row in Dropped.select(Dropped.device_id, Dropped.count).where(Dropped.day >= day):
            counts[row.device_id] = counts.get(row.device_id, 0) + row.count
        return counts

    def _lines(self, status: DeviceStatus | None, device_id: str | None = None) -> list[DeviceLine]:
        query = Device.select().where(Device.guest_lesson_id.is_null())
        if status is not None:
            query = query.where(Device.status == status)
        if device_id is not None:
            query = query.where(Device.id == device_id)
        carts = {cart.id: cart.name for cart in Cart.select()}
        live = _live(None if device_id is None else [device_id])
        dropped = self.dropped_since((self._clock.now() - _WEEK).date().isoformat())
        return [_line(row, carts, live.get(row.id), dropped.get(row.id, 0)) for row in query]


def _live(device_ids: Sequence[str] | None) -> dict[str, Live]:
    """Empty while nothing has been heard: a stopped appliance has no live state to open."""
    if live_database.deferred:
        return {}
    with live_database.connection_context() if live_database.is_closed() else live_database.atomic():
        return read_live(device_ids)


def _line(row: Device, carts: Mapping[int, str], live: Live | None, dropped: int) -> DeviceLine:
    return DeviceLine(
        id=row.id,
        number=row.number,
        name=row.name,
        kind=row.kind,
        cart=carts.get(row.cart_id or 0, ""),
        cart_id=row.cart_id,
        model=f"{row.manufacturer} {row.model}".strip(),
        serial=row.serial,
        status=DeviceStatus(row.status),
        enrolled_at=row.enrolled_at,
        online=live is not None and live.presence == Presence.ONLINE,
        seen_at=live.seen_at if live else None,
        battery=live.battery_level if live else None,
        charging=bool(live and live.charging),
        storage_free=live.storage_free if live else None,
        dropped=dropped,
    )


def _matches(line: DeviceLine, filters: Filters) -> bool:
    if filters.cart_id is not None and line.cart_id != (filters.cart_id or None):
        return False
    wanted = folded(filters.text)
    return not wanted or wanted in folded(f"{line.name} {line.number:02d} {line.model} {line.serial} {line.id}")


def _dropped_of(device_id: str) -> list[DroppedLine]:
    query = Dropped.select().where(Dropped.device_id == device_id).order_by(Dropped.day.desc(), Dropped.count.desc())
    return [DroppedLine(row.device_id, row.reason, row.day, row.count, row.last_at) for row in query.limit(100)]


def _pupils_of(device_id: str) -> list[tuple[str, str]]:
    query = Pupil.select(Pupil, Classroom).join(Classroom).where(Pupil.device == device_id).order_by(Classroom.name)
    return [(row.classroom.name, f"{row.first_name} {row.initial}.".removesuffix(" .")) for row in query]


def _lesson_of(device_id: str) -> str:
    held = (LessonDevice.device == device_id) & LessonDevice.left_at.is_null()
    part = LessonDevice.select(LessonDevice, Lesson).join(Lesson).where(held).first()
    return "" if part is None else part.lesson.title
