"""What this school shows to an officer of the city who looks at it now: devices, and whether a lesson holds them."""

from datetime import datetime

from appliance.services.state_bodies import city_name, words_of_pupils
from appliance.store.live import read_live
from appliance.store.models import Device, Lesson, LessonDevice
from protocol.device import Presence
from protocol.uplink_live import LiveDevice, Picture


def take_picture(now: datetime) -> Picture:
    """Guests' devices are nobody's business in the city: they leave with their lesson."""
    live = read_live()
    held = {row.device_id for row in LessonDevice.select(LessonDevice.device).where(LessonDevice.left_at.is_null())}
    devices = list(Device.select().where((Device.status == "active") & Device.guest_lesson_id.is_null()))
    pupils = words_of_pupils(device.id for device in devices)
    lessons = Lesson.select().where(Lesson.ended_at.is_null()).count()
    found = []
    for device in devices:
        row = live.get(device.id)
        online = row is not None and row.presence == Presence.ONLINE
        battery, charging = (None, None) if row is None else (row.battery_level, row.charging)
        name = city_name(device, pupils.get(device.id, frozenset()))
        found.append(LiveDevice(device.id, name, online, device.id in held, battery, charging))
    return Picture(now, lessons, tuple(sorted(found, key=lambda one: one.name)))
