"""What is known of each device at this moment. Kept by the bridge in memory, copied to live storage for the pages."""

import logging
import threading
from collections.abc import Collection
from datetime import datetime

from appliance.domain.agents import ANSWERING, AgentPresence
from appliance.logs import fact
from appliance.store.live import Live, forget_live, read_live, write_live
from appliance.store.trouble import STORE_ERRORS
from protocol.device import Event, EventType, Presence, Reported, restrictions_as_json

_log = logging.getLogger("live_state")


class LiveStates:
    """May be asked and told from several threads.

    `fresh` means: said just now. A retained copy proves nothing about now, but for the presence: the broker keeps it
    true while it lives, by the last will, and forgets it when it dies.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rows: dict[str, Live] = {}
        self._changed: set[str] = set()
        self._doubtful: set[str] = set()
        self._claimed: dict[str, int] = {}

    def load(self) -> None:
        """What the process before this one knew: a raised hand is said once. Whether it still holds is in doubt."""
        with self._lock:
            self._rows = read_live()
            self.doubt()

    @property
    def online(self) -> set[str]:
        """Reachable over any channel."""
        with self._lock:
            return {device_id for device_id, row in self._rows.items() if row.presence == Presence.ONLINE}

    @property
    def own_online(self) -> set[str]:
        """Reachable over their own channel."""
        with self._lock:
            return {device_id for device_id, row in self._rows.items() if row.own == Presence.ONLINE}

    def is_own_online(self, device_id: str) -> bool:
        with self._lock:
            row = self._rows.get(device_id)
            return row is not None and row.own == Presence.ONLINE

    def agent_presence(self, device_id: str) -> AgentPresence | None:
        with self._lock:
            row = self._rows.get(device_id)
            return None if row is None or row.agent is None else AgentPresence(row.agent)

    def agent(self, device_id: str, presence: AgentPresence | None, now: datetime) -> None:
        """What its agent is at this moment; None: it has none any more."""
        with self._lock:
            row = self._rows.get(device_id)
            if (None if row is None else row.agent) == presence:
                return
            row = self._row(device_id, now, fresh=presence in ANSWERING)
            row.agent = presence
            _join(row)

    def doubt(self) -> None:
        """The broker was lost, or came back and may have forgotten its sessions: who is online has to show it."""
        with self._lock:
            self._doubtful = set(self.own_online)

    def drop_doubtful(self) -> Collection[str]:
        """Those that showed nothing since `doubt` are offline; who they are."""
        with self._lock:
            gone, self._doubtful = self._doubtful, set()
            for device_id in gone:
                self._set_presence(self._rows[device_id], Presence.OFFLINE)
            return gone

    def presence(self, device_id: str, presence: Presence, now: datetime, *, fresh: bool = True) -> bool:
        """True when the device has just come online."""
        with self._lock:
            self._doubtful.discard(device_id)
            row = self._row(device_id, now, fresh)
            came = presence is Presence.ONLINE and row.own != Presence.ONLINE
            self._set_presence(row, presence)
            return came

    def heard(self, device_id: str, now: datetime) -> bool:
        """Any fresh message is a sign of life, even where the presence got lost. True when it was not online."""
        return self.presence(device_id, Presence.ONLINE, now)

    def reported(self, device_id: str, reported: Reported, now: datetime, *, fresh: bool = True) -> None:
        """Of a device with an agent: what both channels say together."""
        with self._lock:
            row = self._row(device_id, now, fresh)
            row.version = reported.version
            row.applied = None if reported.restrictions is None else restrictions_as_json(reported.restrictions)
            row.unsupported = [str(word) for word in reported.unsupported]
            row.errors = dict(reported.errors)
            if reported.battery is not None:
                row.battery_level, row.charging = reported.battery.level, reported.battery.charging
            row.storage_free = reported.storage_free
            row.foreground = reported.foreground
            row.boot = reported.boot or row.boot

    def event(self, device_id: str, event: Event, now: datetime) -> None:
        with self._lock:
            row = self._row(device_id, now, fresh=True)
            if event.type is EventType.HAND_RAISED:
                row.hand_at = row.hand_at or now
            elif event.type is EventType.HAND_LOWERED:
                row.hand_at = None

    def forget(self, device_ids: Collection[str]) -> None:
        """Removed devices; here and for the pages."""
        with self._lock:
            for device_id in device_ids:
                self._rows.pop(device_id, None)
                self._changed.discard(device_id)
                self._doubtful.discard(device_id)
                self._claimed.pop(device_id, None)
            if device_ids:
                forget_live(device_ids)

    def claims(self, device_id: str, version: int) -> None:
        """The version that a device with an agent says over its own channel, whatever its agent has applied."""
        with self._lock:
            self._claimed[device_id] = version

    def versions(self) -> dict[str, int]:
        """The desired version that each device says it has applied."""
        with self._lock:
            return {device_id: row.version for device_id, row in self._rows.items()} | self._claimed

    def save(self) -> bool:
        """Write what changed; True when anything did. What cannot be written now is written later: nothing is lost."""
        with self._lock:
            changed, self._changed = self._changed, set()
            try:
                write_live(self._rows[device_id] for device_id in changed)
            except STORE_ERRORS as error:
                self._changed |= changed
                fact(_log, "live_not_written", error=error)
                return False
            return bool(changed)

    def _row(self, device_id: str, now: datetime, fresh: bool) -> Live:
        row = self._rows.get(device_id)
        if row is None:
            row = self._rows[device_id] = Live(
                device_id=device_id, presence=Presence.OFFLINE, own=Presence.OFFLINE, version=0, seen_at=now
            )
        if fresh:
            row.seen_at = now
        self._changed.add(device_id)
        return row

    def _set_presence(self, row: Live, presence: Presence) -> None:
        """Over its own channel."""
        row.own = presence
        _join(row)
        self._changed.add(row.device_id)
        if presence is Presence.OFFLINE:
            row.hand_at = None


def _join(row: Live) -> None:
    """One device, one tile: there when any of its channels is."""
    is_there = row.own == Presence.ONLINE or row.agent in ANSWERING
    row.presence = Presence.ONLINE if is_there else Presence.OFFLINE
