"""What the city is told of devices and carts, built from the store. Guests are none of its business.

Live facts (seen, battery, free room) come from live storage where there is one, else they stay as they were last told.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.domain.naming import device_name
from appliance.services.last_lessons import last_lessons
from appliance.store.city_models import OutboxRecord
from appliance.store.live import Live
from appliance.store.models import Cart, Device, Inventory, Pupil
from protocol.device import Kind
from protocol.times import format_time
from protocol.uplink_records import CartBody, DeviceBody, encode_body
from protocol.uplink_words import Lane

MOST_PACKAGE_BYTES = 32 * 1024  # of a record that must stay under 48 KiB
_LIVE = ("seen_at", "battery", "charging", "free_bytes")
_NO_LESSON: Mapping[str, object] = {"in_lesson": False}

Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class Told:
    """Device id -> its live facts, as they go over the line."""

    live: Mapping[str, Body] = field(default_factory=dict)

    def of(self, device_id: str) -> Body:
        return self.live.get(device_id, {})


def live_facts(rows: Mapping[str, Live]) -> Told:
    return Told({device_id: _live_fact(row) for device_id, row in rows.items()})


def device_key(device_id: str) -> str:
    return f"device:{device_id}"


def cart_key(cart_id: int | str) -> str:
    return f"cart:{cart_id}"


def device_bodies(devices: Iterable[Device], told: Told) -> dict[str, Body]:
    """key -> body. `devices`: no guests."""
    wanted = {str(device.id): device for device in devices}
    inventories = _inventories(wanted)
    lessons = last_lessons(wanted)
    last, pupils = _last_live(wanted), words_of_pupils(wanted)
    bodies: dict[str, Body] = {}
    for device_id, device in wanted.items():
        body = _body_of(device, inventories.get(device_id), pupils.get(device_id, frozenset()))
        body |= last.get(device_key(device_id), {}) | told.of(device_id)
        body |= lessons.get(device_id, _NO_LESSON)
        bodies[device_key(device_id)] = body
    return bodies


def cart_bodies() -> dict[str, Body]:
    return {cart_key(row.id): cart_body(row) for row in Cart.select()}


def cart_body(row: Cart) -> Body:
    return encode_body(CartBody(str(row.id), row.name))


def school_devices() -> list[Device]:
    return list(Device.select().where(Device.guest_lesson_id.is_null()))


def _body_of(device: Device, inventory: Mapping[str, Any] | None, pupils: frozenset[str]) -> Body:
    return encode_body(
        DeviceBody(
            id=device.id,
            serial=device.serial[:128],
            number=device.number,
            name=city_name(device, pupils),
            kind=device.kind,
            status=device.status,
            manufacturer=device.manufacturer,
            model=device.model,
            os=device.os,
            agent=device.agent,
            cart="" if device.cart_id is None else str(device.cart_id),
            enrolled_at=device.enrolled_at,
            packages=_packages(inventory),
            capabilities=tuple(sorted(device.capabilities)),
        )
    )


def city_name(device: Device, pupils: frozenset[str]) -> str:
    """Somebody may have called a tablet by the pupil who works with it: that name stays in the school."""
    if _words(device.name) & pupils:
        return device_name(Kind(device.kind), device.number)
    return str(device.name)


def _words(text: str) -> frozenset[str]:
    """Without accents: who types Lea means Léa."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return frozenset(re.findall(r"\w+", plain.casefold()))


def words_of_pupils(wanted: Iterable[str]) -> dict[str, frozenset[str]]:
    """Device id -> the words of its pupils' first names."""
    found: dict[str, frozenset[str]] = {}
    for row in Pupil.select(Pupil.device, Pupil.first_name).where(Pupil.device.in_(list(wanted))):
        words = _words(str(row.first_name))
        device_id = str(row.device_id)
        found[device_id] = found.get(device_id, frozenset()) | words
    return found


def _inventories(wanted: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    rows = Inventory.select().where(Inventory.device.in_(list(wanted)))
    return {str(row.device_id): row.document for row in rows}


def _packages(inventory: Mapping[str, Any] | None) -> dict[str, str]:
    """Name -> version, as many as fit."""
    packages: dict[str, str] = {}
    size = 0
    for one in (inventory or {}).get("packages") or ():
        version = str(one.get("version_name") or one.get("version_code") or "")[:128]
        size += len(one["name"]) + len(version.encode()) + 6
        if size > MOST_PACKAGE_BYTES:
            break
        packages[str(one["name"])] = version
    return packages


def _last_live(wanted: Iterable[str]) -> dict[str, Body]:
    """key -> the live facts of the last telling."""
    keys = [device_key(device_id) for device_id in wanted]
    rows = OutboxRecord.select(OutboxRecord.key, OutboxRecord.body).where(
        (OutboxRecord.lane == Lane.STATE) & OutboxRecord.key.in_(keys) & OutboxRecord.body.is_null(False)
    )
    return {
        str(row.key): {name: value for name, value in json.loads(str(row.body)).items() if name in _LIVE}
        for row in rows
    }


def _live_fact(row: Live) -> Body:
    facts: Body = {"seen_at": format_time(row.seen_at)}
    if row.battery_level is not None:
        facts |= {"battery": row.battery_level, "charging": bool(row.charging)}
    if row.storage_free is not None:
        facts["free_bytes"] = row.storage_free
    return facts
