"""What goes over the bridge while an officer looks at a school: one picture a second, and the words that ask for it.

Nothing counts on any of it arriving. Devices only: never who holds one, what is on it or what a lesson is about.
"""

from dataclasses import dataclass
from datetime import datetime

from protocol.fields import Fields, array, flag, moment, remark, text, whole
from protocol.strict_json import read_object, write_object
from protocol.times import format_time
from protocol.uplink import MAX_BODY_BYTES, VERSION, check_version

LOOK_TOPIC = "look"  # down: there is something for you
WATCH_TOPIC = "watch"  # down: show yourself for so many seconds
LIVE_TOPIC = "live"  # up: a picture
BRIDGE_TOPIC = "bridge"  # up: 1 or 0, by Mosquitto itself
MAX_WATCH_SECONDS = 120


def bridge_name(appliance: str) -> str:
    """The client id of a box's bridge at the city's broker."""
    return f"preau-{appliance}"


@dataclass(frozen=True, slots=True)
class LiveDevice:
    id: str
    name: str
    online: bool
    in_lesson: bool
    battery: int | None = None
    charging: bool | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """`at` by the hub's clock."""

    at: datetime
    lessons: int
    devices: tuple[LiveDevice, ...]


def school_topic(uai: str, direction: str, leaf: str) -> str:
    """`direction`: up or down, as the city's broker knows it."""
    return f"schools/{uai}/{direction}/{leaf}"


def _device(value: object, path: str) -> LiveDevice:
    fields = Fields(value, path)
    return LiveDevice(
        id=fields.need("id", text(64)),
        name=fields.need("name", remark(200)),
        online=fields.need("online", flag),
        in_lesson=fields.need("in_lesson", flag),
        battery=fields.maybe("battery", whole(0, 100)),
        charging=fields.maybe("charging", flag),
    )


def parse_picture(raw: bytes) -> Picture:
    fields = Fields(read_object(raw, MAX_BODY_BYTES))
    check_version(fields)
    return Picture(
        at=fields.need("at", moment),
        lessons=fields.need("lessons", whole(0, 10_000)),
        devices=fields.need("devices", array(_device)),
    )


def encode_picture(picture: Picture) -> bytes:
    return write_object(
        {
            "v": VERSION,
            "at": format_time(picture.at),
            "lessons": picture.lessons,
            "devices": [_encode_device(one) for one in picture.devices],
        },
        MAX_BODY_BYTES,
    )


def _encode_device(device: LiveDevice) -> dict[str, object]:
    value: dict[str, object] = {
        "id": device.id,
        "name": device.name,
        "online": device.online,
        "in_lesson": device.in_lesson,
    }
    if device.battery is not None:
        value["battery"] = device.battery
    if device.charging is not None:
        value["charging"] = device.charging
    return value


def parse_watch(raw: bytes) -> int:
    """Seconds, bounded: whoever asks for more asks again."""
    return Fields(read_object(raw)).need("seconds", whole(0, MAX_WATCH_SECONDS))


def encode_watch(seconds: int) -> bytes:
    return write_object({"v": VERSION, "seconds": min(seconds, MAX_WATCH_SECONDS)})
