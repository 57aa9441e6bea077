"""How many failures in how much time, counted in memory: the web is one process (Flask-SocketIO wants it so).

By the monotonic clock: a box without a battery corrects its wall clock after the start, and a school must not be
locked out for the length of that jump (docs/decisions/sign-in.md).
"""

import ipaddress
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from appliance.errors import NotSignedIn, TooMany

_MAX_KEYS = 10_000


class FailureLimit:
    """At most `limit` failures per key in any `seconds`."""

    def __init__(self, limit: int, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def check(self, key: Hashable) -> None:
        """Raises TooMany when the next failure would be one too many."""
        with self._lock:
            self._refuse_if_full(self._recent(key))

    def count(self, key: Hashable) -> None:
        with self._lock:
            self._recent(key).append(self._monotonic())

    def take(self, key: Hashable) -> None:
        """`check` and `count` in one: guesses made side by side are counted before any of them is looked at."""
        with self._lock:
            recent = self._recent(key)
            self._refuse_if_full(recent)
            recent.append(self._monotonic())

    def give_back(self, key: Hashable) -> None:
        """It was no failure after all."""
        with self._lock:
            recent = self._recent(key)
            if recent:
                recent.pop()

    def _refuse_if_full(self, recent: deque[float]) -> None:
        if len(recent) >= self._limit:
            raise TooMany("too_many_tries", math.ceil(recent[0] + self._seconds - self._monotonic()))

    def _recent(self, key: Hashable) -> deque[float]:
        recent = self._failures.setdefault(key, deque())
        self._failures.move_to_end(key)
        while len(self._failures) > _MAX_KEYS:  # memory is bounded; the key that was quiet longest is forgotten
            self._failures.popitem(last=False)
        since = self._monotonic() - self._seconds
        while recent and recent[0] <= since:
            recent.popleft()
        return recent


@contextmanager
def attempt(*taken: tuple[FailureLimit, Hashable]) -> Iterator[None]:
    """Around one check of a secret: only NotSignedIn counts as a failure, and it counts at each of the limits."""
    done: list[tuple[FailureLimit, Hashable]] = []
    try:
        for limit, key in taken:
            limit.take(key)
            done.append((limit, key))
        yield
    except NotSignedIn:
        raise
    except BaseException:
        _give_back(done)
        raise
    _give_back(done)


def address_key(address: str | None) -> str:
    """Who sends: an IPv4 address, or the /64 of an IPv6 one, because a machine picks its own half of it."""
    try:
        parsed = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return address or ""
    if parsed.version == 6:
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def _give_back(taken: list[tuple[FailureLimit, Hashable]]) -> None:
    for limit, key in taken:
        limit.give_back(key)
