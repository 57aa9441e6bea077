"""The state lane into its tables: the last value of each key of one appliance. In the caller's transaction.

Owns what a device's row takes from its box; what people add by hand (`remark`, `by_hand`) stays. `StateRow` keeps the
hash of each value as it came, for the daily comparison.
"""

from collections.abc import Sequence
from typing import TypeVar

from central.domain.plain_text import search_text
from central.services.apply_facts import Fact, Place, Unfit, foreign_devices, put_fitting
from central.store.bulk import Target, put_rows
from central.store.models import Appliance, Cart, Device, School, StateRow
from protocol.uplink_reconcile import hash_of
from protocol.uplink_records import ApplianceBody, CartBody, DeviceBody

T = TypeVar("T")

_AT_ONCE = 500  # SQLite binds a bounded number of values
_CART = Target(Cart, ("appliance", "id", "name"), keys=2)
_HASH = Target(StateRow, ("appliance", "key", "hash"), keys=2)
_DEVICE = Target(Device, (
    "id", "school", "appliance", "by_hand", "serial", "number", "name", "kind", "status", "manufacturer", "model",
    "os", "agent", "cart", "enrolled_at", "seen_at", "battery", "charging", "free_bytes", "in_lesson", "lesson_day",
    "held", "packages", "capabilities", "search", "updated_at", "remark",
), keys=1, keep=("remark",))  # fmt: skip


def apply_appliance(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    """A deletion says nothing: a box is gone when the city says so."""
    told = [fact for fact in facts if fact.body is not None]
    if told:
        body: ApplianceBody = told[-1].body
        Appliance.update(
            software=body.software,
            storage=body.storage.value,
            disk_total=body.disk_total,
            disk_free=body.disk_free,
            clock_ahead_seconds=body.clock_ahead_seconds,
            devices=min(body.devices, 2**31 - 1),
            findings=list(body.findings),
        ).where(Appliance.id == place.appliance).execute()
    return []


def apply_carts(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    gone = [_name_of(fact) for fact in facts if fact.body is None]
    for ids in _chunks(gone):
        Cart.delete().where((Cart.appliance == place.appliance) & Cart.id.in_(ids)).execute()
    made = [(fact, _cart_row(place, fact.body)) for fact in facts if fact.body is not None]
    return put_fitting(_CART, made)


def _cart_row(place: Place, body: CartBody) -> tuple[object, ...]:
    return place.appliance, body.id, body.name


def apply_devices(place: Place, facts: Sequence[Fact]) -> list[Unfit]:
    gone = [_name_of(fact) for fact in facts if fact.body is None]
    for ids in _chunks(gone):
        Device.delete().where((Device.appliance == place.appliance) & Device.id.in_(ids)).execute()
    told = [fact for fact in facts if fact.body is not None]
    foreign = {one for ids in _chunks([fact.body.id for fact in told]) for one in foreign_devices(place, ids)}
    carts = {row.id: row.name for row in Cart.select().where(Cart.appliance == place.appliance)}
    school = School.get_by_id(place.uai).name
    made = [(fact, _device_row(place, fact.body, school, carts)) for fact in told if fact.body.id not in foreign]
    unfit = [Unfit(fact, "other_school") for fact in told if fact.body.id in foreign]
    return unfit + put_fitting(_DEVICE, made)


def _device_row(place: Place, body: DeviceBody, school: str, carts: dict[str, str]) -> tuple[object, ...]:
    found_by = search_text(
        body.serial, body.name, body.number, body.model, body.manufacturer, carts.get(body.cart, ""), school, place.uai
    )
    return (
        body.id, place.uai, place.appliance, False, body.serial, body.number, body.name, body.kind, body.status,
        body.manufacturer, body.model, body.os, body.agent, body.cart, body.enrolled_at, body.seen_at, body.battery,
        body.charging, body.free_bytes, body.in_lesson, body.lesson_day, None if body.held is None else list(body.held),
        dict(body.packages), list(body.capabilities), found_by, place.now, "",
    )  # fmt: skip


def keep_hashes(place: Place, facts: Sequence[Fact]) -> None:
    """Of all that came in this lane, also of what was parked: it is here, and need not be sent again."""
    gone = [fact.record.key for fact in facts if fact.record.body is None]
    for keys in _chunks(gone):
        StateRow.delete().where((StateRow.appliance == place.appliance) & StateRow.key.in_(keys)).execute()
    put_rows(
        _HASH,
        [(place.appliance, one.record.key, hash_of(one.record.body)) for one in facts if one.record.body is not None],
    )


def _name_of(fact: Fact) -> str:
    return (fact.record.key or "").partition(":")[2]


def _chunks(values: Sequence[T]) -> list[list[T]]:
    return [list(values[place : place + _AT_ONCE]) for place in range(0, len(values), _AT_ONCE)]
