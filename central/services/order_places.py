"""Where an order goes: from what a person selected to appliances that are in service, and their devices."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from peewee import chunked

from central.domain.orders import MAX_INSTRUCTIONS, Wish, goes_to_devices
from central.errors import Conflict, Invalid, NotFound
from central.store.models import Appliance, Cart, Device
from protocol.uplink_words import Standing

_AT_ONCE = 500  # values of one `IN`


@dataclass(frozen=True, slots=True)
class Place:
    """Where one instruction goes."""

    appliance: str
    school: str
    device: str = ""


def places_of(wish: Wish) -> list[Place]:
    """Raises Conflict for a school or device without an appliance in service, NotFound for a device that there is not,
    Invalid for too many.
    """
    found = list(_device_places(wish)) if goes_to_devices(wish) else list(_box_places(wish))
    if not found:
        raise Conflict("nobody_to_order")
    if len(found) > MAX_INSTRUCTIONS:
        raise Invalid("bad_order", {"scope": "too_many"})
    return found


def check_cart(cart: object, places: Iterable[Place]) -> None:
    """Each of the boxes must have told the city of this cart; none ("") is always there. Raises Invalid."""
    boxes = {place.appliance for place in places}
    if cart and boxes - {row.appliance_id for row in Cart.select(Cart.appliance).where(Cart.id == cart)}:
        raise Invalid("bad_order", {"cart": "unknown_cart"})


def _in_service() -> dict[str, str]:
    """appliance -> school."""
    active = Appliance.select(Appliance.id, Appliance.school).where(Appliance.standing == Standing.ACTIVE)
    return {row.id: row.school_id for row in active}


def _box_places(wish: Wish) -> Iterator[Place]:
    boxes = _in_service()
    for appliance, school in sorted(boxes.items()):
        if appliance in wish.appliances or school in wish.schools:
            yield Place(appliance, school)
    missing = set(wish.appliances) - set(boxes) or set(wish.schools) - set(boxes.values())
    if missing:
        raise Conflict("no_appliance", name=min(missing))


def _device_places(wish: Wish) -> Iterator[Place]:
    """Named devices must have an appliance that is in service; of a school, all that are in service go."""
    boxes = _in_service()
    if wish.devices:
        for some in chunked(dict.fromkeys(wish.devices), _AT_ONCE):
            known = {row.id: row for row in Device.select().where(Device.id.in_(some))}
            yield from (_device_place(known.get(one), one, boxes) for one in some)
        return
    chosen = [one for one, school in boxes.items() if one in wish.appliances or school in wish.schools]
    for some in chunked(chosen, _AT_ONCE):
        there = Device.appliance.in_(some) & (Device.status == "active")
        for row in Device.select(Device.id, Device.appliance, Device.school).where(there).order_by(Device.id):
            yield Place(str(row.appliance), row.school_id, row.id)


def _device_place(row: Device | None, device_id: str, boxes: dict[str, str]) -> Place:
    if row is None:
        raise NotFound("unknown_device", name=device_id)
    if row.appliance not in boxes:
        raise Conflict("device_without_appliance", name=row.name)
    return Place(row.appliance, row.school_id, row.id)
