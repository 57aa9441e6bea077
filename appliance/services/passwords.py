"""Argon2: the only place that knows the library. Decides nothing about who may sign in.

19 MiB, two passes, one lane (OWASP's second choice, made for small machines): about 30 ms here, some 150 ms on a small
ARM board. Two at a time at most: ninety web threads that hash at once would need 1.7 GB.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.errors import Unavailable
from appliance.ids import new_secret

_AT_ONCE = 2
_LONGEST_WAIT_SECONDS = 10.0


class Passwords:
    def __init__(self, memory_kib: int = 19 * 1024, passes: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._dummy: str | None = None

    def hash(self, password: str) -> str:
        with self._slot():
            return self._hasher.hash(password)

    def verify(self, hashed: str | None, password: str) -> bool:
        """False for `hashed` None too, after the same work: an unknown login must not answer faster."""
        if hashed is None and self._dummy is None:
            self._dummy = self.hash(new_secret())
        with self._slot():
            try:
                self._hasher.verify(hashed or self._dummy or "", password)
            except (VerificationError, InvalidHashError):
                return False
        return hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        """Made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_LONGEST_WAIT_SECONDS):
            raise Unavailable("too_busy")
        try:
            yield
        finally:
            self._slots.release()
