"""What a teacher chooses from to start a lesson: carts, classrooms, devices, and who holds what."""

from typing import Any

from peewee import JOIN

from appliance.domain.people import Actor
from appliance.services.lessons import Lessons
from appliance.store.live import read_live
from appliance.store.models import Cart, Classroom, Device, Lesson, LessonDevice, Pupil, User
from protocol.device import Presence

Json = dict[str, Any]


class StartPage:
    def __init__(self, lessons: Lessons) -> None:
        self._lessons = lessons

    def choices(self, actor: Actor) -> Json:
        """`carts`, `classrooms`, `devices`, `held` (lessons and what they hold), `open_lesson` (mine, or None).

        `likely_classroom`: its id, or None.
        """
        in_order = (Device.cart.asc(nulls="LAST"), Device.number, Device.id)
        own = (Device.status == "active") & Device.guest_lesson_id.is_null()
        devices = list(Device.select().where(own).order_by(*in_order))
        online = {device_id for device_id, row in read_live().items() if row.presence == Presence.ONLINE}
        parts = _parts()
        mine = next(iter(self._lessons.open_of(actor)), None)
        holder = {part.device_id: part.lesson.teacher.name for part in parts}
        return {
            "carts": [_cart(cart, devices, online) for cart in Cart.select().order_by(Cart.name)],
            "classrooms": _classrooms(online),
            "likely_classroom": _likely_classroom(actor),
            "devices": [_device(device, online, holder) for device in devices],
            "held": _held(parts),
            "open_lesson": None if mine is None else _open(mine, parts, online),
        }

    def cart_devices(self, cart_id: int) -> list[str]:
        query = Device.select(Device.id).where((Device.cart == cart_id) & (Device.status == "active"))
        return [device.id for device in query.order_by(Device.number)]

    def classroom_devices(self, classroom_id: int) -> list[str]:
        """Those that its pupils were given, wherever they are kept."""
        query = Device.select(Device.id).join(Pupil).where(Pupil.classroom == classroom_id, Device.status == "active")
        return [device.id for device in query.distinct().order_by(Device.number)]


def _parts() -> list[LessonDevice]:
    """Every device of the school that is in a lesson now, with its lesson and teacher."""
    query = LessonDevice.select(LessonDevice, Lesson, User, Device).join(Lesson).join(User).switch(LessonDevice)
    held = LessonDevice.left_at.is_null() & Device.guest_lesson_id.is_null()
    return list(query.join(Device).where(held).order_by(Device.number))


def _cart(cart: Cart, devices: list[Device], online: set[str]) -> Json:
    mine = [device.id for device in devices if device.cart_id == cart.id]
    return {
        "id": cart.id,
        "name": cart.name,
        "total": len(mine),
        "online": sum(device_id in online for device_id in mine),
    }


def _classrooms(online: set[str]) -> list[Json]:
    """`total`, `online`: of the devices that its pupils were given."""
    found: dict[int, Json] = {
        row.id: {"id": row.id, "name": row.name, "pupils": 0, "total": 0, "online": 0}
        for row in Classroom.select().order_by(Classroom.name)
    }
    given = Pupil.select(Pupil.classroom, Device.id, Device.status).join(Device, JOIN.LEFT_OUTER)
    for classroom_id, device_id, status in given.tuples().iterator():
        classroom = found[classroom_id]
        classroom["pupils"] += 1
        if status == "active":
            classroom["total"] += 1
            classroom["online"] += device_id in online
    return list(found.values())


def _likely_classroom(actor: Actor) -> int | None:
    """As in the teacher's last lesson, else the only one there is. No guess beyond: names of another class mislead."""
    own = Lesson.select().where(Lesson.teacher == actor.user_id)
    last = own.order_by(Lesson.started_at.desc(), Lesson.id.desc()).first()
    if last is not None:
        return None if last.classroom_id is None else int(last.classroom_id)
    rooms = list(Classroom.select(Classroom.id).limit(2))
    return int(rooms[0].id) if len(rooms) == 1 else None


def _device(device: Device, online: set[str], holder: dict[str, str]) -> Json:
    return {
        "id": device.id,
        "number": f"{device.number:02d}",
        "name": device.name,
        "kind": device.kind,
        "source": "" if device.cart_id is None else f"cart:{device.cart_id}",
        "online": device.id in online,
        "held_by": holder.get(device.id),
    }


def _held(parts: list[LessonDevice]) -> list[Json]:
    """By lesson; also the actor's own, whose devices a second lesson would take away."""
    lessons = {part.lesson_id: part.lesson for part in parts}
    return [_holding(lesson, [part for part in parts if part.lesson_id == key]) for key, lesson in lessons.items()]


def _holding(lesson: Lesson, parts: list[LessonDevice]) -> Json:
    return {
        "lesson_id": lesson.id,
        "teacher": lesson.teacher.name,
        "title": lesson.title,
        "ends_at": lesson.ends_at,
        "sources": _sources(parts),
        "device_ids": [part.device_id for part in parts],
        "numbers": [f"{part.device.number:02d}" for part in parts],
    }


def _sources(parts: list[LessonDevice]) -> list[str]:
    """The choices of the start page that contain some of these devices."""
    carts = {f"cart:{part.device.cart_id}" for part in parts if part.device.cart_id is not None}
    pupils = Pupil.select(Pupil.classroom).where(Pupil.device.in_([part.device_id for part in parts]))
    return sorted(carts | {f"classroom:{pupil.classroom_id}" for pupil in pupils})


def _open(lesson: Lesson, parts: list[LessonDevice], online: set[str]) -> Json:
    mine = [part.device_id for part in parts if part.lesson_id == lesson.id]
    return {
        "id": lesson.id,
        "title": lesson.title,
        "cart": None if lesson.cart is None else lesson.cart.name,
        "ends_at": lesson.ends_at,
        "total": len(mine),
        "online": sum(device_id in online for device_id in mine),
    }
