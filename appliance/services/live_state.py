"""What is known of each device at this moment. Kept by the bridge in memory, copied to live storage for the pages."""

from collections.abc import Collection
from datetime import datetime

from appliance.store.live import Live, write_live
from protocol.device import Event, EventType, Presence, Reported, restrictions_as_json


class LiveStates:
    """Written in the inbox's thread; `online` and `versions` may be asked from another one."""

    def __init__(self) -> None:
        self._rows: dict[str, Live] = {}
        self._changed: set[str] = set()

    @property
    def online(self) -> Collection[str]:
        return {device_id for device_id, row in list(self._rows.items()) if row.presence == Presence.ONLINE}

    def presence(self, device_id: str, presence: Presence, now: datetime) -> bool:
        """True when the device has just come online."""
        row = self._row(device_id, now)
        came = presence is Presence.ONLINE and row.presence != Presence.ONLINE
        row.presence = presence
        if presence is Presence.OFFLINE:
            row.hand_at = None
        return came

    def heard(self, device_id: str, now: datetime) -> bool:
        """Any fresh message is a sign of life, even where the presence got lost. True when it was not online."""
        return self.presence(device_id, Presence.ONLINE, now)

    def reported(self, device_id: str, reported: Reported, now: datetime) -> None:
        row = self._row(device_id, now)
        row.version = reported.version
        row.applied = None if reported.restrictions is None else restrictions_as_json(reported.restrictions)
        row.unsupported = [str(word) for word in reported.unsupported]
        row.errors = dict(reported.errors)
        if reported.battery is not None:
            row.battery_level, row.charging = reported.battery.level, reported.battery.charging
        row.storage_free = reported.storage_free
        row.foreground = reported.foreground

    def event(self, device_id: str, event: Event, now: datetime) -> None:
        row = self._row(device_id, now)
        if event.type is EventType.HAND_RAISED:
            row.hand_at = row.hand_at or now
        elif event.type is EventType.HAND_LOWERED:
            row.hand_at = None

    def forget(self, device_ids: Collection[str]) -> None:
        for device_id in device_ids:
            self._rows.pop(device_id, None)
            self._changed.discard(device_id)

    def versions(self) -> dict[str, int]:
        """The desired version that each device says it has applied."""
        return {device_id: row.version for device_id, row in list(self._rows.items())}

    def save(self) -> bool:
        """Write what changed; True when anything did."""
        changed, self._changed = self._changed, set()
        write_live(self._rows[device_id] for device_id in changed)
        return bool(changed)

    def _row(self, device_id: str, now: datetime) -> Live:
        row = self._rows.get(device_id)
        if row is None:
            row = self._rows[device_id] = Live(device_id=device_id, presence=Presence.OFFLINE, version=0)
        row.seen_at = now
        self._changed.add(device_id)
        return row
