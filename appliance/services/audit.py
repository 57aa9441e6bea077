"""Which lines of the school's journal the city is told: those about equipment and staff accounts, and no other.

An allow-list, by action and by field of the detail. What a lesson does, and what concerns classes and pupils, stays
here. Called by the journal, in the transaction of the act; the state of what the line is about goes with it.
"""

from collections.abc import Mapping
from datetime import datetime

from appliance.services.outbox import is_joined, put
from appliance.services.telling import tell
from appliance.store.models import Device
from protocol.uplink_records import AuditBody, encode_body
from protocol.uplink_words import RecordType

# Action -> the fields of its detail that go along.
TOLD: dict[str, tuple[str, ...]] = {
    "device.add": ("agent",),
    "device.enrolled": (),
    "device.reenrolled": (),
    "device.serial_conflict": ("serial",),
    "device.rename": (),
    "device.renumber": ("number",),
    "device.move": ("cart",),
    "device.replace": ("by",),
    "device.retire": (),
    "device.revoke": (),
    "device.suspend": ("seconds",),
    "device.code": (),
    "cart.add": (),
    "cart.rename": (),
    "cart.remove": (),
    "token.add": ("uses", "cart", "device"),
    "token.revoke": ("device",),
    "agents.enable": (),
    "agents.disable": (),
    "agent.link": ("agent", "profile"),
    "agent.unlink": ("agent",),
    "agent.rotate": (),
    "agent.accept": (),
    "agent.rotated": (),
    "agent.rotation_undone": (),
    "agent.alarm": ("alarm",),
    "user.add": ("role",),
    "user.invite": (),
    "user.accept": (),
    "user.set_up": (),
    "user.change_password": (),
    "user.reset_password": (),
    "user.rename": (),
    "user.change_role": ("role",),
    "user.deactivate": (),
    "user.reactivate": (),
    "session.close_all": (),
    "pin.locked": (),
    "backup.create": ("size", "missing"),
    "backup.remove": (),
    "school.change": (),
    "city.claim": (),
    "city.join": (),
    "city.withdraw": (),
    "city.rolled_back": (),
    "city.configure": ("version",),
    "city.configuration_refused": (),
    "instruction.received": ("kind", "by", "instruction"),
    "instruction.refused": ("kind", "by", "refusal", "instruction"),
    "instruction.done": ("kind", "by", "instruction"),
    "instruction.failed": ("kind", "by", "instruction"),
    "instruction.canceled": ("kind", "by", "instruction"),
    "instruction.expired": ("kind", "by", "instruction"),
    "instruction.unknown": ("kind", "by", "instruction"),
}
SECURITY = frozenset({"device.serial_conflict", "device.suspend", "pin.locked", "agent.alarm", "instruction.refused"})


def tell_of(at: datetime, actor: str, action: str, target: str, detail: Mapping[str, object]) -> None:
    """In the caller's transaction. Nothing while no city was joined, and nothing about a guest."""
    fields = TOLD.get(action)
    if fields is None or not is_joined() or _is_of_a_guest(target):
        return
    told = {name: detail[name] for name in fields if detail.get(name) is not None}
    kind = RecordType.SECURITY if action in SECURITY else RecordType.AUDIT
    put(at, kind, encode_body(AuditBody(actor, action, target, told)))
    tell(target, at)
    if action == "device.replace":
        tell(f"device:{detail.get('by')}", at)


def _is_of_a_guest(target: str) -> bool:
    noun, _, name = target.partition(":")
    guest = (Device.id == name) & Device.guest_lesson_id.is_null(False)
    return noun == "device" and bool(Device.select().where(guest).exists())
