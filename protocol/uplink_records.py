"""Bodies of the uplink's records, by type. No field can hold a pupil's name: that is the point of writing them down.

Days are the school's own (ISO 8601, `2026-11-23`); a `period` is a day, or under pressure a week (`2026-W48`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from protocol.fields import Fields, Reader, array, flag, moment, remark, table, text, whole, word
from protocol.strict_json import Malformed, Reason
from protocol.times import format_time
from protocol.uplink import any_object
from protocol.uplink_words import RecordType, StorageWord

_PERIOD = re.compile(r"[0-9]{4}-(?:[01][0-9]-[0-3][0-9]|W[0-5][0-9])", re.ASCII)
_id = text(64)
_word = text(64)


def period(value: object, path: str) -> str:
    told = text(10)(value, path)
    if not is_period(told):
        raise Malformed(Reason.BAD_TIME, f"{path}: neither a day nor a week")
    return told


def is_period(told: str) -> bool:
    return _PERIOD.fullmatch(told) is not None


@dataclass(frozen=True, slots=True)
class ApplianceBody:
    """State, key `appliance`. `clock_ahead_seconds`: the machine's clock against the hub's. `findings`: codes."""

    software: str
    school_name: str
    zone: str
    storage: StorageWord
    disk_total: int
    disk_free: int
    clock_ahead_seconds: int
    booted_at: datetime
    devices: int
    outbox_records: int = 0
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceBody:
    """State, key `device:{id}`. `in_lesson`: held by a lesson when it was last told, never which or whose.

    Of the last lesson the day, and what it `held` back at last (words of `Capability`, and `eyes_up`; none: it was
    free). None: no lesson that the box remembers.
    """

    id: str
    serial: str
    number: int
    name: str
    kind: str
    status: str
    manufacturer: str = ""
    model: str = ""
    os: str = ""
    agent: str = ""
    cart: str = ""
    enrolled_at: datetime | None = None
    seen_at: datetime | None = None
    battery: int | None = None
    charging: bool | None = None
    free_bytes: int | None = None
    in_lesson: bool = False
    lesson_day: str | None = None
    held: tuple[str, ...] | None = None
    packages: Mapping[str, str] = field(default_factory=dict)  # name -> version
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CartBody:
    """State, key `cart:{id}`."""

    id: str
    name: str


SMALLEST_CELL = 5  # device-days: smaller ones leave no school, and are shown to nobody
OTHERS = ""  # the app, or the level, of the cell into which small ones go


@dataclass(frozen=True, slots=True)
class UsageBody:
    """One cell. `device_days` under 5 never leave: they are in the cell whose `app` is empty."""

    period: str
    level: str
    app: str
    device_days: int
    seconds: int


@dataclass(frozen=True, slots=True)
class ActivityBody:
    """`gestures`: kind -> {"asked", "done", "failed"}; `seen`: devices that were online at some time."""

    period: str
    lessons: int
    lesson_minutes: int
    devices: int
    seen: int
    enrollments: int
    enrollment_failures: int
    gestures: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class BatteryBody:
    """One device, one day: percent."""

    period: str
    device: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class AuditBody:
    """One line of the school's journal that concerns equipment or staff accounts. `detail`: ids and words."""

    actor: str
    action: str
    target: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class GapBody:
    """What had to be dropped, or is no longer there: (`after`, `up_to`] of `lane`."""

    lane: int
    after: int
    up_to: int
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class LogBody:
    """A part of a log that was asked for."""

    request: str
    part: int
    parts: int
    lines: tuple[str, ...]


Body = ApplianceBody | DeviceBody | CartBody | UsageBody | ActivityBody | BatteryBody | AuditBody | GapBody | LogBody


def _appliance(f: Fields) -> ApplianceBody:
    return ApplianceBody(
        software=f.need("software", remark(64)),
        school_name=f.need("school_name", remark(200)),
        zone=f.need("zone", remark(64)),
        storage=f.need("storage", word(StorageWord)),
        disk_total=f.need("disk_total", whole()),
        disk_free=f.need("disk_free", whole()),
        clock_ahead_seconds=f.need("clock_ahead_seconds", whole(-(10**11), 10**11)),
        booted_at=f.need("booted_at", moment),
        devices=f.need("devices", whole()),
        outbox_records=f.maybe("outbox_records", whole()) or 0,
        findings=f.maybe("findings", array(remark(64))) or (),
    )


def _device(f: Fields) -> DeviceBody:
    return DeviceBody(
        id=f.need("id", _id),
        serial=f.need("serial", text(128)),
        number=f.need("number", whole()),
        name=f.need("name", remark(200)),
        kind=f.need("kind", _word),
        status=f.need("status", _word),
        manufacturer=f.maybe("manufacturer", remark(128)) or "",
        model=f.maybe("model", remark(128)) or "",
        os=f.maybe("os", remark(128)) or "",
        agent=f.maybe("agent", remark(128)) or "",
        cart=f.maybe("cart", remark(64)) or "",
        enrolled_at=f.maybe("enrolled_at", moment),
        seen_at=f.maybe("seen_at", moment),
        battery=f.maybe("battery", whole(0, 100)),
        charging=f.maybe("charging", flag),
        free_bytes=f.maybe("free_bytes", whole()),
        in_lesson=bool(f.maybe("in_lesson", flag)),
        lesson_day=f.maybe("lesson_day", period),
        held=f.maybe("held", array(_word)),
        packages=f.maybe("packages", table(text(255), remark(128))) or {},
        capabilities=f.maybe("capabilities", array(remark(64))) or (),
    )


def _cart(f: Fields) -> CartBody:
    return CartBody(id=f.need("id", _id), name=f.need("name", remark(200)))


def _usage(f: Fields) -> UsageBody:
    return UsageBody(
        period=f.need("period", period),
        level=f.need("level", remark(64)),
        app=f.need("app", remark(255)),
        device_days=f.need("device_days", whole()),
        seconds=f.need("seconds", whole()),
    )


_count: Reader[Mapping[str, int]] = table(_word, whole())


def _activity(f: Fields) -> ActivityBody:
    return ActivityBody(
        period=f.need("period", period),
        lessons=f.need("lessons", whole()),
        lesson_minutes=f.need("lesson_minutes", whole()),
        devices=f.need("devices", whole()),
        seen=f.need("seen", whole()),
        enrollments=f.need("enrollments", whole()),
        enrollment_failures=f.need("enrollment_failures", whole()),
        gestures=f.need("gestures", table(_word, _count)),
    )


def _battery(f: Fields) -> BatteryBody:
    percent = whole(0, 100)
    return BatteryBody(
        period=f.need("period", period),
        device=f.need("device", _id),
        lowest=f.need("lowest", percent),
        highest=f.need("highest", percent),
    )


def _audit(f: Fields) -> AuditBody:
    return AuditBody(
        actor=f.need("actor", remark(128)),
        action=f.need("action", _word),
        target=f.maybe("target", remark(200)) or "",
        detail=f.maybe("detail", any_object) or {},
    )


def _gap(f: Fields) -> GapBody:
    return GapBody(
        lane=f.need("lane", whole(0, 9)),
        after=f.need("after", whole()),
        up_to=f.need("up_to", whole()),
        count=f.need("count", whole()),
        reason=f.need("reason", _word),
    )


def _log(f: Fields) -> LogBody:
    return LogBody(
        request=f.need("request", _id),
        part=f.need("part", whole()),
        parts=f.need("parts", whole(1)),
        lines=f.need("lines", array(remark(2000))),
    )


_READERS: dict[RecordType, Callable[[Fields], Body]] = {
    RecordType.APPLIANCE: _appliance,
    RecordType.DEVICE: _device,
    RecordType.CART: _cart,
    RecordType.USAGE: _usage,
    RecordType.ACTIVITY: _activity,
    RecordType.BATTERY: _battery,
    RecordType.AUDIT: _audit,
    RecordType.SECURITY: _audit,
    RecordType.GAP: _gap,
    RecordType.LOG: _log,
}


def read_body(record_type: RecordType, body: Mapping[str, object]) -> Body:
    """Receipts are read by `uplink_orders.read_receipt`. Raises Malformed."""
    return _READERS[record_type](Fields(dict(body), "body"))


def encode_body(body: Body) -> dict[str, object]:
    """What is None is left out: a line of a school costs bytes."""
    return {name: _plain(value) for name, value in asdict(body).items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return format_time(value)
    return list(value) if isinstance(value, tuple) else value
