"""What is known of one tablet with Webview Kiosk at this moment, and how what it says changes that. Sends nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appliance.broker_bridge.agents.webview_kiosk_words import (
    PACKAGES,
    STOPPED,
    EventType,
    LockType,
    Message,
    RequestType,
    Status,
    host_of,
    read_packages,
    read_part,
    read_status,
)
from appliance.domain.agents import AgentPresence
from appliance.domain.webview_kiosk import Value
from protocol.device import Battery

_STALE_MISSES = 2


@dataclass(slots=True)
class Facts:
    """`settings`: those that the tablet was seen to have since it came. `version`: of the agent."""

    is_there: bool = False
    is_asleep: bool = False
    said_good_bye: bool = False
    is_away: bool = False
    has_answered: bool = False
    misses: int = 0
    status: Status = field(default_factory=Status)
    lock_said: bool | None = None  # remembered over a restart
    is_charging: bool | None = None
    is_owner: bool | None = None
    may_lock: bool | None = None
    is_informed: bool = False  # by this connection to the hub: what is remembered may be out of date
    version: str = ""
    model: str = ""
    package: str = PACKAGES[0]
    launchable: frozenset[str] = frozenset()
    settings: dict[str, Value] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    refused: set[RequestType] = field(default_factory=set)

    @property
    def presence(self) -> AgentPresence:
        if not self.is_there:
            return AgentPresence.ASLEEP if self.is_asleep else AgentPresence.OFFLINE
        if self.misses >= _STALE_MISSES:
            return AgentPresence.STALE
        if not self.has_answered:
            return AgentPresence.CONNECTED
        return AgentPresence.AWAY if self.is_away else AgentPresence.READY

    @property
    def is_pinned(self) -> bool:
        return self.status.lock is LockType.SCREEN_PINNING

    @property
    def host(self) -> str:
        """Of the page in front: all of its address that may be kept."""
        return host_of(self.status.url)

    @property
    def battery(self) -> Battery | None:
        return None if self.status.battery is None else Battery(self.status.battery, bool(self.is_charging))

    @property
    def is_held(self) -> bool:
        """Locked, and the kiosk in front: with other apps in its list a pupil may be in one of those."""
        return self.status.is_locked and not self.is_away

    def is_locked(self) -> bool:
        """In lock task, as Android says; a pinned screen is none."""
        return self.status.is_locked

    def came(self) -> None:
        """A new connection: everything but what it is has to be shown again."""
        self.is_away = self.is_away and not self.is_asleep  # asleep, it was stopped: who starts it, sees it
        self.is_there, self.is_asleep, self.has_answered, self.misses = True, False, False, 0
        self.said_good_bye = False
        self.settings.clear()
        self.refused.clear()

    def left(self, *, asleep: bool = False, orderly: bool = False) -> None:
        self.is_there, self.is_asleep, self.has_answered = False, asleep, False
        self.said_good_bye = orderly
        self.status = replace(self.status, is_lit=False if asleep else None)

    def answered(self, kind: RequestType, data: Mapping[str, object]) -> None:
        self.is_there, self.is_asleep, self.has_answered, self.misses = True, False, True, 0
        if kind is RequestType.STATUS:
            self.status = read_status(data)
            self.lock_said = self.status.is_locked
        elif kind is RequestType.SYSTEM_INFO:
            self._informed(data)
        elif kind is RequestType.LAUNCHABLE:
            self.launchable = read_packages(data)
            self.package = next((name for name in PACKAGES if name in self.launchable), self.package)

    def missed(self) -> None:
        self.misses += 1

    def is_deaf(self) -> None:
        """However often it was asked."""
        self.misses = _STALE_MISSES

    def heard(self, event: Message) -> None:
        """Of an event; presence is changed by `came` and `left` only."""
        kind = event.kind
        if kind == EventType.LOCK:
            lock = next((word for word in LockType if word == event.data.get("lockStateType")), LockType.UNKNOWN)
            self.status = replace(self.status, lock=lock, is_locked=lock is LockType.LOCK_TASK)
            self.lock_said = self.status.is_locked
        elif kind == EventType.UNLOCK:
            self.status = replace(self.status, lock=LockType.NONE, is_locked=False)
            self.lock_said = False
        elif kind == EventType.URL_CHANGED:
            url = event.data.get("url")
            self.status = replace(self.status, url=url if isinstance(url, str) else "")
        elif kind in (EventType.APP_BACKGROUND, EventType.APP_FOREGROUND):
            self.is_away = kind == EventType.APP_BACKGROUND
        elif kind in (EventType.POWER_PLUGGED, EventType.POWER_UNPLUGGED):
            self.is_charging = kind == EventType.POWER_PLUGGED

    def _informed(self, data: Mapping[str, object]) -> None:
        app, device = read_part(data, "app"), read_part(data, "device")
        owner, lock, version, model = (
            app.get("isDeviceOwner"),
            app.get("isLockTaskPermitted"),
            app.get("versionName"),
            device.get("model"),
        )
        self.is_owner = owner is True
        self.may_lock = lock is not False
        self.version = version[:40] if isinstance(version, str) else ""
        self.model = model[:80] if isinstance(model, str) else ""
        self.is_informed = True


def is_stopped(event: Message) -> bool:
    """The display is dark or another app is in front, without the foreground service: nothing is wrong."""
    return event.kind == EventType.DISCONNECTING and event.data.get("cause") == STOPPED
