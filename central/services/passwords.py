"""Argon2: the only place of central that knows the library. Decides nothing about who may sign in.

19 MiB, two passes, one lane (OWASP's second choice). Two at a time in each worker at most: wrong passwords by the
thousand must not fill a server's memory.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from central.errors import Unavailable

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
            self._dummy = self.hash(secrets.token_urlsafe(20))
        with self._slot():
            try:
                self._hasher.verify(hashed or self._dummy or "", password)
            except (VerificationError, InvalidHashError):
                return False
        return hashed is not None

    def is_outdated(self, hashed: str) -> bool:
        return self._hasher.check_needs_rehash(hashed)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_LONGEST_WAIT_SECONDS):
            raise Unavailable("too_busy")
        try:
            yield
        finally:
            self._slots.release()
