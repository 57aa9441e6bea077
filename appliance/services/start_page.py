"""What a teacher chooses from to start a lesson: carts, classrooms, devices, and who holds what."""

from collections import Counter
from typing import Any

from appliance.services.lessons import Held, Lessons
from appliance.store.live import read_live
from appliance.store.models import Cart, Classroom, Device
from protocol.device import Presence

Json = dict[str, Any]


class StartPage:
    def __init__(self, lessons: Lessons) -> None:
        self._lessons = lessons

    def choices(self) -> Json:
        """`devices` in the order of their carts and numbers, each with `held` (or None) and `online`."""
        held = {part.device_id: part for part in self._lessons.held()}
        online = {device_id for device_id, row in read_live().items() if row.presence == Presence.ONLINE}
        devices = list(Device.select().where(Device.status == "active").order_by(Device.cart, Device.number, Device.id))
        return {
            "carts": [_cart(cart, devices, online, held) for cart in Cart.select().order_by(Cart.name)],
            "classrooms": [
                {"id": row.id, "name": row.name, "level": row.level}
                for row in Classroom.select().order_by(Classroom.name)
            ],
            "devices": [_device(device, online, held) for device in devices],
        }

    def device_ids(self, cart_id: int) -> list[str]:
        query = Device.select(Device.id).where((Device.cart == cart_id) & (Device.status == "active"))
        return [device.id for device in query.order_by(Device.number)]


def _cart(cart: Cart, devices: list[Device], online: set[str], held: dict[str, Held]) -> Json:
    mine = [device.id for device in devices if device.cart_id == cart.id]
    holders = Counter(held[device_id].teacher for device_id in mine if device_id in held)
    return {
        "id": cart.id,
        "name": cart.name,
        "total": len(mine),
        "online": sum(device_id in online for device_id in mine),
        "held": [{"teacher": teacher, "count": count} for teacher, count in sorted(holders.items())],
    }


def _device(device: Device, online: set[str], held: dict[str, Held]) -> Json:
    part = held.get(device.id)
    return {
        "id": device.id,
        "number": f"{device.number:02d}",
        "name": device.name,
        "kind": device.kind,
        "cart_id": device.cart_id,
        "online": device.id in online,
        "held": None if part is None else {"teacher": part.teacher, "lesson_id": part.lesson_id},
    }
