"""Desired and reported state (contract, section 3). Owns their values and their form on the wire, no decision."""

from dataclasses import dataclass, field
from datetime import datetime

from protocol.device_display import Display, display_as_json, read_display
from protocol.device_words import Access, Capability, PackageAction
from protocol.fields import Fields, array, flag, known_words, moment, remark, sha256, table, text, whole, word
from protocol.strict_json import Malformed, Reason, read_object, write_object
from protocol.times import format_time

MAX_PACKAGE_NAME_CHARS = 255
MAX_REMARK_CHARS = 500
MAX_BOOT_CHARS = 128
_MAX_LABEL_CHARS = 255
_MAX_URL_CHARS = 2048

read_package_name = text(MAX_PACKAGE_NAME_CHARS)


@dataclass(frozen=True, slots=True)
class Lock:
    message: str


@dataclass(frozen=True, slots=True)
class Restrictions:
    lock: Lock | None = None
    sound: Access = Access.ALLOWED
    camera: Access = Access.ALLOWED
    internet: Access = Access.ALLOWED
    apps: tuple[str, ...] | None = None  # None: any; (): none at all

    @property
    def is_free(self) -> bool:
        return self == UNRESTRICTED


UNRESTRICTED = Restrictions()


@dataclass(frozen=True, slots=True)
class LessonRef:
    id: str
    teacher: str


@dataclass(frozen=True, slots=True)
class PackageOrder:
    """An order to install says where the bytes are; an order to remove need not."""

    name: str
    version_code: int
    version_name: str
    action: PackageAction
    url: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Desired:
    version: int
    issued_at: datetime
    restrictions: Restrictions
    restrictions_until: datetime | None
    lesson: LessonRef | None
    packages: tuple[PackageOrder, ...] = ()
    name: str = ""
    display: Display | None = None  # of a screen only

    def __post_init__(self) -> None:
        """No child's tablet stays locked for ever: a restriction without an end cannot even be built."""
        if self.restrictions_until is None and not self.restrictions.is_free:
            raise Malformed(Reason.MISSING_FIELD, "restrictions_until: null with a restriction")


@dataclass(frozen=True, slots=True)
class Battery:
    level: int
    charging: bool


@dataclass(frozen=True, slots=True)
class Reported:
    """What a device says of itself. Only the version is needed: the rest is what its platform can tell."""

    version: int
    at: datetime | None
    restrictions: Restrictions | None
    unsupported: tuple[Capability, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    battery: Battery | None = None
    storage_free: int | None = None
    foreground: str | None = None
    boot: str | None = None


def read_restrictions(value: object, path: str) -> Restrictions:
    """A restriction that is not named is not asked for."""
    fields = Fields(value, path)
    access = word(Access)
    return Restrictions(
        lock=fields.maybe("lock", _read_lock),
        sound=fields.maybe("sound", access) or Access.ALLOWED,
        camera=fields.maybe("camera", access) or Access.ALLOWED,
        internet=fields.maybe("internet", access) or Access.ALLOWED,
        apps=fields.maybe("apps", array(read_package_name)),
    )


def restrictions_as_json(restrictions: Restrictions) -> dict[str, object]:
    return {
        "lock": None if restrictions.lock is None else {"message": restrictions.lock.message},
        "sound": restrictions.sound.value,
        "camera": restrictions.camera.value,
        "internet": restrictions.internet.value,
        "apps": None if restrictions.apps is None else list(restrictions.apps),
    }


def parse_desired(raw: bytes) -> Desired:
    fields = Fields(read_object(raw))
    return Desired(
        version=fields.need("version", whole()),
        issued_at=fields.need("issued_at", moment),
        restrictions=fields.need("restrictions", read_restrictions),
        restrictions_until=fields.maybe("restrictions_until", moment),
        lesson=fields.maybe("lesson", _read_lesson),
        packages=fields.maybe("packages", array(_read_package_order)) or (),
        name=fields.maybe("name", remark(_MAX_LABEL_CHARS)) or "",
        display=fields.maybe("display", read_display),
    )


def encode_desired(desired: Desired) -> bytes:
    """Without a word about the display where there is none: it is an addition that few devices need."""
    until, lesson, display = desired.restrictions_until, desired.lesson, desired.display
    return write_object(
        {
            "version": desired.version,
            "issued_at": format_time(desired.issued_at),
            "restrictions": restrictions_as_json(desired.restrictions),
            "restrictions_until": None if until is None else format_time(until),
            "lesson": None if lesson is None else {"id": lesson.id, "teacher": lesson.teacher},
            "packages": [_package_order_as_json(order) for order in desired.packages],
            "name": desired.name,
            **({} if display is None else {"display": display_as_json(display)}),
        }
    )


def parse_reported(raw: bytes) -> Reported:
    fields = Fields(read_object(raw))
    return Reported(
        version=fields.need("version", whole()),
        at=fields.maybe("at", moment),
        restrictions=fields.maybe("restrictions", read_restrictions),
        unsupported=fields.maybe("unsupported", known_words(Capability)) or (),
        errors=fields.maybe("errors", table(remark(_MAX_LABEL_CHARS), remark(MAX_REMARK_CHARS))) or {},
        battery=fields.maybe("battery", _read_battery),
        storage_free=fields.maybe("storage_free", whole()),
        foreground=fields.maybe("foreground", remark(MAX_PACKAGE_NAME_CHARS)),
        boot=fields.maybe("boot", text(MAX_BOOT_CHARS)),
    )


def encode_reported(reported: Reported) -> bytes:
    restrictions, battery = reported.restrictions, reported.battery
    return write_object(
        {
            "version": reported.version,
            "at": None if reported.at is None else format_time(reported.at),
            "restrictions": None if restrictions is None else restrictions_as_json(restrictions),
            "unsupported": [capability.value for capability in reported.unsupported],
            "errors": reported.errors,
            "battery": None if battery is None else {"level": battery.level, "charging": battery.charging},
            "storage_free": reported.storage_free,
            "foreground": reported.foreground,
            "boot": reported.boot,
        }
    )


def _read_lock(value: object, path: str) -> Lock:
    return Lock(Fields(value, path).maybe("message", remark(MAX_REMARK_CHARS)) or "")


def _read_lesson(value: object, path: str) -> LessonRef:
    fields = Fields(value, path)
    return LessonRef(fields.need("id", text(64)), fields.maybe("teacher", remark(_MAX_LABEL_CHARS)) or "")


def _read_battery(value: object, path: str) -> Battery:
    fields = Fields(value, path)
    return Battery(fields.need("level", whole(0, 100)), fields.need("charging", flag))


def _read_package_order(value: object, path: str) -> PackageOrder:
    fields = Fields(value, path)
    action = fields.need("action", word(PackageAction))
    is_install = action is PackageAction.INSTALL
    ask = fields.need if is_install else fields.maybe
    return PackageOrder(
        name=fields.need("name", read_package_name),
        version_code=ask("version_code", whole()) or 0,
        version_name=fields.maybe("version_name", remark(_MAX_LABEL_CHARS)) or "",
        action=action,
        url=ask("url", text(_MAX_URL_CHARS)) or "",
        size=ask("size", whole()) or 0,
        sha256=ask("sha256", sha256) or "",
    )


def _package_order_as_json(order: PackageOrder) -> dict[str, object]:
    described: dict[str, object] = {
        "name": order.name,
        "version_code": order.version_code,
        "version_name": order.version_name,
        "action": order.action.value,
    }
    if order.action is PackageAction.INSTALL:
        described |= {"url": order.url, "size": order.size, "sha256": order.sha256}
    return described
