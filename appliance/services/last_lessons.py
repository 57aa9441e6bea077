"""What may be told of a device's last lesson: its day, and what it held back at last. Never whose, which, or by whom.

What is held back is told in words (`lock`, `apps`, `sound`): which applications, and the text of a message, stay here.
"""

from collections.abc import Collection
from zoneinfo import ZoneInfo

from appliance.domain.gestures import GestureKind
from appliance.domain.restrictions import in_force
from appliance.domain.schools import DEFAULT_ZONE
from appliance.domain.statistics import day_of
from appliance.services.desired import read_hold
from appliance.services.settings import read_setting
from appliance.store.fields import from_milliseconds
from appliance.store.models import database

_LAST = (
    "SELECT device_id, base, eyes_up, joined_at, left_at IS NULL FROM lesson_device WHERE id IN "
    "(SELECT MAX(id) FROM lesson_device WHERE device_id IN ({places}) GROUP BY device_id)"
)


def last_lessons(wanted: Collection[str]) -> dict[str, dict[str, object]]:
    """Device id -> what the city is told; devices without a lesson that is remembered are left out."""
    if not wanted:
        return {}
    zone = ZoneInfo(read_setting("time_zone", DEFAULT_ZONE))
    rows = database.execute_sql(_LAST.format(places=",".join("?" * len(wanted))), tuple(wanted))
    return {
        device_id: {
            "in_lesson": bool(is_held),
            "lesson_day": day_of(from_milliseconds(joined_at), zone).isoformat(),
            "held": list(_held(base, eyes_up)),
        }
        for device_id, base, eyes_up, joined_at, is_held in rows
    }


def _held(base: str, eyes_up: str | None) -> tuple[str, ...]:
    hold = read_hold(base, eyes_up)
    return (GestureKind.EYES_UP.value,) if hold.eyes_up is not None else in_force(hold.restrictions)
