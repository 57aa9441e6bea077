"""Who may connect, kept true: what the store says, without the devices that drown the broker at the moment.

Whoever revokes or enrolls a device tells the broker at once. When that process is killed in between, or the broker does
not answer it, the difference is seen here within a second. A flood fills the queue in which everybody's answers come:
its device is out for a minute.

The broker refuses them by itself, as it refuses whoever has no password. Known to this process only: when it ends, or
when somebody else has the credentials taken over, a suspension ends early, and a device that still floods is out again.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping

from appliance.clock import Clock
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.services.guests import is_guest
from appliance.services.journal import record
from appliance.store.models import database

_log = logging.getLogger("suspensions")
SUSPENDED_SECONDS = 60.0


class Suspensions:
    """`apply(without)`: the broker takes over the credentials of all devices but these, and drops those.

    `credentials`: what the store says now, by device.
    """

    def __init__(
        self,
        clock: Clock,
        apply: Callable[[Collection[str]], object],
        credentials: Callable[[], Mapping[str, str]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._apply = apply
        self._credentials = credentials
        self._known: Mapping[str, str] = {}
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        self._is_applied = False  # the process before this one may have left somebody out
        self._woken = threading.Event()

    @property
    def out(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._until)

    def suspend(self, device_ids: Collection[str]) -> None:
        """From any thread; carried out by `step`. Who is out and floods still was let in by somebody: out again."""
        until = self._monotonic() + SUSPENDED_SECONDS
        with self._lock:
            fresh = [one for one in device_ids if one not in self._until]
            self._until.update(dict.fromkeys(device_ids, until))
            self._is_applied = False
        self._woken.set()
        self._tell(fresh)

    def renew(self) -> None:
        """A broker that has just started knows today's devices, and only those: what was written meanwhile, too."""
        with self._lock:
            self._is_applied = False
        self._woken.set()

    def wake(self) -> None:
        """From any thread: who may connect has changed in the store, perhaps there and back since the last look."""
        with self._lock:
            self._is_applied = False
        self._woken.set()

    def apply_now(self) -> bool:
        """In the caller's thread. True: the broker knows what the store says now; else `step` sees to it."""
        self.renew()
        try:
            self._apply(self.out)
        except PreauError as error:
            fact(_log, "credentials_wait", error=error)
            return False
        return True

    def step(self) -> bool:
        credentials = self._credentials()
        with self._lock:
            over = [one for one, until in self._until.items() if until <= self._monotonic()]
            for one in over:
                del self._until[one]
            out = set(self._until)
            if self._is_applied and not over and credentials == self._known:
                return False
            self._is_applied, self._known = True, credentials
        try:
            self._apply(out)
        except PreauError as error:
            fact(_log, "suspension_waits", error=error)
            with self._lock:
                self._is_applied = False
            return False
        return True

    def wait(self, seconds: float) -> None:
        self._woken.wait(seconds)
        self._woken.clear()

    def _tell(self, device_ids: Collection[str]) -> None:
        if not device_ids:
            return
        with database.atomic("IMMEDIATE"):
            for one in device_ids:
                fact(_log, "device_suspended", device=one, seconds=int(SUSPENDED_SECONDS))
                target = "guest" if is_guest(one) else f"device:{one}"  # a guest leaves no name behind
                record(self._clock.now(), "bridge", "device.suspend", target, seconds=int(SUSPENDED_SECONDS))
