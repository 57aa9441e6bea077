"""Is the appliance well? Looks at its processes, broker, disk, clock and store; changes nothing.

`state` is cheap and tells one word, for whoever asks without being known; `report` tells all, to an administrator.
"""

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from appliance.broker.configuration import BrokerSettings
from appliance.broker.password_file import hub_login
from appliance.broker.probe import Answer, Deadline, ask
from appliance.config import Config
from appliance.domain.findings import Finding, Severity, State, state_of, worst_first
from appliance.domain.storage import Level
from appliance.store.ballast import disk_of, is_spent
from appliance.store.database import is_sound

_BROKER_SECONDS = 1.0
_FRESH_SECONDS = 2.0
_STOPPING = frozenset({"broker", "bridge"})  # without them a gesture reaches nobody
_DISK = {
    Level.NORMAL: Severity.GOOD,
    Level.THRIFTY: Severity.GOOD,
    Level.COARSE: Severity.NOTICE,
    Level.ESSENTIAL: Severity.PROBLEM,
    Level.SURVIVAL: Severity.PROBLEM,
}


class Health:
    """`more`: what the services know; asked with the store open."""

    def __init__(self, config: Config, settings: BrokerSettings, more: Callable[[], Sequence[Finding]]) -> None:
        self._config = config
        self._settings = settings
        self._more = more
        self._lock = threading.Lock()
        self._state: State | None = None
        self._asked_at = 0.0
        self._is_sound: bool | None = None

    def state(self) -> State:
        """At most one real look every two seconds, however many ask."""
        with self._lock:
            if self._state is None or time.monotonic() - self._asked_at > _FRESH_SECONDS:
                self._state = state_of(self._machine())
                self._asked_at = time.monotonic()
            return self._state

    def report(self) -> list[Finding]:
        """The worst first. The store is read through once per process: that takes a while on a large one."""
        return worst_first([*self._machine(), *self._store(), *self._more()])

    def storage(self) -> Level:
        return disk_of(self._config.data_path).level

    def _machine(self) -> list[Finding]:
        return [*self._processes(), self._broker(), self._disk(), *self._clock()]

    def _processes(self) -> list[Finding]:
        status = _read_json(self._config.runtime_path / "processes.json")
        return [_process(name, facts) for name, facts in status.items() if isinstance(facts, dict)]

    def _broker(self) -> Finding:
        answer = ask(self._settings.socket_path, hub_login(self._settings), Deadline(_BROKER_SECONDS))
        if answer is Answer.ACCEPTED:
            return Finding(Severity.GOOD, "broker_answers")
        return Finding(Severity.PROBLEM, "broker_silent", stops=True)

    def _disk(self) -> Finding:
        disk = disk_of(self._config.data_path)
        params: dict[str, object] = {"free": disk.free, "percent": round(disk.used_percent)}
        if disk.level is not Level.SURVIVAL and is_spent(self._config.ballast_path):
            return Finding(Severity.PROBLEM, "disk_reserve_spent", params)
        return Finding(_DISK[disk.level], f"disk_{disk.level}", params)

    def _clock(self) -> list[Finding]:
        seconds = _read_json(self._config.runtime_path / "clock.json").get("suspect_seconds")
        if isinstance(seconds, int | float) and seconds:
            return [Finding(Severity.PROBLEM, "clock_suspect", {"hours": round(abs(seconds) / 3600)})]
        return [Finding(Severity.GOOD, "clock_steady")]

    def _store(self) -> list[Finding]:
        if self._is_sound is None:
            self._is_sound = is_sound()
        if self._is_sound:
            return [Finding(Severity.GOOD, "store_sound")]
        return [Finding(Severity.PROBLEM, "store_damaged", stops=True)]


def _process(name: str, facts: dict[str, object]) -> Finding:
    if not facts.get("running"):
        return Finding(Severity.PROBLEM, "process_down", {"name": name}, stops=name in _STOPPING)
    restarts = facts.get("restarts")
    if isinstance(restarts, int) and restarts:
        return Finding(Severity.NOTICE, "process_restarted", {"name": name, "count": restarts})
    return Finding(Severity.GOOD, "process_up", {"name": name})


def _read_json(path: Path) -> dict[str, object]:
    """Written by the supervisor while it runs; without it there is nothing to say."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
