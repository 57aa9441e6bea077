"""Tells the city the state of this school: devices, carts and the box itself, when it changed and is worth it.

What a person or a device changes is told in the transaction of the change (`tell`, called by the journal). A step looks
once a minute at the rest: live facts, and whatever changed without a line in the journal.
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from appliance.domain.telling import is_device_news
from appliance.services.outbox import is_joined, put_state
from appliance.services.state_bodies import (
    Told,
    cart_bodies,
    cart_body,
    cart_key,
    device_bodies,
    device_key,
    live_facts,
    school_devices,
)
from appliance.store.city_models import OutboxRecord
from appliance.store.live import live_database, read_live
from appliance.store.models import Cart, Device, database
from protocol.uplink_words import Lane, RecordType

EVERY = timedelta(minutes=1)
_AT_ONCE = 100  # devices in one transaction: a teacher's gesture must not wait


def tell(target: str, now: datetime) -> None:
    """In the caller's transaction: `target`, as the journal names it (`device:…`, `cart:…`), has just changed."""
    noun, _, name = target.partition(":")
    if noun == "device":
        known = Device.get_or_none((Device.id == name) & Device.guest_lesson_id.is_null())
        for key, body in device_bodies([] if known is None else [known], Told()).items():
            put_state(now, RecordType.DEVICE, key, body)
    elif noun == "cart" and name.isdecimal():
        cart = Cart.get_or_none(Cart.id == int(name))
        put_state(now, RecordType.CART, cart_key(name), None if cart is None else cart_body(cart))


def put_everything(now: datetime) -> None:
    """In the caller's transaction: all devices and carts; and what was told once and is no more, as gone."""
    _put_devices(school_devices(), Told(), now)
    _put_carts_and_gone(now)


def _put_carts_and_gone(now: datetime) -> None:
    carts = cart_bodies()
    for key, body in carts.items():
        put_state(now, RecordType.CART, key, body)
    known = {device_key(row.id) for row in school_devices()} | set(carts)
    for row in _told_states():
        if row.type in (RecordType.DEVICE, RecordType.CART) and row.key not in known:
            put_state(now, RecordType(row.type), str(row.key), None)


class Telling:
    """`live`: what devices said of themselves since the machine was started."""

    def __init__(self, live: Callable[[], Told] | None = None) -> None:
        self._live = live or _read_live
        self._has_begun = False

    def step(self, now: datetime) -> timedelta:
        """For upkeep. The first one of a process looks at everything that is kept."""
        if not is_joined():
            self._has_begun = False
            return EVERY
        if not self._has_begun:
            with database.atomic("IMMEDIATE"):
                _put_carts_and_gone(now)
            self._has_begun = True
        told = self._live()
        devices = school_devices()
        for place in range(0, len(devices), _AT_ONCE):
            _tell_news(devices[place : place + _AT_ONCE], told, now)
        return EVERY


def _tell_news(devices: list[Device], told: Told, now: datetime) -> None:
    """Looked at without holding up anybody; what is news is read again in the transaction that tells it."""
    news = _news(devices, told, now)
    fresh = [device for device in devices if device_key(device.id) in news]
    if fresh:
        with database.atomic("IMMEDIATE"):
            again = list(Device.select().where(Device.id.in_([device.id for device in fresh])))
            _put_devices(again, told, now)


def _news(devices: Iterable[Device], told: Told, now: datetime) -> set[str]:
    bodies = device_bodies(devices, told)
    rows = OutboxRecord.select().where((OutboxRecord.lane == Lane.STATE) & OutboxRecord.key.in_(list(bodies)))
    last = {str(row.key): (json.loads(row.body or "{}"), row.at) for row in rows}
    return {
        key for key, body in bodies.items() if key not in last or is_device_news(last[key][0], body, now - last[key][1])
    }


def _put_devices(devices: Iterable[Device], told: Told, now: datetime) -> None:
    for key, body in device_bodies(devices, told).items():
        put_state(now, RecordType.DEVICE, key, body)


def _told_states() -> list[OutboxRecord]:
    return list(OutboxRecord.select().where(OutboxRecord.lane == Lane.STATE))


def _read_live() -> Told:
    with live_database.connection_context():
        return live_facts(read_live())
