"""What this school shows to an officer of the city who looks at it now: devices, and whether a lesson holds them."""

from datetime import datetime

from appliance.store.live import read_live
from appliance.store.models import Device, Lesson, LessonDevice
from protocol.device import Presence
from protocol.uplink_live import LiveDevice, Picture


def take_picture(now: datetime) -> Picture:
    """Guests' devices are nobody's business in the city: they leave with their lesson."""
    live = read_live()
    held = {row.device_id for row in LessonDevice.select(LessonDevice.device).where(LessonDevice.left_at.is_null())}
    devices = Device.select().where((Device.status == "active") & Device.guest_lesson_id.is_null())
    lessons = Lesson.select().where(Lesson.ended_at.is_null()).count()
    found = []
    for device in devices.order_by(Device.name):
        row = live.get(device.id)
        online = row is not None and row.presence == Presence.ONLINE
        battery, charging = (None, None) if row is None else (row.battery_level, row.charging)
        found.append(LiveDevice(device.id, device.name, online, device.id in held, battery, charging))
    return Picture(now, lessons, tuple(found))
